"""Transactions: what each level forbids, what a verdict says, and what it refuses to judge."""

import gc
from itertools import pairwise, permutations
from xml.etree import ElementTree

import pytest

from distsys.check.anomaly import tangles
from distsys.check.graphs import circle_through, nearly_topological
from distsys.check.transactions import LEVELS, Txn, anomalies, serializable
from distsys.history import PENDING, History, Op

SVG = "{http://www.w3.org/2000/svg}"


def history(*lines):
    """Transactions from lines such as ``append x 1, read y 1 2`` and ``aborted: write x 1, see y None``.

    A read shows a list, which may be empty; a see shows a register. Each transaction is another client's.
    """
    found = []
    for number, line in enumerate(lines, 1):
        status, _, steps = line.rpartition(": ")
        made = []
        for step in steps.split(", "):
            verb, key, *values = step.split()
            numbers = [None if value == "None" else int(value) for value in values]
            made.append(
                ("read", key, numbers) if verb == "read" else (verb.replace("see", "read"), key, *numbers)
            )
        found.append(Txn(f"client {number}", made, status or "committed"))
    return found


# --- the examples of the literature, and the first level that forbids each

EXAMPLES = {
    # dirty writes: x says the one came first, y says the other (Adya 1999, H_wcycle; Elle's test of G0)
    "G0": ("read uncommitted", "append x 1, append y 1", "append x 2, append y 2", "read x 1 2, read y 2 1"),
    # Hermitage, G1a: somebody saw what was rolled back
    "G1a": ("read committed", "aborted: append x 1", "read x 1"),
    # Hermitage, G1b: somebody saw what was not meant to stay
    "G1b": ("read committed", "append x 1, append x 2", "read x 1", "read x 1 2"),
    # Hermitage, G1c: each saw what the other did
    "G1c": ("read committed", "append x 1, read y 1", "append y 1, read x 1"),
    # Elle's test of G1c: one overwrote the other and was seen by it
    "G1c by overwriting": ("read committed", "append x 1, read y 1", "append x 2, append y 1", "read x 1 2"),
    # Hermitage, OTV: a transaction that was seen in x has vanished from y
    "OTV": ("snapshot isolation", "append x 1, append y 1", "append x 2, append y 2", "read x 1 2, read y 1"),
    # Hermitage, P4; Berenson and others 1995: both read the same and wrote on top of it
    "lost update": ("snapshot isolation", "read x, append x 1", "read x, append x 2", "read x 1 2"),
    "lost update, never read": ("snapshot isolation", "read x, append x 1", "read x, append x 2"),
    # Hermitage, G-single; Berenson and others, A5A: x from before, y from after
    "read skew": ("snapshot isolation", "append x 1, append y 1", "read x, read y 1"),
    "unrepeatable read": ("snapshot isolation", "append x 1", "read x, read x 1"),
    # Sovran and others 2011: two saw two writes in different orders
    "long fork": ("snapshot isolation", "append x 1", "append y 1", "read x 1, read y", "read x, read y 1"),
    # Hermitage, G2-item; Berenson and others, A5B: each read what the other then wrote
    "write skew": ("serializable", "read x, read y, append x 1", "read x, read y, append y 1"),
    # Hermitage, G2 with two anti-dependencies; Fekete, O'Neil and O'Neil 2004: only the reader notices
    "read-only anomaly": (
        "serializable", "read x, read y, append x 1", "read y, append y 1", "read x, read y 1",
    ),
    # lists that cannot have grown into each other
    "incompatible order": ("read committed", "append x 1", "append x 2", "read x 1", "read x 2"),
    "internal": ("read uncommitted", "append x 1, read x"),
    "internal, not its own": ("read uncommitted", "append x 1", "append x 2, read x 1"),
    "internal, from the future": ("read uncommitted", "read x 1, append x 1"),
    "internal, not the last": ("read uncommitted", "append x 1, read x 1 2", "append x 2"),
    "garbage": ("read uncommitted", "append x 1", "read x 7"),
    "duplicate": ("read uncommitted", "append x 1", "read x 1 1"),
    # and the same of registers, as far as reads of registers can show it
    "G1a of registers": ("read committed", "aborted: write x 1", "see x 1"),
    "G1b of registers": ("read committed", "write x 1, write x 2", "see x 1"),
    "G1c of registers": ("read committed", "write x 1, see y 1", "write y 1, see x 1"),
    "lost update of registers": ("snapshot isolation", "see x None, write x 1", "see x None, write x 2"),
    "read skew of registers": (
        "snapshot isolation",
        "write x 1, write y 1", "see x 1, see y 1, write x 2, write y 2", "see x 1, see y 2",
    ),
    "unrepeatable read of registers": ("snapshot isolation", "write x 1", "see x None, see x 1"),
    "long fork of registers": (
        "snapshot isolation", "write x 1", "write y 1", "see x 1, see y None", "see x None, see y 1",
    ),
    "write skew of registers": (
        "serializable", "see x None, see y None, write x 1", "see x None, see y None, write y 1",
    ),
    "internal in a register": ("read uncommitted", "write x 1, see x None"),
    "garbage in a register": ("read uncommitted", "write x 1", "see x 7"),
}  # fmt: skip
NAMES = {
    "G1c by overwriting": "G1c", "OTV": "G-single", "lost update": "G-single",
    "lost update, never read": "G-single", "read skew": "G-single", "unrepeatable read": "G-single",
    "long fork": "G-nonadjacent", "write skew": "G2-item", "read-only anomaly": "G2-item",
}  # fmt: skip
UNTIMED = [level for level in LEVELS if level != "strict serializable"]


