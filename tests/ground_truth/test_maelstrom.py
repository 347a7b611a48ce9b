"""Nodes of the laboratory in the exchanges that Maelstrom's documentation shows.

Source: https://github.com/jepsen-io/maelstrom, the folder doc: protocol.md, workloads.md, services.md,
02-echo/index.md, 03-broadcast, 04-crdts, 06-raft/01-key-value.md; read in versions of 2021 to 2023. The
program itself needs a download that is no package, so it is not run here. What it counted, it counted there.
"""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from distsys.maelstrom import Code, Error, Pairs
from distsys.node import Node, message, on
from tests.distsys.workbench import Workbench

PATIENCE_S = 60


@message
class Echo:
    echo: object


@message
class EchoOk:
    echo: object


class Parrot(Node):
    """doc/02-echo: sends everything back."""

    @on(Echo)
    def answer(self, src, request):
        self.send(src, EchoOk(request.echo))


@message
class Topology:
    topology: Pairs


@message
class TopologyOk:
    pass


@message
class Broadcast:
    message: object


@message
class BroadcastOk:
    pass


@message
class Read:
    key: object = None


class Broadcasts:
    """A ``read_ok`` has other keys here than in all other workloads."""

    @message
    class ReadOk:
        messages: tuple[object, ...]


class Flood(Node):
    """doc/03-broadcast: tells the neighbours what is new, and nobody what he has just told."""

    spares_sender = True

    def __init__(self):
        self.messages, self.neighbours = (), ()

    @on(Topology)
    def learn(self, src, request):
        self.neighbours = dict(request.topology)[self.id]
        self.send(src, TopologyOk())

    @on(Broadcast)
    def spread(self, src, request):
        if request.message not in self.messages:
            self.messages += (request.message,)
            others = [name for name in self.neighbours if name != src or not self.spares_sender]
            self.broadcast(request, others)
        if src not in self.peers:
            self.send(src, BroadcastOk())

    @on(Read)
    def read(self, src, request):
        self.send(src, Broadcasts.ReadOk(self.messages))


class LavishFlood(Flood):
    spares_sender = False


@message
class Add:
    delta: int


@message
class AddOk:
    pass


@message
class ReadOk:
    value: object


@message
class Replicate:
    value: tuple[tuple[str, int], ...]


class Counter(Node):
    """doc/04-crdts: counts for itself, keeps the highest count of each node, tells the others."""

    def __init__(self):
        self.counts = {}

    def on_start(self):
        self.set_timer("replicate", 5000)

    @on("replicate")
    def replicate(self):
        self.broadcast(Replicate(tuple(self.counts.items())))
        self.set_timer("replicate", 5000)

    @on(Replicate)
    def merge(self, src, other):
        for name, count in other.value:
            self.counts[name] = max(count, self.counts.get(name, 0))

    @on(Add)
    def add(self, src, request):
        self.counts[self.id] = self.counts.get(self.id, 0) + request.delta
        self.send(src, AddOk())

    @on(Read)
    def read(self, src, request):
        self.send(src, ReadOk(sum(self.counts.values())))


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


class Store(Node):
    """doc/06-raft, first chapter: a key-value store on one node."""

    def __init__(self):
        self.values = {}

    @on(Read)
    def read(self, src, request):
        if request.key in self.values:
            self.send(src, ReadOk(self.values[request.key]))
        else:
            self.send(src, Error(Code.KEY_DOES_NOT_EXIST, "not found"))

    @on(Write)
    def write(self, src, request):
        self.values[request.key] = request.value
        self.send(src, WriteOk())

    @on(Cas)
    def compare_and_set(self, src, request):
        if request.key not in self.values:
            self.send(src, Error(Code.KEY_DOES_NOT_EXIST, "not found"))
        elif (found := self.values[request.key]) != request.from_:
            self.send(src, Error(Code.PRECONDITION_FAILED, f"expected {request.from_}, but had {found}"))
        else:
            self.values[request.key] = request.to
            self.send(src, CasOk())


@message
class Generate:
    pass


@message
class GenerateOk:
    id: object


class Numberer(Node):
    """Unique numbers without a word between the nodes."""

    def __init__(self):
        self.count = 0

    @on(Generate)
    def generate(self, src, request):
        self.count += 1
        self.send(src, GenerateOk((self.id, self.count)))


