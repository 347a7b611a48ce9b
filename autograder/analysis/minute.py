"""What does a teacher with 300 students want to know first?"""

from __future__ import annotations

from autograder.analysis import wording
from autograder.analysis.findings import Pupil, Report
from autograder.analysis.markup import text
from autograder.analysis.similarity import TOGETHER

_NAMES = 12  # students in need
_GROUPS = 6  # groups who may have shared code


def minute(report: Report) -> str:
    """Four questions and their answers."""
    suspect = any(rule.doubt == "negative" or rule.flaky for rule in report.rules)
    cards = (
        ("Which rule is hardest?", _hardest(report), False),
        ("Which test is suspect?", _suspects(report), suspect),
        (f"Who needs help? ({len(report.in_need)})", _in_need(report), False),
        ("Who may have shared code?", _groups(report), bool(report.similarity.groups)),
    )
    shown = (
        f'<div class="card{" warn" if warn else ""}"><h3>{head}</h3>{body}</div>'
        for head, body, warn in cards
    )
    return f'<div class="cards">{"".join(shown)}</div>'


def _hardest(report: Report) -> str:
    told = "".join(
        f"<li><b>{text(one.label)}</b> {text(one.rule)}: {100 * one.kept / one.tried:.0f} % of {one.tried} "
        "keep it.</li>"
        for one in report.hardest[:3]
    )
    return f"<ol>{told}</ol>" if told else "<p>Nobody has tried one yet.</p>"


def _suspects(report: Report) -> str:
    told = "".join(
        f"<li><b>{text(one.label)}</b> {text(one.rule)}: the strong fail it more often than the weak "
        f"({wording.signed(one.discrimination.value or 0)}). Read the test.</li>"
        for one in report.rules
        if one.doubt == "negative"
    )
    if perhaps := ", ".join(text(one.label) for one in report.rules if one.doubt == "perhaps negative"):
        told += f"<li>Slightly negative, which may be chance: {perhaps}.</li>"
    if flaky := ", ".join(f"{text(one.label)} ({len(one.flaky)})" for one in report.rules if one.flaky):
        told += f"<li>Ended differently when asked again: {flaky}.</li>"
    return f"<ul>{told}</ul>" if told else f"<p>{wording.SOUND}</p>"


def _in_need(report: Report) -> str:
    weak = report.in_need
    told = "".join(f"<li>{text(one.name)}: {_fate(one, report)}</li>" for one in weak[:_NAMES])
    more = f'<p><a href="#students">And {len(weak) - _NAMES} more.</a></p>' if len(weak) > _NAMES else ""
    return f"<ul>{told}</ul>{more}" if told else f"<p>{wording.NOBODY}</p>"


def _fate(pupil: Pupil, report: Report) -> str:
    fates = {"not begun": "has not begun", "refused": "the file is no notebook"}
    return fates.get(pupil.state, f"{pupil.points} of {report.most} points")


def _groups(report: Report) -> str:
    groups = report.similarity.groups
    told = "".join(
        f"<li>{', '.join(text(name) for name in group[:8])}"
        f"{f' and {len(group) - 8} more' if len(group) > 8 else ''}</li>"
        for group in groups[:_GROUPS]
    )
    if len(groups) > _GROUPS:
        told += f"<li>and {len(groups) - _GROUPS} more groups</li>"
    crowds = [one for one in report.similarity.compared if one.crowded and one.exercise != TOGETHER]
    if crowds:
        where = ", ".join(f"{text(one.exercise)} ({one.same} of {one.answers})" for one in crowds)
        told += f"<li>{wording.CROWD} {where}.</li>"
    if not told:
        return f"<p>{wording.UNSHARED}</p>"
    return f'<ul>{told}</ul><p><a href="#shared">Compare the texts</a> before you say a word.</p>'