@pytest.mark.parametrize("level", UNTIMED)
@pytest.mark.parametrize("example", EXAMPLES)
def test_a_level_forbids_the_anomalies_of_the_weaker_levels_and_its_own(example, level):
    first, *lines = EXAMPLES[example]

    verdict = serializable(history(*lines), level)

    forbidden = UNTIMED.index(level) >= UNTIMED.index(first)
    if first == "serializable":
        forbidden = forbidden or level == "repeatable read"
    assert verdict.status == ("illegal" if forbidden else "ok")


@pytest.mark.parametrize("example", EXAMPLES)
def test_an_anomaly_has_the_name_that_the_literature_gives_it(example):
    kind = example.split(" of registers")[0].split(" in a register")[0].split(", from")[0].split(", not")[0]

    found = anomalies(history(*EXAMPLES[example][1:]))

    assert found[0].name == NAMES.get(kind, kind)


def test_figure_3_of_adya_liskov_and_oneil_is_serializable_in_their_order():
    verdict = serializable(
        history(
            "append z 1, append x 1, append y 1",
            "read x 1, append y 2",
            "read y 1 2, append z 3",
            "read z 1 3",
        )
    )

    assert verdict.status == "ok"
    assert [one.name for one in verdict.witness] == ["T1", "T2", "T3", "T4"]


def test_registers_that_nobody_read_do_not_show_who_wrote_first():
    assert serializable(history("write x 1, write y 2", "write x 2, write y 1"))


# --- what a verdict says


@pytest.mark.parametrize(
    ("lines", "words"),
    [
        (
            EXAMPLES["G0"][1:],
            "G0: T1 comes before T2: T2 appended 2 to x after T1's 1; "
            "but T2 comes before T1: T1 appended 1 to y after T2's 2",
        ),
        (
            EXAMPLES["G1c"][1:],
            "G1c: T1 comes before T2: T2 saw T1's 1 in x; but T2 comes before T1: T1 saw T2's 1 in y",
        ),
        (
            EXAMPLES["read skew"][1:],
            "G-single: T1 comes before T2: T2 saw T1's 1 in y; "
            "but T2 comes before T1: T2 read x without T1's 1",
        ),
        (
            EXAMPLES["read skew of registers"][1:],
            "G-single: T2 comes before T3: T3 saw T2's 2 in y; "
            "but T3 comes before T2: T3 read x → 1, which T2 replaced by 2",
        ),
        (EXAMPLES["G1a"][1:], "G1a: T2 read 1 from x, but T1, which wrote it, aborted"),
        (EXAMPLES["G1b"][1:], "G1b: T2 read 1 from x, which T1 itself replaced afterwards"),
        (EXAMPLES["garbage"][1:], "garbage: T2 read 7 from x, which nobody wrote"),
        (EXAMPLES["duplicate"][1:], "duplicate: T2 read [1, 1] from x, with 1 twice"),
        (EXAMPLES["internal"][1:], "internal: T1 appended [1] to x, but then read []"),
        (
            EXAMPLES["internal, from the future"][1:],
            "internal: T1 read 1 from x before it wrote that itself",
        ),
        (
            EXAMPLES["incompatible order"][1:],
            "incompatible order: T4 read [2] from x, but T3 read [1], "
            "and neither can have grown into the other",
        ),
        (
            EXAMPLES["lost update of registers"][1:],
            "G-single: If T1 wrote 1 to x after T2's 2, "
            "then T1 comes before T2: T1 read x → None, which T2 replaced by 2; "
            "but T2 comes before T1: T1 wrote 1 to x after T2's 2. "
            "If T2 wrote 2 to x after T1's 1, then T1 comes before T2: T2 wrote 2 to x after T1's 1; "
            "but T2 comes before T1: T2 read x → None, which T1 replaced by 1.",
        ),
    ],
)
def test_a_verdict_explains_every_edge_of_the_circle(lines, words):
    assert serializable(history(*lines)).explanation == words


