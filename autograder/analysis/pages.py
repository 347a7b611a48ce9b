"""How does a teacher read the report?  As one HTML file that needs nothing else, not even a script."""

from __future__ import annotations

from autograder.analysis import plots, wording
from autograder.analysis.findings import LIMITS, Beside, Pupil, Report, Side
from autograder.analysis.look import STYLE
from autograder.analysis.markup import code_block, folded, names, plot, table, text
from autograder.analysis.minute import minute
from autograder.analysis.mistakes import Mistake
from autograder.analysis.similarity import SURE, Pair

_LONG = 400  # characters of a message
_MISTAKES = 30  # told one by one
_MORE = 200  # pairs that are listed without their code

_POLICY = "default-src 'none'; style-src 'unsafe-inline'"

_SECTIONS = {
    "minute": "In one minute",
    "spread": "Points",
    "rules": "Rules",
    "mistakes": "Same mistakes",
    "shared": "Shared code",
    "trouble": "Time and trouble",
    "students": "All students",
}


def page(report: Report) -> str:
    """The whole report as a page.

    Everything that students wrote or caused to be written is escaped.
    """
    title = f"Report: {text(report.title)}"
    links = "".join(f'<li><a href="#{key}">{name}</a></li>' for key, name in _SECTIONS.items())
    parts = (minute, _spread, _rules, _mistakes, _shared, _trouble, _students)
    body = "\n".join(
        f'<section id="{key}" aria-labelledby="{key}-h"><h2 id="{key}-h">{name}</h2>\n'
        f"{part(report)}\n</section>"
        for (key, name), part in zip(_SECTIONS.items(), parts, strict=True)
    )
    return (
        f'<!DOCTYPE html>\n<html lang="en-GB">\n<head>\n<meta charset="utf-8">\n<title>{title}</title>\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">\n'
        f"<style>{STYLE}</style>\n</head>\n<body>\n"
        '<a class="skip" href="#minute">To the report</a>\n'
        f"<header><h1>{title}</h1>\n<p>{wording.who(report)}</p>\n"
        f'<nav aria-label="Parts of the report"><ul>{links}</ul></nav></header>\n'
        f"<main>\n{body}\n</main>\n<footer><p>{wording.FOOT}</p></footer>\n</body>\n</html>\n"
    )


def _spread(report: Report) -> str:
    shown = (
        plot(plots.totals(report), wording.TOTALS),
        plot(plots.exercises(report), wording.EXERCISES),
    )
    rows = [
        (
            text(one.name),
            str(one.tried),
            "–" if one.difficulty.value is None else f"{100 * one.difficulty.value:.0f} %",
            *(str(count) for count in (one.earned[-1], sum(one.earned[1:-1]), one.earned[0])),
            str(report.counted - one.tried),
        )
        for one in report.exercises
    ]
    heads = ("exercise", "tried>", "share of points>", "all points>", "some>", "none>", "not tried>")
    return f'<div class="plots">{"".join(shown)}</div>' + table("Exercises in numbers", heads, rows)


def _rules(report: Report) -> str:
    heads = ("rule", "kept by>", "of>", "discrimination>", "what it says…", "how it fails", "seconds>")
    rows = [
        (
            f'<span class="bad">{text(one.label)}</span>' if one.doubt == "negative" else text(one.label),
            _meter(one.difficulty.value),
            str(one.tried),
            wording.against(one),
            text(one.rule),
            "<br>".join(f"{text(outcome)} {count}" for outcome, count in one.outcomes.items()) or "–",
            f"{one.seconds[0]:.2f}",
        )
        for one in report.rules
    ]
    told = "".join(
        f"<details><summary><b>{text(one.label)}</b> {text(one.rule)} "
        f'<span class="quiet">({one.tried - one.kept} of {one.tried} fail)</span></summary><ul>'
        + "".join(
            f"<li><b>{len(said.students)}</b> <code>{text(said.message, _LONG)}</code> "
            f"{names(said.students)}</li>"
            for said in one.messages
        )
        + "</ul></details>"
        for one in report.hardest
        if one.messages
    )
    return (
        f'<div class="plots">{plot(plots.rules(report), wording.MAP)}'
        f"<div>{wording.reading(report)}</div></div>"
        + table("Rules, in the order of the chapter", heads, rows)
        + "<h3>What the tests said, the hardest rule first</h3>"
        + (told or "<p>Nothing: every rule is kept.</p>")
    )


