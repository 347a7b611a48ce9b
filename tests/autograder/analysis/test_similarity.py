"""Copies are found, independent work is left in peace, and a class of a thousand takes seconds."""

import random
import time
from itertools import combinations

import pytest

from autograder.analysis.gather import starter
from autograder.analysis.similarity import ALIKE, IDIOM_LEAST, LEAST, SURE, TOGETHER, compare, marks
from autograder.analysis.winnowing import all_hashes, fingerprints
from tests.autograder.analysis import disguise
from tests.autograder.analysis.classroom import chapter, class_of, right_answers

ASSIGNMENT, MUTANTS = chapter()
STARTERS = {name: starter(ASSIGNMENT, name) for name in ASSIGNMENT.exercises}
REFERENCE = {f"reference of {name}": (name, right_answers(name)[0]) for name in ASSIGNMENT.exercises}
ANSWERS = MUTANTS.answers(ASSIGNMENT) | REFERENCE
RIGHT = {name: right_answers(name) for name in ASSIGNMENT.exercises}


def score(exercise: str, first: str, second: str) -> float:
    """The share of the smaller answer's fingerprints that the other has, as the report computes it."""
    left, right = (fingerprints(code, all_hashes(STARTERS[exercise])) for code in (first, second))
    return len(left & right) / min(len(left), len(right))


def long_enough(exercise: str, code: str) -> bool:
    return len(fingerprints(code, all_hashes(STARTERS[exercise]))) >= LEAST


def found(exercise: str, first: str, second: str) -> bool:
    """Whether the report lists two answers as alike."""
    return bool(compare({exercise: {"anna": first, "zoe": second}}, STARTERS).pairs)


# --- copies


@pytest.mark.parametrize("change", [*disguise.LOOKS, disguise.everything], ids=lambda change: change.__name__)
def test_every_known_answer_is_recognised_in_disguise(change) -> None:
    assert len(ANSWERS) >= 117

    for exercise, code in ANSWERS.values():
        assert score(exercise, code, change(code)) >= SURE


def test_the_disguises_change_the_text() -> None:
    """A canary: every disguise touches nearly every answer, and the code stays Python."""
    for change in (*disguise.LOOKS, *disguise.MORE):
        changed = 0
        for _, code in ANSWERS.values():
            compile(change(code), "disguised", "exec")
            changed += change(code) != code
        assert changed >= 60, change.__name__


def test_disguised_copies_that_are_long_enough_are_listed_and_no_independent_pair_is() -> None:
    """Precision and recall on the known answers are both 1."""
    copies = [
        (exercise, code) for exercise, code in ANSWERS.values() if long_enough(exercise, code)
    ]  # the others are Lamport clocks of a few lines
    listed = sum(found(exercise, code, disguise.everything(code)) for exercise, code in copies)
    independent = [(name, *pair) for name, codes in RIGHT.items() for pair in combinations(codes, 2)]
    accused = sum(found(*pair) for pair in independent)

    assert len(copies) >= 106
    assert listed == len(copies)
    assert len(independent) == 30
    assert accused == 0


def test_independent_right_answers_stay_far_below_the_threshold() -> None:
    highest = max(score(name, *pair) for name, codes in RIGHT.items() for pair in combinations(codes, 2))

    assert highest < 0.5 < ALIKE


def test_wrong_answers_stay_below_the_threshold_against_other_right_ones() -> None:
    wrong = {one.name for one in MUTANTS.wrong}
    pairs = [
        (exercise, code, other)
        for name, (exercise, code) in ANSWERS.items()
        if name in wrong
        for other in RIGHT[exercise][1:]  # the first is the reference, of which each is a patch
    ]

    assert len(pairs) >= 291
    assert max(score(*pair) for pair in pairs) <= 0.5 < ALIKE


def test_deeper_changes_still_leave_most_copies_above_the_threshold() -> None:
    """Not promised, but measured: useless statements everywhere, or every comparison turned round."""
    for change in disguise.MORE:
        kept = sum(score(exercise, code, change(code)) >= ALIKE for exercise, code in ANSWERS.values())
        assert kept >= 0.97 * len(ANSWERS), change.__name__