def test_the_core_is_the_shortest_circle_of_the_worst_kind():
    lines = [
        "append x 1",
        "read x 1, append y 1",
        "read y 1, append z 1",
        "read z 1, read x, append u 1, read v",
    ]
    lines += ["read u, append v 1", "append w 1"]

    verdict = serializable(history(*lines))

    assert {one.name for one in verdict.core} == {"T1", "T2", "T3", "T4"}
    assert [one.name for one in verdict.anomalies] == ["G-single", "G2-item"]
    assert {one.name for one in verdict.anomalies[1].transactions} == {"T4", "T5"}


def test_several_tangles_are_several_anomalies():
    skew = EXAMPLES["write skew"][1:]
    other = [line.replace(" x", " u").replace(" y", " v") for line in skew]

    verdict = serializable(history(*skew, *other))

    assert [{one.name for one in found.transactions} for found in verdict.anomalies] == [
        {"T1", "T2"}, {"T3", "T4"},
    ]  # fmt: skip
    assert verdict.explanation.endswith("(1 more)")


def test_a_witness_is_everything_that_took_effect():
    lines = ["read x 1 2", "aborted: append x 9", "append x 1", "unknown: append x 2", "unknown: append x 3"]

    verdict = serializable(history(*lines, "append y 1"))

    assert [one.name for one in verdict.witness if one.name != "T6"] == ["T3", "T4", "T1"]
    assert len(verdict.witness) == 4


def test_a_witness_of_registers_is_everything_that_took_effect_too():
    verdict = serializable(
        history("write x 2", "write x 1", "see x 2, write y 1", "see y 1, see x 1", "write z 1")
    )

    assert [one.name for one in verdict.witness if one.name != "T5"] == ["T1", "T3", "T2", "T4"]
    assert len(verdict.witness) == 5


def test_levels_that_promise_no_order_give_no_witness():
    assert serializable(history("append x 1"), "snapshot isolation").witness == ()


def test_transactions_keep_names_of_their_own():
    first, second = history(*EXAMPLES["write skew"][1:])

    found = anomalies([first.named("pay"), second])

    assert [one.name for one in found[0].transactions] == ["pay", "T2"]


def test_what_an_allowed_level_saw_is_reported_too():
    verdict = serializable(history(*EXAMPLES["write skew"][1:]), "snapshot isolation")

    assert verdict.status == "ok"
    assert [one.name for one in verdict.anomalies] == ["G2-item"]


# --- aborted and unknown


def test_what_an_aborted_transaction_wrote_has_no_place_in_the_order():
    verdict = serializable(
        history("append x 1", "aborted: append x 2", "append x 3", "read x 1 2 3"), "read uncommitted"
    )

    assert verdict.status == "ok"
    assert [one.name for one in verdict.anomalies] == ["G1a"]


def test_what_an_aborted_transaction_read_does_not_matter():
    assert serializable(history("append x 1", "aborted: read x 9 9"))


def test_an_unknown_transaction_took_effect_if_somebody_saw_it():
    lines = ["unknown: append x 1, append y 1", "read x 1, read y"]

    assert anomalies(history(*lines))[0].name == "G-single"


def test_an_unknown_transaction_that_nobody_saw_may_have_had_no_effect():
    assert serializable(history("unknown: append x 1, read y 1", "append y 1", "read x"))


def test_who_was_seen_by_an_unknown_transaction_that_took_effect_took_effect_too():
    lines = ["unknown: append x 1, append z 1", "unknown: read x 1, append y 1", "read y 1, read z"]

    assert anomalies(history(*lines))[0].name == "G-single"


