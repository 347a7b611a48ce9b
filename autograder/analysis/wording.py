"""Which words go with the numbers?"""

from __future__ import annotations

import statistics
from collections.abc import Sequence

from autograder.analysis.findings import Report, Rule
from autograder.analysis.mistakes import Mistake
from autograder.analysis.similarity import ALIKE, IDIOM_LEAST, IDIOM_SHARE, LEAST, SURE, TOGETHER, Compared
from autograder.analysis.winnowing import GRAM, WINDOW

SOUND = "None: wherever it can be said, the strong keep the rule more often than the weak."
NOBODY = "Nobody is below half of the points."
UNSHARED = f"No two answers that are long enough to be compared are alike by {SURE} or more."
CROWD = "One and the same text, names and layout aside, from many, who copied or found the one obvious way:"
ALONE = "No two students made the same mistake."
SAME_MISTAKE = "Both also make the same mistake there, which says more than the same right answer."
CAUTION = (
    "<p>A high score says that two texts are alike, never why: a common source, allowed teamwork and one "
    "obvious way to write it look the same. Open a pair, read both texts, and talk to the students. Lines "
    "with a bar stand in the other text, too.</p>"
)
TOTALS = "How many students have how many points in total; the dashed line is at half of them."
EXERCISES = "How many students have all, some or no points, and how many left the exercise as it was."
MAP = (
    "Each point is a rule: the farther left, the harder; the higher, the better it tells the strong from the "
    "weak. Below zero, as squares, are the rules whose tests deserve a look."
)
MISTAKES = (
    "Students stand together if they break the same rules, at the same lines of the tests, with messages "
    "that differ in numbers and quotations only."
)
FOOT = (
    "Made from the verdicts of the grader. It names students and shows their code: keep it where grades are "
    "kept. Sources: Henrysson 1963 (discrimination against the rest of the total), Cronbach 1951 (alpha), "
    "Schleimer, Wilkerson and Aiken 2003 (winnowing)."
)


def who(report: Report) -> str:
    """How many there are, and how they did."""
    states = [one.state for one in report.pupils]
    sentence = f"{_many(len(states), 'student')}, {report.most} points"
    for state, words in (
        ("not begun", "handed in the notebook as it was"),
        ("refused", "handed in a file that is no notebook"),
        ("failed", "could not be graded, which is not their fault"),
    ):
        if count := states.count(state):
            sentence += f"; {count} {words}"
    totals = [one.total for one in report.pupils if one.state != "failed"]
    if not totals:
        return sentence + "."
    middle, mean = statistics.median(totals), statistics.fmean(totals)
    return f"{sentence}. Half of the class has at least {middle:g} points; the mean is {mean:.1f}."


def against(rule: Rule) -> str:
    """The discrimination of a rule, or why there is none."""
    if rule.discrimination.value is None:
        return f'<span class="quiet">{rule.discrimination.why}</span>'
    value = signed(rule.discrimination.value)
    return {
        "negative": f'<span class="bad">{value} suspect</span>',
        "perhaps negative": f'{value} <span class="quiet">may be chance</span>',
        "": value,
    }[rule.doubt]


def signed(value: float) -> str:
    """A number with its sign."""
    return f"{value:+.2f}".replace("-", "−")


def reading(report: Report) -> str:
    """How the numbers of this class are to be read."""
    if report.alpha.value is None:
        alpha = f"Cronbach's alpha does not exist here. {report.alpha.why}"
    else:
        low = " That is low: the rules measure different things, or too few students count."
        alpha = (
            f"Cronbach's alpha is <b>{report.alpha.value:.2f}</b>: how far the rules agree on who is strong."
            f"{low if report.alpha.value < 0.6 else ''} Rules of one exercise hang together, which lifts it."
        )
    spread = (
        "There are too few students to tell a correlation from chance."
        if report.chance is None
        else f"With {report.counted} students, a discrimination between −{report.chance:.2f} and "
        f"+{report.chance:.2f} may be chance."
    )
    return (
        "<p><b>Kept by</b> is the share of the points that those earned who tried the exercise: the "
        "difficulty. <b>Discrimination</b> is the correlation of the rule with the rest of a student's "
        "points, for the same students: above 0.3 it tells the strong from the weak, near 0 it tells "
        f"nothing, below 0 the test may be wrong or the statement unclear.</p><p>{spread}</p><p>{alpha}</p>"
        f"<p>{_many(report.counted, 'student')} count: those who tried something in a file that could be "
        "read.</p>"
    )


def behaviour(mistake: Mistake) -> str:
    """Whether the students of a mistake also return the same."""
    if len(mistake.alike) == 1:
        return (
            "As far as the tests can see, all these answers behave alike: the same values at the same places."
        )
    return f"The answers behave in {len(mistake.alike)} ways; those in one line return the same values."


def alike(score: float) -> str:
    """What a score says."""
    if score >= SURE:
        return "Nearly all of the shorter text stands in the other one, statement by statement."
    return "Large parts of the shorter text stand in the other one."


def sharing(compared: Sequence[Compared]) -> str:
    """How pairs were found, and when their numbers mean nothing."""
    silent = [one.exercise for one in compared if not one.speaks and one.exercise != TOGETHER]
    mute = (
        f"<p>Nothing can be said of {', '.join(silent)} alone: most answers there are too short or too "
        "ordinary.</p>"
        if silent
        else ""
    )
    return (
        f"{mute}<p>The score is the share of one answer that stands in another, of the smaller of the two, "
        f"once names, numbers, comments and layout are gone; pairs from {ALIKE} on are listed. Code that "
        f"everybody was given does not count. A passage that more than {100 * IDIOM_SHARE:.0f} % of the "
        f"answers share, and more than {IDIOM_LEAST}, is an idiom: two answers must also be alike in what is "
        f"rare. With fewer than {LEAST} rare fingerprints an answer is never compared: in so short a text, "
        "being alike is what one expects. A crowd that copies one text therefore looks like an idiom; "
        "<i>most alike</i> shows how many hand in the same.</p>"
        f'<p class="quiet">Fingerprints: {GRAM} tokens each, at least one of {WINDOW} neighbours is kept. On '
        "the known answers of the chapter on clocks, independent right answers score below 0.5, and copies "
        "with other names, order, comments and line breaks 0.8 or more.</p>"
    )


def speaks(about: Compared) -> str:
    """What a score means in one exercise."""
    if about.answers < 2:
        return "Nothing: there is nobody to compare with."
    if not about.speaks:
        return "Nothing by itself: most answers are too short or too ordinary."
    if about.short:
        return f"Something, but not for the {about.short} answers that are too short."
    return "A high score deserves a look."


def changed(count: int) -> str:
    """How many totals are not what the tests gave."""
    verb = "total differs" if count == 1 else "totals differ"
    return f"{count} {verb} from what the tests gave: a correction by hand or a penalty."


def _many(count: int, what: str) -> str:
    return f"{count} {what}{'' if count == 1 else 's'}"
