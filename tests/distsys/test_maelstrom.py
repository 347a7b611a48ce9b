"""The Maelstrom host: unmodified nodes on a line protocol, and whatever else comes in."""

import json
import os
import subprocess
import sys
from pathlib import Path
from threading import Thread

import pytest
from hypothesis import given
from hypothesis import strategies as st

from distsys.check.linearizability import linearizable
from distsys.check.models import Register
from distsys.history import History, Op
from distsys.maelstrom import LIMIT, Alarms, Code, Error, Host, Pairs, _lines, serve, wire_name
from distsys.node import Node, message, on
from distsys.simulation import HandlerFailed, Simulation

from .workbench import Workbench
from .worlds import examples

PATIENCE_S = 60


@message
class Read:
    key: object


@message
class ReadOk:
    value: object


@message
class Write:
    key: object
    value: object


@message
class WriteOk:
    pass


@message
class Cas:
    key: object
    from_: object
    to: object


@message
class CasOk:
    pass


@message
class Point:
    x: int
    tags: frozenset[str] = frozenset()


@message
class Share:
    points: frozenset[Point]
    raw: bytes


class Store(Node):
    """A key-value store on one node."""

    def __init__(self):
        self.values = {}

    @on(Read)
    def read(self, src, request):
        if request.key in self.values:
            self.send(src, ReadOk(self.values[request.key]))
        else:
            self.send(src, Error(Code.KEY_DOES_NOT_EXIST, f"there is no {request.key}"))

    @on(Write)
    def write(self, src, request):
        self.values[request.key] = request.value
        self.send(src, WriteOk())

    @on(Cas)
    def cas(self, src, request):
        if request.key not in self.values:
            self.send(src, Error(Code.KEY_DOES_NOT_EXIST))
        elif self.values[request.key] != request.from_:
            self.send(src, Error(Code.PRECONDITION_FAILED))
        else:
            self.values[request.key] = request.to
            self.send(src, CasOk())


class Forwarder(Node):
    """Sends what it hears to a peer, which keeps it."""

    def __init__(self):
        self.kept = []

    @on(Write)
    def forward(self, src, request):
        self.broadcast(Share(frozenset({Point(request.value, frozenset({"a", "b"}))}), b"\xff"))

    @on(Share)
    def keep(self, src, share):
        self.kept.append((src, share))


class Proxy(Node):
    """Asks a service, and passes its answer on."""

    def __init__(self):
        self.asked, self.waiting = 0, {}

    @on(Read)
    def ask(self, src, request):
        self.asked += 1
        self.waiting[f"seq-kv#{self.asked}"] = src
        self.send(f"seq-kv#{self.asked}", request)

    @on(ReadOk)
    def tell(self, src, reply):
        self.send(self.waiting.pop(src), reply)

    @on(Error)
    def complain(self, src, error):
        self.send(self.waiting.pop(src), error)


class Clumsy(Node):
    def on_start(self):
        self.note("starts", number=1)

    @on(Read)
    def fail(self, src, request):
        raise ValueError("oh")

    @on(Write)
    def say(self, src, request):
        self.send(src, request.value)

    @on(Cas)
    def wait(self, src, request):
        self.set_timer("fail", 1)
        self.send(src, CasOk())

    @on("fail")
    def fail_later(self):
        raise ValueError("late")


def store(factory=Store):
    return Workbench({"n1": factory})


def host(factory=Store):
    """A host with its life, and the lines that it wrote since."""
    written = []
    one = Host(factory, lambda line: written.append(json.loads(line)), [].append, Alarms().later, seed=1)
    one.hear(line("c1", type="init", msg_id=1, node_id="n1", node_ids=["n1", "n2"]))
    written.clear()
    return one, written


def line(src, dest="n1", **body):
    return json.dumps({"src": src, "dest": dest, "body": body}).encode()


# --- what stands for what