def test_a_read_without_an_answer_says_nothing():
    unanswered = Txn("a", [("append", "x", 2), ("read", "y")], "unknown")

    assert serializable([unanswered, *history("append x 1, append y 1", "read x 1 2, read y 1")])


# --- sessions and clocks


def timed(*rows):
    return [Txn(client, steps, call=call, ret=ret) for client, steps, call, ret in rows]


APPEND, STALE = [("append", "x", 1)], [("read", "x", [])]


def test_a_stale_read_is_serializable_but_not_strictly():
    transactions = timed(("a", APPEND, 0, 1000), ("b", STALE, 2000, 3000))

    verdict = serializable(transactions, "strict serializable")

    assert serializable(transactions, "strong session serializable")
    assert verdict.explanation == (
        "G-single-realtime: T1 comes before T2: T1 returned at 1 ms and T2 was called at 2 ms; "
        "but T2 comes before T1: T2 read x without T1's 1"
    )
    assert [one.name for one in verdict.core] == ["T1", "T2"]


def test_transactions_that_overlap_may_take_effect_in_either_order():
    assert serializable(timed(("a", APPEND, 0, 2000), ("b", STALE, 2000, 3000)), "strict serializable")


def test_the_clock_orders_through_others():
    rows = [("a", APPEND, 0, 10), ("b", [("append", "y", 1)], 20, 30), ("c", [("append", "z", 1)], 40, 50)]

    verdict = serializable(timed(*rows, ("d", STALE, 60, 70)), "strict serializable")

    assert [one.name for one in verdict.core] == ["T1", "T4"]


def test_an_unknown_transaction_may_take_effect_long_after_its_call():
    unknown = Txn("a", APPEND, "unknown", call=0, ret=10)
    later = timed(("b", STALE, 20, 30), ("c", [("read", "x", [1])], 40, 50))

    assert serializable([unknown, *later], "strict serializable")


def test_an_unknown_transaction_takes_effect_after_its_call():
    early = timed(("b", [("read", "x", [1])], 0, 10))

    verdict = serializable([*early, Txn("a", APPEND, "unknown", call=20)], "strict serializable")

    assert verdict.anomalies[0].name == "G1c-realtime"


def test_sessions_forbid_that_a_client_forgets_what_it_did():
    forgetful = [Txn("a", APPEND), Txn("a", STALE)]

    verdict = serializable(forgetful, "strong session serializable")

    assert serializable(forgetful)
    assert verdict.explanation == (
        "G-single-session: T1 comes before T2: a made T1 before T2; "
        "but T2 comes before T1: T2 read x without T1's 1"
    )


def test_what_is_wrong_without_a_clock_is_reported_without_it():
    transactions = timed(
        ("a", [*STALE, ("append", "y", 1)], 0, 10), ("b", [("read", "y", []), *APPEND], 0, 10)
    )

    assert [one.name for one in serializable(transactions, "strict serializable").anomalies] == ["G2-item"]


def test_registers_are_judged_by_the_clock_too():
    rows = [
        ("a", [("write", "x", 1)], 0, 10),
        ("b", [("write", "x", 2)], 20, 30),
        ("c", [("read", "x", 1)], 40, 50),
    ]

    verdict = serializable(timed(*rows), "strict serializable")

    assert serializable(timed(*rows))
    assert verdict.anomalies[0].name == "G-single-realtime"


# --- registers whose order of versions is open

# Who wrote x first, and who y? Each of the four combinations closes a circle, but no single choice does.
KNOT = [
    "write x 1, write a 1", "write x 2, write b 1", "write y 1, write c 1", "write y 2, write d 1",
    "see x 1, see d 1", "see x 1, see c 1", "see x 2, see d 1", "see x 2, see c 1",
    "see y 1, see b 1", "see y 1, see a 1", "see y 2, see b 1", "see y 2, see a 1",
]  # fmt: skip


def test_a_contradiction_that_no_single_choice_shows_is_found_by_guessing():
    verdict = serializable(history(*KNOT))

    assert verdict.status == "illegal"
    assert "no order of the other versions works" in verdict.explanation


@pytest.mark.parametrize("reader", range(4, 12))
def test_the_knot_comes_undone_without_any_of_its_readers(reader):
    lines = [line for number, line in enumerate(KNOT) if number != reader]

    assert serializable(history(*lines)).status == "ok"