def test_parts_of_copies_are_marked_in_both_texts() -> None:
    own = "import os\n\n\ndef mine(a):\n    return [os.sep for _ in a if a and not a or 1]\n\n\n"
    copied = RIGHT["vector_clock"][0]
    text = own + disguise.renamed(copied)

    lines = marks(text, copied, STARTERS["vector_clock"])

    assert not set(range(1, own.count("\n"))) & set(lines)
    assert len(lines) >= 0.6 * copied.count("\n")
    assert marks("x = 1", "def f(): pass") == ()


# --- a class


def answers(texts: dict[str, str]) -> dict[str, dict[str, str]]:
    return {"lease": texts}


def unlike(number: int) -> str:
    """Code that shares no fingerprint with that of another number."""
    chance = random.Random(number)
    signs = ["+", "-", "*", "/", "%", "and", "or", "is", "in", "==", "<", ">", "|", "&", "^", "if x else"]
    return "\n".join(f"a = {' '.join(f'b {chance.choice(signs)}' for _ in range(12))} c" for _ in range(12))


def test_what_everybody_was_given_is_no_copy() -> None:
    given_out = f"{unlike(0)}\n{unlike(100)}"

    texts = {name: f"{given_out}\n{unlike(number)}" for number, name in enumerate("abcd", start=1)}

    assert compare(answers(texts), {"lease": given_out}).pairs == ()
    assert len(compare(answers(texts), {}).pairs) > 0, "a canary: without the starter code they are alike"


def test_what_many_write_is_an_idiom_and_what_few_write_is_not() -> None:
    common = unlike(0)

    def similar(owners: int) -> int:
        texts = {f"s{number}": (common if number < owners else unlike(number + 1)) for number in range(30)}
        return len(compare(answers(texts), {}).pairs)

    assert similar(2) == 1
    assert similar(IDIOM_LEAST) == 10
    assert similar(IDIOM_LEAST + 1) == 0


def test_the_crowd_that_hands_in_one_text_is_counted() -> None:
    texts = {f"s{number}": (unlike(0) if number < 12 else unlike(number)) for number in range(30)}

    (about,) = compare(answers(texts), {}).compared

    assert about.same == 12
    assert about.crowded
    assert about.short == 12
    assert about.idioms > 0


def test_short_answers_are_never_compared() -> None:
    texts = {"anna": "x = 1", "zoe": "y = 2"}

    similarity = compare(answers(texts), {})

    assert similarity.pairs == ()
    assert not similarity.compared[0].speaks


def test_short_answers_that_are_all_alike_are_seen_in_the_whole_notebook() -> None:
    shared = {
        exercise: dict.fromkeys(("anna", "zoe"), unlike(number).split("\n")[0])
        for number, exercise in enumerate("vwxyz")
    }

    (pair,) = compare(shared, {}).pairs

    assert [match.exercise for match in pair.matches] == [TOGETHER]
    assert pair.matches[0].score == 1


def test_groups_are_joined_by_strong_pairs_only() -> None:
    lines = unlike(0).split("\n")
    other = unlike(1).split("\n")
    texts = {"anna": "\n".join(lines), "ben": "\n".join(lines), "cleo": "\n".join(lines[:8] + other[:4])}

    similarity = compare(answers(texts), {})

    assert [pair.matches[0].score >= SURE for pair in similarity.pairs] == [True, False, False]
    assert similarity.groups == (("anna", "ben"),)


def test_the_planted_rings_are_found_and_nobody_else() -> None:
    class_ = class_of(60)
    codes = {
        name: {
            one.student: "\n".join(cell.source for cell in one.cells if cell.name == name)
            for one in class_
            if any(said.exercise == name and said.outcome != "unsolved" for said in one.questions)
        }
        for name in ASSIGNMENT.exercises
    }

    assert compare(codes, STARTERS).groups == (("boris", "nils", "vera"), ("ada", "sven"))


def test_a_thousand_students_with_five_exercises_take_less_than_half_a_minute() -> None:
    chance = random.Random(3)
    lines = [line for codes in RIGHT.values() for code in codes for line in code.split("\n")]
    codes = {
        name: {
            f"s{number}": chance.choice(RIGHT[name]) + "\n" + "\n".join(chance.sample(lines, 6))
            for number in range(1000)
        }
        for name in RIGHT
    }
    begin = time.process_time()

    similarity = compare(codes, STARTERS)

    assert time.process_time() - begin < 30
    assert [about.answers for about in similarity.compared] == [1000] * 6