@pytest.mark.parametrize(
    ("name", "expected"),
    [("Echo", "echo"), ("EchoOk", "echo_ok"), ("CAS", "cas"), ("CASOk", "cas_ok"), ("TxnV2", "txn_v2")],
)
def test_the_type_of_a_message_is_the_name_of_its_class_in_snake_case(name, expected):
    assert wire_name(type(name, (), {})) == expected


def test_a_field_that_python_cannot_name_ends_in_an_underscore():
    workbench = store()

    workbench.answer("c1", "n1", type="write", key="x", value=1)

    assert workbench.answer("c1", "n1", type="cas", key="x", **{"from": 1, "to": 2}) == {"type": "cas_ok"}
    assert workbench.answer("c1", "n1", type="read", key="x") == {"type": "read_ok", "value": 2}


@pytest.mark.parametrize(
    "value", [None, True, 0, -1, 2**70, 1.5, "", "ü \ud800", [], [1, [2]], {}, {"a": [1, {"b": None}]}]
)
def test_any_json_comes_back_as_it_went_in(value):
    workbench = store()

    workbench.answer("c1", "n1", type="write", key=1, value=value)

    assert workbench.answer("c1", "n1", type="read", key=1) == {"type": "read_ok", "value": value}


def test_a_list_is_a_tuple_and_an_object_a_table_of_pairs():
    workbench = store()

    workbench.answer("c1", "n1", type="write", key=1, value={"n1": ["n2", "n3"]})

    assert workbench.nodes["n1"].values == {1: Pairs((("n1", ("n2", "n3")),))}
    assert dict(workbench.nodes["n1"].values[1]) == {"n1": ("n2", "n3")}


def test_a_message_or_set_in_a_reply_is_an_object_or_list():
    class Cartographer(Node):
        @on(Read)
        def read(self, src, request):
            self.send(src, ReadOk((Point(1, frozenset({"b", "a"})),)))

    assert store(Cartographer).answer("c1", "n1", type="read", key=1) == {
        "type": "read_ok",
        "value": [{"x": 1, "tags": ["a", "b"]}],
    }


def test_fields_with_a_default_may_be_missing_and_unknown_keys_are_ignored():
    seen = []

    class Surveyor(Node):
        @on(Point)
        def see(self, src, point):
            seen.append(point)

    one, _ = host(Surveyor)
    one.hear(line("c1", type="point", x=3, colour="red"))

    assert seen == [Point(3)]


def test_between_nodes_values_keep_their_types():
    workbench = Workbench({"n1": Forwarder, "n2": Forwarder})

    workbench.ask("c1", "n1", type="write", key=1, value=7)
    workbench.until(lambda: workbench.nodes["n2"].kept)

    assert workbench.nodes["n2"].kept == [
        ("n1", Share(frozenset({Point(7, frozenset({"a", "b"}))}), b"\xff"))
    ]
    assert workbench.traffic[-1]["body"]["type"] == "share"


def test_a_class_that_maelstrom_cannot_tell_from_another_is_refused_at_once():
    @message
    class ReadOK:
        pass

    class Twins(Node):
        @on(ReadOk)
        def one(self, src, reply): ...

        @on(ReadOK)
        def other(self, src, reply): ...

    one, _ = host(Twins)
    with pytest.raises(HandlerFailed, match=r"ReadOk and .*ReadOK would both be 'read_ok'.*; rename one"):
        raise one.failure


def test_a_field_that_maelstrom_needs_for_itself_is_refused_at_once():
    @message
    class Parcel:
        msg_id: int

    class Post(Node):
        @on(Parcel)
        def take(self, src, parcel): ...

    one, _ = host(Post)
    with pytest.raises(HandlerFailed, match=r"Parcel has a field 'msg_id', which Maelstrom needs for itself"):
        raise one.failure


# --- services


def test_a_node_asks_a_service_and_tells_replies_apart_by_the_number_it_chose():
    def seq_kv(body):
        return (
            {"type": "read_ok", "value": body["key"] * 10} if body["key"] else {"type": "error", "code": 20}
        )

    workbench = Workbench({"n1": Proxy}, {"seq-kv": seq_kv})

    assert workbench.answer("c1", "n1", type="read", key=4) == {"type": "read_ok", "value": 40}
    assert workbench.answer("c1", "n1", type="read", key=0) == {"type": "error", "code": 20, "text": ""}