def test_a_search_that_gives_up_is_no_pass():
    verdict = serializable(history(*KNOT), budget=10)

    assert verdict.status == "unknown"
    assert not verdict
    assert verdict.explanation.startswith("gave up the search for an order of the versions")
    assert serializable(history(*KNOT), "read committed", budget=10)


CROSSED = ["write y 1, write x 1", "write x 2, write y 2", "see y 2, see x 1"]


def test_an_order_that_is_forced_is_explained_before_it_is_used():
    assert serializable(history(*CROSSED)).explanation == (
        "G-single: T2 wrote 2 to y after T1's 1, because otherwise T1 comes before T3: T3 saw T1's 1 in x; "
        "but T3 comes before T1: T3 read y → 2, which T1 replaced by 1. "
        "If T1 wrote 1 to x after T2's 2, then T1 comes before T2: T2 wrote 2 to y after T1's 1; "
        "but T2 comes before T1: T1 wrote 1 to x after T2's 2. "
        "If T2 wrote 2 to x after T1's 1, then T2 comes before T3: T3 saw T2's 2 in y; "
        "but T3 comes before T2: T3 read x → 1, which T2 replaced by 2."
    )


@pytest.mark.parametrize("order", list(permutations(range(3))))
def test_nothing_is_guessed_that_is_forced(order):
    verdict = serializable(history(*(CROSSED[place] for place in order)))

    assert "because otherwise T" in verdict.explanation
    assert "no order of the other versions" not in verdict.explanation


def test_what_comes_after_a_circle_that_snapshots_allow_is_judged_too():
    skew = ["see u None, write v 1", "see v None, write u 1"]

    verdict = serializable(history(*skew, *(f"{line}, see u 1" for line in CROSSED)), "snapshot isolation")

    assert {one.name for one in verdict.core} == {"T3", "T4", "T5"}


# --- histories


def test_a_history_of_operations_is_judged_like_transactions():
    asked = (("append", "x", 1), ("read", "y"))
    told = (("append", "x", 1), ("read", "y", ()))
    other = (("append", "y", 1), ("read", "x", ()))
    ops = History(
        [
            Op("a", 0, 10, "txn", None, asked, told),
            Op("b", 0, 10, "txn", None, other, other),
            Op("c", 20, 30, "txn", None, (("append", "z", 1),), False),
            Op("d", 40, PENDING, "txn", None, (("append", "z", 2), ("read", "x", None))),
        ]
    )

    assert [Txn.of(op).status for op in ops] == ["committed", "committed", "aborted", "unknown"]
    assert anomalies(ops)[0].name == "G2-item"
    assert anomalies(History.from_json(ops.to_json())) == anomalies(ops)


def test_transactions_are_operations_of_a_history():
    transactions = history("append x 1, read y", "aborted: append x 2", "unknown: append x 3, read y 7")

    again = [Txn.of(op) for op in History.from_json(History(transactions).to_json())]

    assert [one.status for one in again] == ["committed", "aborted", "unknown"]
    assert [one.steps for one in again[:2]] == [one.steps for one in transactions[:2]]


def test_lists_and_short_verbs_are_what_a_student_writes():
    assert Txn("a", [["r", "x", [1, [2]]], ["w", "y", 3]]).steps == (
        ("read", "x", (1, (2,))),
        ("write", "y", 3),
    )


def test_no_transactions_at_all_are_fine():
    assert serializable([])
    assert serializable(history("read x"))
    assert serializable(history("see x None"))


# --- what is refused


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (lambda: serializable([], "linearizable"), "there is no level 'linearizable'; there are read unc"),
        (
            lambda: serializable(history("append x 1", "append x 1")),
            "1 was written twice to x, by T1 and by T2",
        ),
        (lambda: serializable(history("append x 1, append x 1")), "1 was written twice to x, by T1;"),
        (
            lambda: serializable(history("append x 1", "write y 1")),
            "about lists or about registers, but T2 did",
        ),
        (lambda: serializable(history("write x None")), "None is the value that nobody wrote, but T1 wrote"),
        (
            lambda: serializable(history("append x 1", "see x 1")),
            "a read of a list shows a list, but T2 read 1",
        ),
        (lambda: serializable([Op("a", 0, 1, "read")]), "an operation of the kind 'txn', not a read"),
        (lambda: serializable([Op("a", 0, 1, "txn")]), "its steps, or False if it aborted"),
        (lambda: serializable(history("append x 1"), "strict serializable"), "needs times, but T1 has none"),
        (
            lambda: serializable(timed(("a", APPEND, 0, 9), ("a", STALE, 5, 10)), "strict serializable"),
            "a called T2 before T1 returned; a client does one thing at a time",
        ),
        (lambda: Txn("a", [], "lost"), "a transaction is committed, aborted, unknown, not 'lost'"),
        (lambda: Txn("a", [], call=5, ret=4), "cannot return at 4 before its call at 5"),
        (lambda: Txn("a", [("pop", "x")]), "a step is .*, not .'pop', 'x'."),
        (lambda: Txn("a", [("append", "x")]), "a step is .*, not .'append', 'x'."),
        (lambda: Txn("a", ["r"]), "a step is .*, not 'r'"),
        (lambda: Txn("a", [("read", "x", {1})]), "keys and values are texts, numbers and lists of them"),
    ],
)
def test_what_cannot_be_judged_is_refused_with_a_sentence(make, sentence):
    with pytest.raises(ValueError, match=sentence):
        make()


