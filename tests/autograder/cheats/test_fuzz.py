"""Every file gets a verdict or one sentence, whatever it is."""

import pytest

from autograder.cheats import fuzz
from autograder.cheats.entries import EXAM, HONEST, Entry
from autograder.cheats.matrix import by_engine
from autograder.engine.plan import Plan
from autograder.engine.structure import repair
from autograder.engine.submitted import Refused, read
from autograder.engine.verdict import Said, Verdict

MANY = 640
GRADED = 96


@pytest.fixture(scope="module")
def good(papers):
    return papers.paper(Entry("good", HONEST, "is good", right=papers.assignments[EXAM].exercises))


def test_the_same_seed_damages_in_the_same_way_and_no_two_seeds_alike(good):
    made = [fuzz.damaged(seed, good) for seed in range(64)]

    assert made == [fuzz.damaged(seed, good) for seed in range(64)]
    assert len(set(made)) > 60
    assert sum(text == good for text in made) <= 2


def test_every_malformed_file_is_read_and_repaired_or_refused_in_a_sentence(good, papers):
    released = read(papers.released[EXAM].encode())
    sentences, repaired = [], 0
    for seed in range(MANY):
        try:
            cells, told = repair(read(fuzz.damaged(seed, good)), released)
        except Refused as error:
            sentences.append(str(error))
        else:
            repaired += 1
            sentences += told
            assert [cell.name for cell in cells if cell.name] == [
                cell.name for cell in released if cell.name
            ], seed
            assert all(
                (cell.kind + cell.name + cell.cell_id + cell.source).encode() is not None for cell in cells
            )
    assert MANY / 3 < repaired < MANY
    for sentence in sentences:
        assert sentence.endswith(".") and "\n" not in sentence and len(sentence) < fuzz.LONGEST_SENTENCE, (
            sentence
        )
        assert sentence.encode()


def test_malformed_files_are_graded_or_refused_and_change_no_neighbour(papers):
    found = fuzz.run(papers, range(GRADED))

    assert found.complaints == ()
    assert found.graded + found.refused == found.count == GRADED
    assert found.graded > GRADED / 3 and found.refused > GRADED / 6


def test_an_output_of_200_mb_does_not_matter(good, papers):
    handed_in = [("huge", EXAM, fuzz.huge(good), papers.rest(EXAM))]
    (verdict,) = by_engine(papers)(handed_in)

    assert len(handed_in[0][2]) > 200 << 20
    assert (verdict.points, verdict.refused) == (papers.full(EXAM, papers.rest(EXAM)), "")


@pytest.mark.parametrize(
    ("verdict", "said"),
    [
        (Verdict("a", EXAM, "", failed="The autograder failed."), "grading failed"),
        (Verdict("a", EXAM, "", refused="no stop"), "no sentence"),
        (Verdict("a", EXAM, "", refused="x" * 300 + "."), "no sentence"),
        (Verdict("a", EXAM, "", refused="Two\nlines."), "no sentence"),
        (Verdict("a", EXAM, "", repairs=("ValueError: x.",)), "no sentence for people"),
        (Verdict("a", EXAM, "", refused="\ud800."), "cannot be kept"),
        (Verdict("a", EXAM, ""), "1 questions were not asked"),
        (Verdict("a", EXAM, "", (Said("q", "x", "rule", 1, "odd"),)), "outcome odd"),
    ],
)
def test_a_verdict_that_will_not_do_is_noticed(verdict, said):
    assert said in fuzz.complaint(verdict, ["q"])


def test_a_neighbour_that_loses_points_or_gets_no_verdict_is_noticed(papers):
    def grade(handed_in):
        for student, slug, *_ in handed_in[1:]:
            said = tuple(
                Said(test.name, "x", "rule", 1, "wrong") for test in papers.assignments[EXAM].tests()
            )
            yield Verdict(student, slug, "", said)

    found = fuzz.run(papers, range(2), grade)

    assert [complaint.split(":")[0] for complaint in found.complaints] == ["seed 0", "beside seed 0"]


def test_the_plan_of_the_exam_stands(papers):
    plan = Plan(papers.assignments[EXAM], read(papers.released[EXAM].encode()))

    assert len(plan.questions) == 16 and not plan.borrowed()