def test_a_request_to_a_service_gets_a_number_of_its_own():
    class Asker(Node):
        @on(Write)
        def ask(self, src, request):
            self.send("lin-kv", Read("x"))

    one, written = host(Asker)
    one.hear(line("c1", type="write", key=1, value=1))
    one.hear(line("c1", type="write", key=1, value=1))

    first, second = [envelope["body"] for envelope in written]
    assert {"type": "read", "key": "x", "msg_id": first["msg_id"]} == first
    assert first["msg_id"] != second["msg_id"]


# --- errors


def test_a_request_before_init_is_temporarily_unavailable():
    written = []
    one = Host(Store, lambda text: written.append(json.loads(text)), [].append, Alarms().later)

    one.hear(line("c1", type="read", msg_id=3, key=1))

    assert written == [
        {
            "src": "n1",
            "dest": "c1",
            "body": {"type": "error", "in_reply_to": 3, "code": 11, "text": "'read' came before init"},
        }
    ]


@pytest.mark.parametrize(
    ("body", "code", "text"),
    [
        ({"type": "add", "delta": 1}, 10, "the node handles cas, read, write, not 'add'"),
        ({"type": "write", "key": 1}, 12, "'write' lacks value"),
        ({"type": "init", "node_id": "n1", "node_ids": ["n1"]}, 12, "this is n1 already"),
    ],
)
def test_a_request_that_cannot_be_handled_is_answered_and_counted(body, code, text):
    one, written = host()

    one.hear(line("c1", msg_id=9, **body))

    assert [envelope["body"] for envelope in written] == [
        {"type": "error", "code": code, "text": text, "in_reply_to": 9}
    ]
    assert one.malformed == 1


@pytest.mark.parametrize(
    "body", [{}, {"node_id": "n1"}, {"node_id": 1, "node_ids": [1]}, {"node_id": "n1", "node_ids": ["n2"]}]
)
def test_an_init_that_is_wrong_is_answered_and_changes_nothing(body):
    written = []
    one = Host(Store, lambda text: written.append(json.loads(text)), [].append, Alarms().later)

    one.hear(line("c1", type="init", msg_id=1, **body))

    assert (written[0]["body"]["code"], one.life) == (12, None)


def test_what_is_no_request_is_never_answered_with_an_error():
    one, written = host()

    one.hear(line("n2", type="add"))
    one.hear(line("seq-kv", type="error", in_reply_to=3, code=22, msg_id=8))
    one.hear(line("seq-kv", type="read", in_reply_to=3))

    assert (written, one.malformed) == ([], 3)


def test_a_handler_that_fails_is_answered_with_a_crash_and_nothing_more_is_handled():
    one, written = host(Clumsy)

    one.hear(line("c1", type="read", msg_id=4, key=1))
    one.hear(line("c1", type="read", msg_id=5, key=1))

    [reply] = [envelope["body"] for envelope in written]
    assert (reply["type"], reply["code"], reply["in_reply_to"]) == ("error", 13, 4)
    assert "Clumsy.fail on n1 raised ValueError('oh')" in str(one.failure)


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        ((1, 2), "a tuple has no name; send instances of classes marked @message"),
        (ReadOk(b"x"), "a client of Maelstrom cannot be sent b'x'; it understands JSON alone"),
        (ReadOk(float("nan")), "a client of Maelstrom cannot be sent nan"),
    ],
)
def test_a_node_that_sends_a_client_what_json_cannot_say_hears_of_it(value, reason):
    class Speaker(Node):
        @on(Read)
        def say(self, src, request):
            self.send(src, value)

    one, _ = host(Speaker)
    one.hear(line("c1", type="read", msg_id=1, key=1))

    assert reason in str(one.failure)