def _meter(share: float | None) -> str:
    if share is None:
        return "–"
    width = f"{100 * share:.0f}"
    return f'<span class="meter" aria-hidden="true"><i style="width:{width}%"></i></span>{width} %'


def _mistakes(report: Report) -> str:
    shared = [
        (one, code)
        for one, code in zip(report.mistakes, report.examples, strict=True)
        if len(one.students) > 1
    ]
    alone = len(report.mistakes) - len(shared)
    if not shared:
        return f"<p>{wording.ALONE}</p>"
    served = sum(len(one.students) for one, _ in shared[:_MISTAKES])
    intro = (
        f"<p>{wording.MISTAKES} Comments that would serve several answers: {len(shared[:_MISTAKES])}, "
        f"for {served} answers. Mistakes of one student alone: {alone}.</p>"
    )
    return intro + "".join(_mistake(report, one, code) for one, code in shared[:_MISTAKES])


def _mistake(report: Report, mistake: Mistake, code: str) -> str:
    labels = ", ".join(text(report.label(name)) for name in mistake.rules)
    told = "".join(
        f"<li><b>{text(report.label(name))}</b> <code>{text(message, _LONG)}</code></li>"
        for name, message in zip(mistake.rules, mistake.messages, strict=True)
    )
    alike = wording.behaviour(mistake)
    groups = "".join(f"<li>{names(group)}</li>" for group in mistake.alike[:8])
    who = f"<p>{alike}</p>" + (
        f"<ul>{groups}</ul>" if len(mistake.alike) > 1 else f"<div>{names(mistake.students)}</div>"
    )
    example = folded(f"How {text(mistake.alike[0][0])} wrote it", code_block(Side(code, ()))) if code else ""
    head = f"<b>{len(mistake.students)} students</b> break {labels}: " + (
        f'<span class="quiet">{text(mistake.messages[0], 110)}</span>'
    )
    return folded(head, f"<ul>{told}</ul>{who}{example}")


def _shared(report: Report) -> str:
    found = report.similarity
    same = {frozenset(pair) for pair in report.same_mistake}
    parts = [wording.CAUTION]
    if found.groups:
        rows = [
            (str(number), str(len(group)), names(group))
            for number, group in enumerate(found.groups[:_MISTAKES], start=1)
        ]
        caption = f"Groups in which each is alike with another by {SURE} or more"
        parts.append(table(caption, ("group", "students>", "who…"), rows))
    beside = {(one.first, one.second): one for one in report.beside}
    for pair in found.pairs[: len(report.beside)]:
        parts.append(
            _pair(pair, beside[pair.first, pair.second], frozenset((pair.first, pair.second)) in same)
        )
    if len(found.pairs) > len(report.beside):
        more = [
            (f"{text(one.first)} and {text(one.second)}", text(_best(one)), f"{one.matches[0].score:.2f}")
            for one in found.pairs[len(report.beside) :][:_MORE]
        ]
        columns = ("pair", "alike in…", "score>")
        parts.append(folded(f"The next {len(more)} pairs", table("Pairs", columns, more)))
    about = [
        (
            text(one.exercise),
            str(one.answers),
            str(one.short),
            str(one.idioms),
            str(one.same),
            wording.speaks(one),
        )
        for one in found.compared
    ]
    heads = ("exercise", "answers>", "too short>", "idioms>", "most alike>", "what a score means here…")
    return "".join(parts) + table("What was compared", heads, about) + wording.sharing(found.compared)


def _best(pair: Pair) -> str:
    return ", ".join(match.exercise for match in pair.matches)


