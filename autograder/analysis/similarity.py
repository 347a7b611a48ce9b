"""Who may have shared code?

An inverted index over fingerprints finds the pairs; no two answers are compared that share nothing. Starter
code is left out, and so is what many write: a fingerprint that more than a tenth of the answers have is an
idiom. Two answers match if most of what is rare in one is in the other, and most of the rest as well. The
score of a pair is the share of the smaller answer's fingerprints that the other answer has, too.

The number says that two texts are alike once names, numbers, comments and layout are gone. It does not say
why: there may be a common source, allowed teamwork, or one obvious way to write it.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from autograder.analysis.winnowing import all_hashes, fingerprints, grams

ALIKE = 0.6
"""From this score on a pair is shown. Independent right answers of the first chapter stay below 0.5."""

LEAST = 12
"""An answer with fewer fingerprints that are no idioms is too short, or too ordinary, to be compared."""

SURE = 0.8
"""From this score on students are put into one group."""

IDIOM_SHARE, IDIOM_LEAST = 0.1, 5
"""A fingerprint is an idiom if more than this share of the answers, and more than this number, have it."""

TOGETHER = "all exercises together"
"""The name under which whole notebooks are compared."""

_PAIRS = 2_000  # kept of all pairs found, the most alike first


@dataclass(frozen=True)
class Match:
    """Two answers to one exercise that are alike.

    Args:
        exercise: which, or :data:`TOGETHER`.
        score: share of the smaller answer's fingerprints that the other one has, 0 to 1.
        shared: how many fingerprints both have that are no idioms.
        own: how many of these each has.
    """

    exercise: str
    score: float
    shared: int
    own: tuple[int, int]


@dataclass(frozen=True)
class Pair:
    """Two students with answers that are alike; the best match first."""

    first: str
    second: str
    matches: tuple[Match, ...]


@dataclass(frozen=True)
class Compared:
    """What can be said of one exercise.

    Args:
        exercise: which, or :data:`TOGETHER`.
        answers: how many were handed in.
        short: how many of them are too short, or too ordinary, to be compared.
        idioms: how many fingerprints were left out because many have them.
        same: how many students hand in the most common answer, after names and layout are gone.
    """

    exercise: str
    answers: int
    short: int
    idioms: int
    same: int

    @property
    def crowded(self) -> bool:
        """Whether so many hand in the same that it counts as an idiom, and no pair is told."""
        return self.same > max(IDIOM_LEAST, IDIOM_SHARE * self.answers)

    @property
    def speaks(self) -> bool:
        """Whether at least half of the answers are long enough to be compared."""
        return 2 * self.short <= self.answers and self.answers > 1


@dataclass(frozen=True)
class Similarity:
    """Everything that was found.

    Args:
        pairs: the most alike first.
        groups: students who are connected by pairs of a high score; the largest group first.
        compared: one for each exercise, and one for all together.
    """

    pairs: tuple[Pair, ...]
    groups: tuple[tuple[str, ...], ...]
    compared: tuple[Compared, ...]


def compare(answers: Mapping[str, Mapping[str, str]], starters: Mapping[str, str]) -> Similarity:
    """Finds the pairs of students whose answers are alike.

    Args:
        answers: for each exercise the code of each student who tried it.
        starters: for each exercise the code that everybody was given.
    """
    prints = {
        exercise: _prints(codes, all_hashes(starters.get(exercise, "")))
        for exercise, codes in answers.items()
    }
    if len(prints) > 1:
        prints[TOGETHER] = _together(prints)
    pairs = sorted(_pairs(prints), key=_weight)
    compared = tuple(_about(exercise, of) for exercise, of in prints.items())
    return Similarity(tuple(pairs[:_PAIRS]), _groups(pairs), compared)


def marks(source: str, other: str, starter: str = "") -> tuple[int, ...]:
    """The lines of some code that stand in another one as well, from 1; starter code does not count."""
    known = all_hashes(other) - all_hashes(starter)
    lines: set[int] = set()
    for piece in grams(source):
        for hashed, first, last in piece:
            if hashed in known:
                lines.update(range(first, last + 1))
    return tuple(sorted(lines))


@dataclass(frozen=True)
class _Prints:
    """The fingerprints of one answer: all that are not starter code, and of these the ones that few have."""

    all: frozenset[int]
    rare: frozenset[int]


def _prints(codes: Mapping[str, str], starter: frozenset[int]) -> dict[str, _Prints]:
    """The fingerprints of every answer to an exercise."""
    found = {student: fingerprints(code, starter) for student, code in codes.items()}
    owners = Counter(one for prints in found.values() for one in prints)
    limit = max(IDIOM_LEAST, IDIOM_SHARE * len(codes))
    rare = frozenset(one for one, count in owners.items() if count <= limit)
    return {student: _Prints(prints, prints & rare) for student, prints in found.items()}


def _together(prints: Mapping[str, Mapping[str, _Prints]]) -> dict[str, _Prints]:
    """The fingerprints of whole notebooks; those of different exercises never meet."""
    whole: dict[str, tuple[set[int], set[int]]] = defaultdict(lambda: (set(), set()))
    for number, of in enumerate(prints.values()):
        for student, one in of.items():
            whole[student][0].update(hash((number, print_)) for print_ in one.all)
            whole[student][1].update(hash((number, print_)) for print_ in one.rare)
    return {student: _Prints(frozenset(every), frozenset(rare)) for student, (every, rare) in whole.items()}


def _about(exercise: str, prints: Mapping[str, _Prints]) -> Compared:
    every = {one for of in prints.values() for one in of.all}
    rare = {one for of in prints.values() for one in of.rare}
    short = sum(len(one.rare) < LEAST for one in prints.values())
    same = max(Counter(one.all for one in prints.values() if one.all).values(), default=0)
    return Compared(exercise, len(prints), short, len(every - rare), same)


def _pairs(prints: Mapping[str, Mapping[str, _Prints]]) -> list[Pair]:
    """All pairs that are alike in some exercise."""
    found: dict[tuple[str, str], list[Match]] = defaultdict(list)
    for exercise, of in prints.items():
        for first, second, match in _matches(exercise, of):
            found[first, second].append(match)
    for matches in found.values():
        matches.sort(key=lambda match: (-match.score, -match.shared, match.exercise))
    return [Pair(first, second, tuple(matches)) for (first, second), matches in found.items()]


def _matches(exercise: str, prints: Mapping[str, _Prints]) -> Iterator[tuple[str, str, Match]]:
    """Asks the index of all earlier students for each student, then adds the student to it.

    Two answers match if they are alike in what is rare, and alike as a whole.
    """
    index: dict[int, list[str]] = defaultdict(list)
    for student in sorted(prints):
        mine = prints[student]
        if len(mine.rare) < LEAST:
            continue
        shared: Counter[str] = Counter()
        for one in mine.rare:
            shared.update(index[one])
            index[one].append(student)
        for other, count in shared.items():
            theirs = prints[other]
            if count < ALIKE * min(len(mine.rare), len(theirs.rare)):
                continue
            score = len(mine.all & theirs.all) / min(len(mine.all), len(theirs.all))
            if score >= ALIKE:
                yield other, student, Match(exercise, score, count, (len(theirs.rare), len(mine.rare)))


def _weight(pair: Pair) -> tuple[float, ...]:
    """Much shared code in several exercises stands first."""
    return (-round(pair.matches[0].score, 1), -sum(match.shared for match in pair.matches))


def _groups(pairs: list[Pair]) -> tuple[tuple[str, ...], ...]:
    """Students that pairs connect, by merging sets."""
    home: dict[str, set[str]] = {}
    for pair in pairs:
        if pair.matches[0].score < SURE:
            continue
        first, second = home.setdefault(pair.first, {pair.first}), home.setdefault(pair.second, {pair.second})
        if first is not second:
            large, small = (first, second) if len(first) >= len(second) else (second, first)
            large |= small
            home.update(dict.fromkeys(small, large))
    groups = {id(group): tuple(sorted(group)) for group in home.values()}
    return tuple(sorted(groups.values(), key=lambda group: (-len(group), group)))