NONSENSE = {
    "nothing": b"",
    "no JSON": b"hello",
    "no UTF-8": b'"\xff"',
    "no object": b"[1]",
    "NaN": b'{"src":"c1","dest":"n1","body":{"type":"read","key":NaN}}',
    "deep JSON": b"[" * 100_000 + b"]" * 100_000,
    "a huge number": b"9" * 100_000,
    "too long": b" " * (LIMIT + 1),
    "no src": b'{"dest":"n1","body":{"type":"read","key":1}}',
    "a src that is no text": b'{"src":1,"dest":"n1","body":{"type":"read","key":1}}',
    "no body": b'{"src":"c1","dest":"n1"}',
    "a body without a type": b'{"src":"c1","dest":"n1","body":{}}',
    "a type that is no text": b'{"src":"c1","dest":"n1","body":{"type":[]}}',
    "a msg_id that is no number": b'{"src":"c1","dest":"n1","body":{"type":"read","key":1,"msg_id":"x"}}',
    "a msg_id that is true": b'{"src":"c1","dest":"n1","body":{"type":"read","key":1,"msg_id":true}}',
    "a message of a node with other fields": b'{"src":"n2","dest":"n1","body":{"type":"read","colour":1}}',
    "a value of a node that is none": b'{"src":"n2","dest":"n1","body":{"type":"read","key":{"os.x":1}}}',
}


@pytest.mark.parametrize("what", NONSENSE)
def test_a_line_that_is_no_message_is_dropped_and_counted_and_the_node_goes_on(what):
    one, written = host()

    one.hear(NONSENSE[what])

    assert (one.malformed, written, one.failure) == (1, [], None)
    one.hear(line("c1", type="write", msg_id=1, key=1, value=2))
    assert written[0]["body"] == {"type": "write_ok", "in_reply_to": 1}


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inside: st.lists(inside) | st.dictionaries(st.text(), inside),
)
bodies = st.dictionaries(
    st.sampled_from(["key", "value", "from", "to", "msg_id", "in_reply_to"]), json_values
)


@examples
@given(
    st.binary()
    | json_values.map(lambda value: json.dumps(value).encode())
    | st.builds(
        lambda src, kind, body: line(src, type=kind, **body),
        st.sampled_from(["c1", "n2", "seq-kv", ""]),
        st.sampled_from(["read", "cas", "init", "x"]),
        bodies,
    )
)
def test_no_line_whatsoever_makes_the_host_fail_or_write_what_is_no_message(data):
    class Calm(Node):
        @on(Read)
        def read(self, src, request):
            self.send(src, ReadOk(request.key))

        @on(Cas)
        def cas(self, src, request):
            self.note("cas", request=request)

    one, written = host(Calm)

    one.hear(data)

    assert one.failure is None
    for envelope in written:
        assert envelope["body"]["type"] in ("read_ok", "error")


# --- the same class and the same checker


def test_a_store_is_linearizable_under_maelstrom_and_in_a_simulation():
    ops = []
    workbench = store()
    for number in range(20):
        client = f"c{number % 3}"
        called = workbench.now
        if number % 2:
            value = workbench.answer(client, "n1", type="read", key="x")["value"]
            ops.append(Op(client, round(called * 1e6), round(workbench.now * 1e6), "read", "x", None, value))
        else:
            workbench.answer(client, "n1", type="write", key="x", value=number)
            ops.append(Op(client, round(called * 1e6), round(workbench.now * 1e6), "write", "x", number))

    async def script(c):
        for _ in range(10):
            with c.operation("write", "x", c.unique()) as op:
                await c.call("n1", Write("x", op.argument))
            with c.operation("read", "x") as op:
                op.result = (await c.call("n1", Read("x"))).value

    simulation = Simulation(seed=3)
    simulation.cluster(Store, 1)
    simulation.workload(script, clients=3)
    run = simulation.run(until_ms=5000)

    assert linearizable(History(ops), Register())
    assert len(run.history) == 60
    assert linearizable(run.history, Register())


# --- the program