def test_the_garbage_collector_runs_again_whatever_happened():
    with pytest.raises(ValueError, match="unique"):
        serializable(history("append x 1", "append x 1"))

    assert gc.isenabled()


# --- pictures


def test_a_picture_shows_the_circle():
    figure = anomalies(history(*EXAMPLES["write skew"][1:]))[0].figure()

    labels = [element.text for element in ElementTree.fromstring(figure.svg()).iter(f"{SVG}text")]

    assert {"rw x", "rw y"} <= set(labels)
    assert any(label.startswith("T1: read x → []") for label in labels)
    assert figure.description.startswith("T1 comes before T2")


@pytest.mark.parametrize("example", EXAMPLES)
def test_every_illegal_verdict_draws_itself_the_same_each_time(example):
    verdict = serializable(history(*EXAMPLES[example][1:]))

    assert verdict._repr_html_() == serializable(history(*EXAMPLES[example][1:]))._repr_html_()
    assert "<svg" in verdict._repr_html_()


def test_a_picture_of_hostile_keys_is_harmless():
    hostile = "</svg><script>alert(1)</script>"
    skew = [
        Txn("a", [("read", hostile, []), ("append", "y", 1)]),
        Txn("b", [("read", "y", []), ("append", hostile, 1)]),
    ]

    assert "<script" not in serializable(skew)._repr_html_()


# --- size


def test_a_circle_of_thousands_is_found():
    count = 5_000
    steps = [[("append", one, 1), ("read", two, [1])] for two, one in pairwise(range(count))]
    steps.append([("append", 0, 1), ("read", count - 1, [1])])

    verdict = serializable(Txn("a", one) for one in steps)

    assert verdict.anomalies[0].name == "G1c"
    assert len(verdict.core) == count


def test_registers_that_are_read_before_they_are_overwritten_are_judged_in_any_number():
    chain = [Txn("a", [("read", "x", number or None), ("write", "x", number + 1)]) for number in range(5_000)]
    skew = history("see u None, write v 1", "see v None, write u 1")

    assert serializable(chain)
    assert [one.name for one in serializable([*chain, *skew]).core] == ["T5001", "T5002"]


# --- graphs


def test_a_circle_through_an_arc_is_the_shortest_of_all_arcs():
    graph = {1: [2], 2: [3], 3: [4, 1], 4: [1]}

    assert circle_through(graph, [(4, 1), (3, 1)], range(5)) == [3, 1, 2]
    assert circle_through(graph, [(1, 5)], range(6)) == []
    assert circle_through(graph, [(3, 1)], (1, 3)) == []
    assert circle_through(graph, [(4, 1), (3, 1)], range(5), 1) == [4, 1, 2, 3]


def test_small_circles_inside_a_great_one_are_one_tangle():
    steps = [(0, 1), (1, 2), (2, 3), (3, 4), (4, 5), (5, 0), (2, 1), (4, 3), (5, 6), (7, 0)]

    found = tangles(8, [(one, two, "ww", "x", 1) for one, two in steps])

    assert [[edge[:2] for edge in edges] for edges in found] == [steps[:8]]


def test_an_order_goes_back_only_where_circles_leave_no_choice():
    assert nearly_topological([[], [0], [1]]) == ([2, 1, 0], False)
    assert nearly_topological([[1], [2], [1], [0]]) == ([3, 0, 1, 2], True)
    assert nearly_topological([]) == ([], False)