@message
class Txn:
    txn: tuple[tuple[str, object, object], ...]


@message
class TxnOk:
    txn: tuple[tuple[str, object, object], ...]


class Transactor(Node):
    """Transactions on lists and registers, one after the other."""

    def __init__(self):
        self.values = {}

    @on(Txn)
    def run(self, src, request):
        self.send(src, TxnOk(tuple(self.step(*step) for step in request.txn)))

    def step(self, kind, key, value):
        if kind == "append":
            self.values[key] = (*self.values.get(key, ()), value)
        elif kind == "w":
            self.values[key] = value
        else:
            value = self.values.get(key)
        return kind, key, value


@message
class Send:
    key: str
    msg: object


@message
class SendOk:
    offset: int


@message
class Poll:
    offsets: Pairs


@message
class PollOk:
    msgs: Pairs


class Log(Node):
    """Logs by key; the first offset of each is 2, because offsets may be sparse."""

    def __init__(self):
        self.logs = {}

    @on(Send)
    def append(self, src, request):
        log = self.logs.setdefault(request.key, [])
        log.append((len(log) + 2, request.msg))
        self.send(src, SendOk(log[-1][0]))

    @on(Poll)
    def poll(self, src, request):
        found = (
            (key, tuple(entry for entry in self.logs.get(key, ()) if entry[0] >= offset))
            for key, offset in request.offsets
        )
        self.send(src, PollOk(Pairs(tuple(found))))


@message
class Ts:
    pass


@message
class TsOk:
    ts: int


class Clockless(Node):
    """Numbers from Maelstrom's oracle of timestamps."""

    def __init__(self):
        self.waiting = {}

    @on(Generate)
    def ask(self, src, request):
        address = f"lin-tso#{len(self.waiting) + 1}"
        self.waiting[address] = src
        self.send(address, Ts())

    @on(TsOk)
    def tell(self, src, reply):
        self.send(self.waiting[src], GenerateOk(reply.ts))


def one(factory):
    return Workbench({"n1": factory})


def names(size):
    return [f"n{number}" for number in range(1, size + 1)]


def server_messages(workbench):
    """How many messages went from node to node, as Maelstrom counts them."""
    return sum(envelope["dest"] in workbench.hosts for envelope in workbench.traffic)


# --- doc/protocol.md and doc/02-echo


def test_the_lines_of_the_echo_chapter_get_the_answers_of_the_echo_chapter():
    """As a program of its own, on real standard input and output."""
    asked = [
        {
            "dest": "n1",
            "body": {"type": "init", "node_id": "n1", "node_ids": ["n1"], "msg_id": 1},
            "src": "c1",
        },
        {"dest": "n1", "body": {"type": "echo", "echo": "Please echo 58", "msg_id": 1}, "src": "c3"},
        {"dest": "n1", "body": {"type": "echo", "echo": "Please echo 124", "msg_id": 2}, "src": "c3"},
        {"id": 7, "dest": "n1", "body": {"type": "echo", "echo": "Please echo 12", "msg_id": 3}, "src": "c3"},
    ]
    program = (
        "from tests.ground_truth.test_maelstrom import Parrot as P; import distsys.maelstrom as m; m.serve(P)"
    )
    lines = "".join(json.dumps(line) + "\n" for line in asked)

    done = subprocess.run(
        [sys.executable, "-c", program], cwd=Path(__file__).parents[2], input=lines, capture_output=True,
        text=True, timeout=PATIENCE_S, check=True,
    )  # fmt: skip

    assert [json.loads(line) for line in done.stdout.splitlines()] == [
        {"src": "n1", "dest": "c1", "body": {"type": "init_ok", "in_reply_to": 1}},
        {"src": "n1", "dest": "c3", "body": {"type": "echo_ok", "echo": "Please echo 58", "in_reply_to": 1}},
        {"src": "n1", "dest": "c3", "body": {"type": "echo_ok", "echo": "Please echo 124", "in_reply_to": 2}},
        {"src": "n1", "dest": "c3", "body": {"type": "echo_ok", "echo": "Please echo 12", "in_reply_to": 3}},
    ]
    assert done.stderr == ""


def test_init_tells_a_node_its_own_name_and_those_of_the_others():
    workbench = Workbench(dict.fromkeys(["n1", "n2", "n3"], Parrot))
    workbench.until(lambda: False, within_s=0.1)

    assert (workbench.nodes["n3"].id, workbench.nodes["n3"].peers) == ("n3", ("n1", "n2"))
    assert [body["type"] for body in workbench.replies.values()] == ["init_ok"] * 3