def test_alarms_ring_in_the_order_of_their_time_and_not_if_cancelled():
    alarms, rung = Alarms(), []
    assert alarms.wait() is None
    alarms.later(0.002, lambda: rung.append("second"))
    alarms.later(0.001, lambda: rung.append("first"))
    alarms.later(0.0, lambda: rung.append("never")).cancel()
    alarms.later(1000, lambda: rung.append("much later"))

    while len(rung) < 2:
        alarms.ring()

    assert rung == ["first", "second"]
    assert 0 < alarms.wait() <= 1000


@examples
@given(st.lists(st.binary()), st.integers(1, 7))
def test_lines_come_out_however_they_are_cut(lines, size):
    whole = b"".join(part.replace(b"\n", b"") + b"\n" for part in lines)
    pieces = [whole[place : place + size] for place in range(0, len(whole), size)] + [b""]

    assert list(_lines(iter(pieces).__next__)) == [part.replace(b"\n", b"") for part in lines]


def test_a_line_that_never_ends_takes_no_more_room_than_the_limit():
    pieces = iter([b"x" * 60_000] * 100 + [b"\nshort", b""])

    long, short = _lines(pieces.__next__)

    assert LIMIT < len(long) < 2 * LIMIT
    assert short == b"short"


SCRIPT = """
from distsys.maelstrom import serve
from tests.distsys.test_maelstrom import {name}
print("this is no message", flush=True)
serve({name})
"""


def program(name):
    root = Path(__file__).parents[2]
    script = SCRIPT.format(name=name).replace("print", "import sys; sys.stderr.write") if name else ""
    script = script.replace(", flush=True", "")
    return subprocess.Popen(
        [sys.executable, "-c", script],
        cwd=root, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip


def test_a_program_answers_until_its_input_ends():
    lines = [
        line("c0", type="init", msg_id=1, node_id="n1", node_ids=["n1"]),
        line("c1", type="write", msg_id=2, key=1, value=5),
        b"nonsense",
        line("c1", type="read", msg_id=3, key=1),
    ]

    output, errors = program("Store").communicate(b"\n".join(lines) + b"\n", timeout=PATIENCE_S)

    assert [json.loads(text)["body"]["type"] for text in output.splitlines()] == [
        "init_ok",
        "write_ok",
        "read_ok",
    ]
    assert b"dropped: a line is no message" in errors


@pytest.mark.parametrize("body", [{"type": "read", "key": 1}, {"type": "cas", "key": 1, "from": 1, "to": 2}])
def test_a_program_whose_handler_fails_says_so_and_ends(body):
    one = program("Clumsy")
    one.stdin.write(line("c0", type="init", msg_id=1, node_id="n1", node_ids=["n1"]) + b"\n")
    one.stdin.write(line("c1", msg_id=2, **body) + b"\n")
    one.stdin.flush()
    one.wait(PATIENCE_S)  # though its input has not ended
    output, errors = one.communicate()

    assert one.returncode == 1
    assert len(output.splitlines()) == 2
    assert b"starts number=1" in errors
    assert b"HandlerFailed: Clumsy.fail" in errors


def test_timers_go_off_while_nobody_says_anything():
    class Ticker(Node):
        def on_start(self):
            self.set_timer("tick", 1)

        @on("tick")
        def tick(self):
            self.send("c9", ReadOk(self.id))

    (source, to_node), (from_node, sink) = os.pipe(), os.pipe()
    thread = Thread(target=serve, args=(Ticker, source, sink))
    thread.start()
    os.write(to_node, line("c0", type="init", msg_id=1, node_id="n1", node_ids=["n1"]) + b"\n")
    with open(from_node) as output, open(sink, "w"):  # noqa: PTH123 - descriptors have no path
        assert json.loads(output.readline())["body"] == {"type": "init_ok", "in_reply_to": 1}
        assert json.loads(output.readline())["body"] == {"type": "read_ok", "value": "n1"}
        os.close(to_node)
        thread.join(PATIENCE_S)
    assert not thread.is_alive()
    os.close(source)