def _pair(pair: Pair, beside: Beside, same: bool) -> str:
    scores = ", ".join(f"{text(match.exercise)} {match.score:.2f}" for match in pair.matches)
    counts = ", ".join(
        f"{match.shared} of {match.own[0]} and {match.own[1]} in {text(match.exercise)}"
        for match in pair.matches
    )
    words = wording.alike(pair.matches[0].score) + (f" {wording.SAME_MISTAKE}" if same else "")
    words += f'<br><span class="quiet">Rare fingerprints that both have: {counts}.</span>'
    sides = "".join(
        f"<div><h3>{text(name)}, {text(beside.exercise)}</h3>{code_block(side)}</div>"
        for name, side in ((beside.first, beside.left), (beside.second, beside.right))
    )
    head = f"<b>{text(pair.first)}</b> and <b>{text(pair.second)}</b>: {scores}"
    return folded(head, f'<p>{words}</p><div class="sides">{sides}</div>')


def _trouble(report: Report) -> str:
    parts = []
    slow = sorted(report.rules, key=lambda one: -one.seconds[2])[:8]
    rows = [
        (
            text(one.label),
            f"{one.seconds[0]:.3f}",
            f"{one.seconds[1]:.2f}",
            text(one.slowest),
            f"{one.seconds[2]:.1f}",
        )
        for one in slow
    ]
    heads = ("rule", "median>", "slowest>", "whose", "all together>")
    parts.append(table("Slowest tests: processor time in seconds", heads, rows))
    flaky = [(text(one.label), str(len(one.flaky)), names(one.flaky)) for one in report.rules if one.flaky]
    caption, columns = "Flaky tests: asked again, they ended differently", ("rule", "how often>", "for whom…")
    parts.append(table(caption, columns, flaky, "No test was flaky."))
    hit = [
        (text(one.name), text(report.label(rule)), text(outcome), text(message, _LONG))
        for one in report.pupils
        if one.state == "graded"
        for rule, (outcome, message) in one.broken.items()
        if outcome in LIMITS
    ]
    limits = ("student", "rule", "limit", "in words…")
    parts.append(table("Limits that were hit", limits, hit, "No limit was hit."))
    fixed = [(text(one.name), text(" ".join(one.repairs))) for one in report.pupils if one.repairs]
    caption = "Notebooks that had to be put in shape"
    parts.append(table(caption, ("student", "what was done…"), fixed, "No notebook had to be put in shape."))
    lost = [(text(one.name), text(one.state), text(one.note, _LONG)) for one in report.pupils if one.note]
    caption = "Files that were refused, and gradings that failed"
    parts.append(table(caption, ("student", "state", "why…"), lost, "No file was refused."))
    return "".join(parts)


def _students(report: Report) -> str:
    heads = (
        "student",
        "total>",
        *(f"{text(one.name)}>" for one in report.exercises),
        "tests>",
        "rules that fail…",
    )
    rows = [
        (
            text(one.name),
            f"{one.total:g}",
            *(str(one.earned[exercise.name]) for exercise in report.exercises),
            str(one.points),
            _fails(one, report),
        )
        for one in sorted(report.pupils, key=lambda one: (one.points, one.name))
    ]
    made = table("Students, the weakest first", heads, rows, "There are none.")
    changed = sum(one.total != one.points for one in report.pupils)
    return (f"<p>{wording.changed(changed)}</p>" if changed else "") + made


def _fails(pupil: Pupil, report: Report) -> str:
    if pupil.state != "graded":
        return f"({pupil.state})"
    untried = [one.name for one in report.exercises if _untried(pupil, report, one.name)]
    labels = [
        text(rule.label)
        for rule in report.rules
        if rule.name in pupil.broken and rule.exercise not in untried
    ]
    return ", ".join([*labels, *(f"{text(name)} not tried" for name in untried)]) or "–"


def _untried(pupil: Pupil, report: Report, exercise: str) -> bool:
    mine = [rule.name for rule in report.rules if rule.exercise == exercise]
    return all(pupil.broken.get(name, ("",))[0] == "unsolved" for name in mine)