def test_the_codes_of_errors_are_those_of_the_table():
    table = """
        0 timeout, 1 node-not-found, 10 not-supported, 11 temporarily-unavailable, 12 malformed-request,
        13 crash, 14 abort, 20 key-does-not-exist, 21 key-already-exists, 22 precondition-failed,
        30 txn-conflict
    """

    ours = ", ".join(f"{code.value} {code.name.lower().replace('_', '-')}" for code in Code)

    assert ours == " ".join(table.split())


# --- doc/workloads.md: (workload, node, [(request, the keys of its reply besides type and in_reply_to)])

WORKLOADS = [
    ("broadcast", Flood, [
        ({"type": "topology", "topology": {"n1": []}}, "topology_ok", {}),
        ({"type": "broadcast", "message": 1000}, "broadcast_ok", {}),
        ({"type": "read"}, "read_ok", {"messages": [1000]}),
    ]),
    ("echo", Parrot, [
        ({"type": "echo", "echo": {"any": [1, None]}}, "echo_ok", {"echo": {"any": [1, None]}}),
    ]),
    ("g-counter", Counter, [
        ({"type": "add", "delta": 3}, "add_ok", {}),
        ({"type": "add", "delta": 0}, "add_ok", {}),
        ({"type": "read"}, "read_ok", {"value": 3}),
    ]),
    ("lin-kv", Store, [
        ({"type": "read", "key": 0}, "error", {"code": 20, "text": "not found"}),
        ({"type": "cas", "key": 0, "from": 1, "to": 2}, "error", {"code": 20, "text": "not found"}),
        ({"type": "write", "key": 0, "value": 4}, "write_ok", {}),
        ({"type": "read", "key": 0}, "read_ok", {"value": 4}),
        (
            {"type": "cas", "key": 0, "from": 3, "to": 2},
            "error", {"code": 22, "text": "expected 3, but had 4"},
        ),
        ({"type": "cas", "key": 0, "from": 4, "to": 2}, "cas_ok", {}),
        ({"type": "read", "key": 0}, "read_ok", {"value": 2}),
    ]),
    ("unique-ids", Numberer, [({"type": "generate"}, "generate_ok", {"id": ["n1", 1]})]),
    ("txn-list-append", Transactor, [
        ({"type": "txn", "txn": [["append", 1, 8]]}, "txn_ok", {"txn": [["append", 1, 8]]}),
        (
            {"type": "txn", "txn": [["r", 1, None], ["append", 1, 6], ["append", 2, 9]]},
            "txn_ok", {"txn": [["r", 1, [8]], ["append", 1, 6], ["append", 2, 9]]},
        ),
        (
            {"type": "txn", "txn": [["r", 1, None], ["r", 2, None]]},
            "txn_ok", {"txn": [["r", 1, [8, 6]], ["r", 2, [9]]]},
        ),
    ]),
    ("txn-rw-register", Transactor, [
        ({"type": "txn", "txn": [["w", 1, 8]]}, "txn_ok", {"txn": [["w", 1, 8]]}),
        (
            {"type": "txn", "txn": [["r", 1, None], ["w", 1, 6], ["w", 2, 9]]},
            "txn_ok", {"txn": [["r", 1, 8], ["w", 1, 6], ["w", 2, 9]]},
        ),
        ({"type": "txn", "txn": [["r", 3, None]]}, "txn_ok", {"txn": [["r", 3, None]]}),
    ]),
    ("kafka", Log, [
        ({"type": "send", "key": "a", "msg": 9}, "send_ok", {"offset": 2}),
        ({"type": "send", "key": "a", "msg": 5}, "send_ok", {"offset": 3}),
        ({"type": "send", "key": "a", "msg": 15}, "send_ok", {"offset": 4}),
        ({"type": "poll", "offsets": {"a": 2}}, "poll_ok", {"msgs": {"a": [[2, 9], [3, 5], [4, 15]]}}),
    ]),
]  # fmt: skip


