"""What do the numbers of a class look like?"""

from __future__ import annotations

from collections.abc import Sequence

from autograder.analysis.findings import Report
from distsys.draw.figure import Figure
from distsys.draw.plot import INK, PALE, colour, plotting, themed

_WIDTH = 3.5  # hundreds of pixels: fits a phone


def totals(report: Report) -> Figure:
    """How the totals are spread."""
    values = [pupil.total for pupil in report.pupils if pupil.state != "failed"]
    most = max([report.most, 1, *values])
    step = max(1, round(report.most / 20))
    edges = [step * at - step / 2 for at in range(int(most // step) + 2)]
    with plotting(_WIDTH, 2.6) as (figure, axes):
        axes.hist(values, bins=edges, color=colour(0), rwidth=0.85)
        axes.axvline(report.most / 2, color=PALE, linestyle="--", linewidth=1)
        axes.annotate(
            "half", (report.most / 2, 1), xycoords=("data", "axes fraction"), xytext=(3, -2),
            textcoords="offset points", color=PALE, fontsize=9, va="top",
        )  # fmt: skip
        axes.set(xlabel="total", ylabel="students", xlim=(-step, most + step))
        axes.yaxis.get_major_locator().set_params(integer=True)
        axes.grid(axis="x", visible=False)
        return themed(figure, "Totals of the class", _spread(values, report.most))


def _spread(values: Sequence[float], most: int) -> str:
    if not values:
        return "There are no totals."
    ordered = sorted(values)
    low, middle, high = (ordered[int(share * (len(ordered) - 1))] for share in (0.25, 0.5, 0.75))
    return (
        f"Of {most} points, {len(ordered)} students have between {ordered[0]:g} and {ordered[-1]:g}. "
        f"A quarter has at most {low:g}, half have at most {middle:g}, three quarters have at most {high:g}."
    )


def exercises(report: Report) -> Figure:
    """For each exercise how many have all, some and no points, and how many did not try."""
    names = [one.name for one in report.exercises]
    full = [one.earned[-1] for one in report.exercises]
    some = [sum(one.earned[1:-1]) for one in report.exercises]
    none = [one.earned[0] for one in report.exercises]
    untried = [report.counted - one.tried for one in report.exercises]
    parts = (
        ("all points", full, colour(0), 1.0),
        ("some", some, colour(0), 0.5),
        ("none", none, colour(1), 1.0),
    )
    with plotting(_WIDTH, 2.6) as (figure, axes):
        left = [0] * len(names)
        for label, counts, shade, alpha in (*parts, ("not tried", untried, PALE, 0.35)):
            axes.barh(names, counts, left=left, color=shade, alpha=alpha, label=label, height=0.7)
            left = [a + b for a, b in zip(left, counts, strict=True)]
        axes.invert_yaxis()
        axes.set(xlabel="students")
        axes.grid(axis="y", visible=False)
        figure.legend(loc="outside upper left", ncols=4, fontsize=8, handlelength=1, columnspacing=0.9)
        words = "; ".join(
            f"{name}: {a} all points, {b} some, {c} none, {d} not tried"
            for name, a, b, c, d in zip(names, full, some, none, untried, strict=True)
        )
        return themed(figure, "Points in each exercise", words + ".")


def rules(report: Report) -> Figure:
    """Each rule by its difficulty and its discrimination."""
    places = [
        (one.label, one.difficulty.value, one.discrimination.value, one.doubt)
        for one in report.rules
        if one.difficulty.value is not None and one.discrimination.value is not None
    ]
    with plotting(_WIDTH, 3.4) as (figure, axes):
        axes.axhspan(-1.05, 0, color=colour(1), alpha=0.12, linewidth=0)
        for _, share, against, doubt in places:
            axes.plot(
                [100 * share], [against], "s" if doubt else "o", color=colour(1) if doubt else colour(0), ms=5
            )
        # the hardest and the doubtful are named; more names would cover each other
        named = {label for label, _, against, doubt in places if doubt or against < 0}
        named |= {one.label for one in report.hardest[:3]}
        taken: list[tuple[float, float]] = []
        for label, share, against, _ in sorted(places, key=lambda one: one[1]):
            if label in named and not any(
                abs(100 * share - x) < 25 and abs(against - y) < 0.09 for x, y in taken
            ):
                taken.append((100 * share, against))
                right = 100 * share > 60
                axes.annotate(
                    label, (100 * share, against), xytext=(-6 if right else 6, 0), fontsize=8.5, color=INK,
                    textcoords="offset points", ha="right" if right else "left", va="center",
                )  # fmt: skip
        lowest = min([-0.2, *(against - 0.1 for _, _, against, _ in places)])
        axes.set(xlim=(-3, 103), ylim=(lowest, 1.02), xlabel="difficulty: share of points, in %")
        axes.set_ylabel("discrimination")
        words = "; ".join(
            f"{label}: {100 * share:.0f} %, {against:+.2f}" for label, share, against, _ in places
        )
        return themed(
            figure, "Difficulty and discrimination of each rule", (words or "No rule has both") + "."
        )