@pytest.mark.parametrize(
    ("factory", "exchanges"), [pytest.param(*rest, id=name) for name, *rest in WORKLOADS]
)
def test_a_node_answers_the_requests_of_a_workload_in_the_documented_form(factory, exchanges):
    workbench = one(factory)

    heard = [workbench.answer("c1", "n1", **request) for request, _, _ in exchanges]

    assert heard == [{"type": kind, **keys} for _, kind, keys in exchanges]


def test_a_service_is_asked_and_answers_in_the_documented_form():
    asked = []

    def oracle(body):
        asked.append({key: body[key] for key in body if key != "msg_id"})
        return {"type": "ts_ok", "ts": 123}

    workbench = Workbench({"n1": Clockless}, {"lin-tso": oracle})

    assert workbench.answer("c1", "n1", type="generate") == {"type": "generate_ok", "id": 123}
    assert asked == [{"type": "ts"}]


def test_twelve_echoes_take_twenty_six_messages():
    """doc/02-echo: the statistics of its run."""
    workbench = one(Parrot)

    for number in range(12):
        workbench.answer("c1", "n1", type="echo", echo=f"Please echo {number}")

    assert len(workbench.replies) + len(workbench.traffic) == 26
    assert server_messages(workbench) == 0


# --- doc/03-broadcast: how many messages a broadcast takes


def grid(width, size):
    """Neighbours to the left and right, above and below."""
    return {
        f"n{here + 1}": [
            f"n{there + 1}"
            for there in range(size)
            if there - here in (width, -width) or (abs(there - here) == 1 and there // width == here // width)
        ]
        for here in range(size)
    }


def tree(children, size):
    edges = [((place - 1) // children, place) for place in range(1, size)]
    return {
        f"n{here + 1}": [f"n{a + b - here + 1}" for a, b in edges if here in (a, b)] for here in range(size)
    }


TOTAL = {name: [other for other in names(25) if other != name] for name in names(25)}
COUNTED = [  # topology, node, messages between servers in the run, broadcasts in it (where it says so)
    pytest.param(grid(3, 5), LavishFlood, 9_980, 998, id="grid of 5, told back"),
    pytest.param(grid(3, 5), Flood, 5_916, None, id="grid of 5"),
    pytest.param(grid(5, 25), Flood, 56_280, None, id="grid of 25"),
    pytest.param(grid(25, 25), Flood, 24_120, None, id="line of 25"),
    pytest.param(TOTAL, Flood, 587_520, None, id="total of 25"),
    pytest.param(tree(4, 25), Flood, 24_744, None, id="tree of 25"),
]


@pytest.mark.parametrize(("topology", "factory", "messages", "broadcasts"), COUNTED)
def test_a_broadcast_takes_as_many_messages_as_maelstrom_counted(topology, factory, messages, broadcasts):
    workbench = Workbench(dict.fromkeys(topology, factory))
    for name in topology:
        assert workbench.answer("c1", name, type="topology", topology=topology) == {"type": "topology_ok"}

    for number, name in enumerate(topology):
        workbench.answer("c1", name, type="broadcast", message=number)
    workbench.until(lambda: False, within_s=1)
    each, rest = divmod(server_messages(workbench), len(topology))

    assert rest == 0  # it does not matter where a broadcast begins
    if broadcasts:
        assert each * broadcasts == messages
    else:  # the run says only that there were about a thousand, and it must be a whole number of them
        assert messages % each == 0
        assert 950 <= messages // each <= 1050
    for name in topology:
        reply = workbench.answer("c1", name, type="read")
        assert sorted(reply["messages"]) == list(range(len(topology)))


def test_the_grid_of_five_is_the_documented_one():
    assert grid(3, 5) == {
        "n1": ["n2", "n4"], "n2": ["n1", "n3", "n5"], "n3": ["n2"], "n4": ["n1", "n5"], "n5": ["n2", "n4"],
    }  # fmt: skip


# --- doc/04-crdts: counters


def test_all_counters_end_at_the_sum_of_what_was_added():
    workbench = Workbench(dict.fromkeys(names(5), Counter))
    deltas = [(1 + number * 7 % 5, f"n{1 + number % 5}") for number in range(50)]

    for delta, name in deltas:
        assert workbench.answer("c1", name, type="add", delta=delta) == {"type": "add_ok"}
    workbench.until(lambda: False, within_s=6)
    final = [workbench.answer("c1", name, type="read")["value"] for name in names(5)]

    assert final == [sum(delta for delta, _ in deltas)] * 5
