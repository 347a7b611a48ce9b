"""Clusters: unmodified nodes over UDP and TCP, as objects in this process and as processes of their own."""

import asyncio
import json
import os
import signal
import socket
import stat
import subprocess
import sys
import threading
from collections import deque
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from distsys import explore
from distsys.check.linearizability import linearizable
from distsys.check.models import Register
from distsys.client import Timeout
from distsys.draw.spacetime import spacetime
from distsys.network import Fixed, Network
from distsys.node import Node, message, on
from distsys.realtime import Life
from distsys.simulation import HandlerFailed, Simulation
from distsys.sockets import Cluster, serve
from distsys.sockets.frames import Frame, Line, Stream
from distsys.wire import LIMIT, Malformed, encode

from .protocols import Heartbeat, RaftElection, Vote, all_agree, one_leader_a_term, two_phase_commit
from .workbench import Workbench
from .worlds import Gossip, examples

EVERYWHERE = pytest.mark.parametrize(
    ("transport", "processes"), [("udp", False), ("udp", True), ("tcp", False), ("tcp", True)]
)
BOTH = pytest.mark.parametrize("processes", [False, True])
TRANSPORTS = pytest.mark.parametrize("transport", ["udp", "tcp"])
PATIENCE_S = 60  # a hang is a failure; nothing else depends on it


@message
class Write:
    value: int


@message
class Read:
    pass


@message
class Value:
    value: int | None


@message
class Blob:
    content: bytes


class Keeper(Node):
    """A register on one node."""

    durable = ("value",)

    def __init__(self):
        self.value = None

    @on(Write)
    def write(self, src, request):
        self.value = request.value
        self.send(src, Value(self.value))

    @on(Read)
    def read(self, src, request):
        self.send(src, Value(self.value))

    @on(Blob)
    def echo(self, src, blob):
        self.send(src, blob)

    def greet(self, other, number):
        self.note("greets", number=number)
        self.send(other, Write(number))

    @on(Value)
    def ignore(self, src, value):
        pass


class Stubborn(Keeper):
    def hang(self):
        signal.signal(signal.SIGHUP, signal.SIG_IGN)
        self.note("hangs")
        while True:
            pass


class Forgetful(Keeper):
    durable = ()


class Logbook(Node):
    """Keeps what it hears in a file; sends it back."""

    @on(Blob)
    def append(self, src, blob):
        self.disk.append("../log", blob.content)
        self.disk.fsync("../log")
        self.send(src, Blob(self.disk.read("../log")))


class Clumsy(Node):
    @on(Read)
    def fail(self, src, request):
        raise ValueError("oh")

    @on(Write)
    def vanish(self, src, request):
        os._exit(3)

    @on(Value)
    def misaddress(self, src, value):
        self.send("n9", value)


class Election(RaftElection):
    last_term = 10_000

    @on(Vote)
    def count(self, src, vote):
        was = self.role
        super().count(src, vote)
        if self.role == "leader" != was:
            self.note("leads", term=self.term)


def live(story):
    """Run a story on a new event loop."""

    async def to_the_end():
        async with asyncio.timeout(PATIENCE_S):
            return await story

    return asyncio.run(to_the_end())


async def use(c):
    """Write and read once; every answer must come."""
    number = c.unique()
    assert await c.call("n1", Write(number), timeout_ms=PATIENCE_S * 1000) == Value(number)
    assert await c.call("n1", Read(), timeout_ms=PATIENCE_S * 1000) == Value(number)


async def write_and_read(c):
    """Write and read one register, again and again, whatever is lost."""
    for _ in range(10):
        with c.operation("write", "x", c.unique()) as op:
            await c.call("n1", Write(op.argument), timeout_ms=200)
        with c.operation("read", "x") as op:
            op.result = (await c.call("n1", Read(), timeout_ms=200)).value


def answers(cluster, src="n1"):
    return [record for record in cluster.trace if record.kind == "send" and record.node == src]


def leaders(cluster):
    return [
        (dict(record.data[1])["term"], record.node)
        for record in cluster.trace
        if record.kind == "note" and record.data[0] == "leads"
    ]


# --- the same class and the same clients


@EVERYWHERE
def test_a_durable_register_is_linearizable_across_a_kill(transport, processes):
    async def story():
        async with Cluster(Keeper, 1, transport, processes=processes) as cluster:
            cluster.workload(write_and_read, clients=3)
            await cluster.until(lambda: len(answers(cluster)) >= 15)
            await cluster.kill("n1")
            await cluster.restart("n1")
            await cluster.finished()
        return cluster

    cluster = live(story())

    assert [record.kind for record in cluster.trace if record.kind in ("crash", "restart", "start")] == [
        "start", "crash", "restart", "start",
    ]  # fmt: skip
    assert len(cluster.history) == 60
    assert linearizable(cluster.history, Register()), linearizable(cluster.history, Register()).explanation


@BOTH
def test_a_register_in_memory_loses_a_write_when_it_is_killed_and_the_checker_says_so(processes):
    async def remember(c):
        with c.operation("write", "x", c.unique()) as op:
            await c.call("n1", Write(op.argument))

    async def look(c):
        with c.operation("read", "x") as op:
            op.result = (await c.call("n1", Read())).value

    async def story():
        async with Cluster(Forgetful, 1, processes=processes) as cluster:
            cluster.client("writer", remember)
            await cluster.finished()
            await cluster.kill("n1")
            await cluster.restart("n1")
            cluster.client("reader", look)
            await cluster.finished()
        return cluster

    verdict = linearizable(live(story()).history, Register())

    assert verdict.status == "illegal"


@EVERYWHERE
def test_an_election_survives_the_kill_of_its_leader(transport, processes):
    async def story():
        async with Cluster(Election, 3, transport, processes=processes) as cluster:
            await cluster.until(lambda: leaders(cluster))
            term, first = leaders(cluster)[-1]
            await cluster.kill(first)
            await cluster.until(lambda: any(t > term and n != first for t, n in leaders(cluster)))
        return cluster

    cluster = live(story())

    terms = [term for term, _ in leaders(cluster)]
    assert len(set(terms)) == len(terms)  # one leader a term


def test_the_script_of_a_simulation_runs_unchanged():
    simulation = Simulation(seed=1)
    simulation.cluster(Keeper, 1)
    simulation.workload(write_and_read, clients=2)
    simulated = simulation.run(until_ms=10_000).history

    async def story():
        async with Cluster(Keeper, 1) as cluster:
            cluster.workload(write_and_read, clients=2)
            await cluster.finished()
        return cluster.history

    real = live(story())

    assert sorted((op.client, op.kind) for op in real) == sorted((op.client, op.kind) for op in simulated)


def test_a_file_survives_a_kill_and_its_name_does_not_lead_out_of_the_folder():
    heard = []

    async def story():
        async def say(c):
            heard.append((await c.call("n1", Blob(b"one "))).content)

        async with Cluster(Logbook, 1, processes=True) as cluster:
            cluster.client("c1", say)
            await cluster.finished()
            await cluster.kill("n1")
            await cluster.restart("n1")
            cluster.client("c2", say)
            await cluster.finished()
            home = Path(cluster._janitor.folder)
            return [path.relative_to(home).parts[:2] for path in home.rglob("*") if path.is_file()]

    places = live(story())

    assert heard == [b"one ", b"one one "]
    assert places == [("n1", "disk")]


@BOTH
def test_a_node_handles_a_call_from_outside(processes):
    async def story():
        async with Cluster(Keeper, 2, processes=processes) as cluster:
            cluster.call("n1", "greet", "n2", 5)
            await cluster.until(lambda: answers(cluster, "n2"))
            return cluster

    trace = live(story()).trace

    assert [(record.kind, record.node) for record in trace if record.kind != "start"] == [
        ("call", "n1"), ("note", "n1"), ("send", "n1"), ("deliver", "n2"), ("send", "n2"), ("deliver", "n1"),
    ][: len(trace) - 2]  # fmt: skip


def test_nodes_of_this_process_can_be_looked_at():
    async def story():
        async with Cluster(Keeper, 2) as cluster:
            cluster.call("n1", "greet", "n2", 5)
            await cluster.until(lambda: cluster.nodes["n2"].value == 5)

    live(story())


def test_a_trace_of_real_time_can_be_drawn():
    async def story():
        async with Cluster(Keeper, 2, processes=True) as cluster:
            cluster.call("n1", "greet", "n2", 5)
            await cluster.until(lambda: answers(cluster, "n2"))
            cluster.stop("n1")
            cluster.resume("n1")
            await cluster.kill("n2")
            return cluster

    cluster = live(story())
    trace = cluster.trace

    assert [record.time for record in trace] == sorted(record.time for record in trace)
    assert "n2 crashes" in spacetime(trace).html()
    assert f"2 nodes over udp: {len(trace)} records" in cluster._repr_html_()


# --- one class, every world


def known_to_all(nodes):
    return len({node.known for node in nodes.values()}) == 1 and {"n1", "n2", "n3"} <= nodes["n1"].known


def nobody_invents_names(nodes):
    return all(node.known <= {"n1", "n2", "n3"} for node in nodes.values())


def election_is_over(nodes):
    """Somebody leads, or the votes were split until the last term."""
    return any(node.role == "leader" for node in nodes.values()) or all(
        node.term == node.last_term for node in nodes.values()
    )


def everybody_has_decided(nodes):
    return all(node.state in ("committed", "aborted") for node in nodes.values())


SAME = pytest.mark.parametrize(
    ("factories", "safe", "over"),
    [
        (explore.cluster(RaftElection, 3), one_leader_a_term, election_is_over),
        (explore.cluster(Gossip, 3), nobody_invents_names, known_to_all),
        (two_phase_commit(2), all_agree, everybody_has_decided),
    ],
    ids=["election", "gossip", "two-phase commit"],
)


@SAME
def test_a_class_is_safe_and_comes_to_its_end_in_a_simulation(factories, safe, over):
    simulation = Simulation(seed=2)
    for name, factory in factories.items():
        simulation.add(name, factory)
    simulation.always(lambda: safe(simulation.nodes))
    simulation.sometimes(lambda: over(simulation.nodes))

    assert simulation.run(until_ms=2000).ok


@SAME
def test_the_same_class_is_safe_and_comes_to_its_end_in_an_exploration(factories, safe, over):
    result = explore.explore(factories, invariants=[safe], goals=[over], max_states=20_000)

    assert result.status in ("ok", "cut"), result  # cut: safe in all states that were visited
    assert list(result.goals) == [over.__name__.replace("_", " ")]


@TRANSPORTS
@SAME
def test_the_same_class_is_safe_and_comes_to_its_end_on_sockets(factories, safe, over, transport):
    async def story():
        async with Cluster(factories, transport=transport) as cluster:
            await cluster.until(lambda: not safe(cluster.nodes) or over(cluster.nodes))
            return safe(cluster.nodes)

    assert live(story())


@SAME
def test_the_same_class_is_safe_and_comes_to_its_end_under_maelstrom(factories, safe, over):
    workbench = Workbench(factories)
    workbench.until(lambda: not safe(workbench.nodes) or over(workbench.nodes), within_s=2.0)

    assert safe(workbench.nodes)
    assert over(workbench.nodes)


@TRANSPORTS
def test_the_election_is_safe_in_processes_of_its_own(transport):
    def elected(cluster):
        return {
            (r.data.term, r.node) for r in cluster.trace if r.kind == "send" and type(r.data) is Heartbeat
        }

    async def story():
        async with Cluster(Election, 3, transport, processes=True) as cluster:
            await cluster.until(lambda: elected(cluster))
            return elected(cluster)

    won = live(story())

    assert len({term for term, _ in won}) == len(won)


# --- faults


@EVERYWHERE
def test_a_stopped_node_is_silent_until_it_resumes(transport, processes):
    async def story():
        async def script(c):
            with pytest.raises(Timeout):
                await c.call("n1", Write(1), timeout_ms=100)
            cluster.resume("n1")
            await c.call("n1", Read(), timeout_ms=PATIENCE_S * 1000)

        async with Cluster(Keeper, 1, transport, processes=processes) as cluster:
            cluster.stop("n1")
            cluster.client("c1", script)
            await cluster.finished()
        return cluster.trace

    kinds = [record.kind for record in live(story()) if record.node == "n1"]

    assert kinds[:4] == ["start", "pause", "resume", "deliver"]


def test_a_pause_says_how_long_it_was():
    async def story():
        async with Cluster(Keeper, 1) as cluster:
            cluster.stop("n1")
            since = cluster.journal.now_us()
            while cluster.journal.now_us() < since + 1000:
                await asyncio.sleep(0)
            cluster.resume("n1")
            return cluster.trace

    pause, resume = [record for record in live(story()) if record.kind in ("pause", "resume")]

    assert 1 <= pause.data <= (resume.time - pause.time) / 1000


def test_a_partition_keeps_nodes_apart_until_it_heals():
    def fates(cluster):
        return [record.data for record in cluster.trace if record.kind == "drop"]

    async def story():
        async with Cluster(Keeper, 2) as cluster:
            cluster.partition(["n1"])
            cluster.call("n1", "greet", "n2", 5)
            await cluster.until(lambda: fates(cluster))
            cluster.heal()
            cluster.call("n1", "greet", "n2", 6)
            await cluster.until(lambda: cluster.nodes["n2"].value == 6)
            return fates(cluster)

    assert live(story()) == ["partition"]


def test_the_switch_loses_what_the_network_loses():
    async def story():
        async with Cluster(Keeper, 2, network=Network(loss=1.0)) as cluster:
            cluster.call("n1", "greet", "n2", 5)
            await cluster.until(lambda: "drop" in {record.kind for record in cluster.trace})
            return [record.data for record in cluster.trace if record.kind == "drop"]

    assert live(story()) == ["loss"]


def test_the_switch_delays_and_doubles_what_the_network_delays_and_doubles():
    def arrivals(cluster):
        return [record for record in cluster.trace if record.kind == "deliver" and record.node == "n2"]

    async def story():
        async with Cluster(Keeper, 2, network=Network(latency=Fixed(30), duplicate=1.0)) as cluster:
            cluster.call("n1", "greet", "n2", 5)
            await cluster.until(lambda: len(arrivals(cluster)) == 2)
            return answers(cluster)[0], arrivals(cluster)

    sent, arrived = live(story())

    assert {record.id for record in arrived} == {sent.id}
    assert all(record.time - sent.time >= 29_900 for record in arrived)


def test_a_message_to_a_dead_node_is_lost():
    async def story():
        async with Cluster(Keeper, 2, "tcp", processes=True) as cluster:
            await cluster.kill("n2")
            cluster.call("n1", "greet", "n2", 5)
            await cluster.until(lambda: cluster.trace[-1].kind == "drop")
            return cluster.trace[-1]

    assert live(story()).data == "receiver is down"


# --- what does not belong here


@BOTH
def test_datagrams_that_are_no_frames_are_dropped_and_counted(processes):
    async def story():
        async with Cluster(Keeper, 1, processes=processes) as cluster:
            line = cluster._switch.line
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as stranger:
                for data in (b"", b"\xff", b"[1]", encode(Frame("other", 1, "n1", "n1", 0, None))):
                    stranger.sendto(data, ("127.0.0.1", line.port))
                stranger.sendto(encode(Frame(line.token, 1, "n1", "n1", 0, [1])), ("127.0.0.1", line.port))
                stranger.sendto(encode(Frame(line.token, "1", "n1", "n1", 0, 1)), ("127.0.0.1", line.port))
            cluster._switch._where["n1"](b"from the switch")
            await cluster.until(lambda: cluster.malformed == 7)
            cluster.client("c1", use)
            await cluster.finished()

    live(story())


def frame(data):
    return len(data).to_bytes(4, "big") + data


UNFINISHED = {  # the stranger ends it
    "nothing": b"",
    "a part of a length": b"\0\0",
    "a part of a frame": (100).to_bytes(4, "big") + b"[1",
}
NONSENSE = {  # the switch ends it
    "a giant length": (1 << 31).to_bytes(4, "big") + b"x" * 1000,
    "a length just above the limit": (LIMIT + 1).to_bytes(4, "big"),
    "an empty frame": frame(b""),
    "no JSON": frame(b"{]"),
    "no UTF-8": frame(b"\xff\xfe"),
    "NaN": frame(b"[NaN]"),
    "deep JSON": frame(b"[" * 100_000),
    "deep and complete JSON": frame(b"[" * 20_000 + b"]" * 20_000),
    "a huge number": frame(b"9" * 100_000),
    "a value that is no frame": frame(b"[1]"),
    "a class that is not there": frame(b'{"os.system":{"command":"x"}}'),
    "a class that is no message": frame(b'{"distsys.sockets.cluster.Cluster":{}}'),
    "a frame of another cluster": frame(encode(Frame("other", 1, "n1", "n1", 0, None))),
    "HTTP": b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n",
}


async def speak(cluster, data, hang_up=False):
    """Connect, say something and wait until the connection ends; how much was counted meanwhile."""
    before = cluster.malformed
    reader, writer = await asyncio.open_connection("127.0.0.1", cluster._switch.line.port)
    try:
        writer.write(data)
        if hang_up:
            writer.write_eof()
        assert await reader.read() == b""  # the end of the stream
    except ConnectionError:
        pass
    finally:
        writer.close()
    await cluster.until(lambda: cluster.malformed > before)
    return cluster.malformed - before


def test_whatever_a_stranger_says_is_counted_once_and_the_node_goes_on():
    counts = {}

    async def story():
        async with Cluster(Keeper, 1, "tcp") as cluster:
            for what, data in NONSENSE.items():
                counts[what] = await speak(cluster, data)
            for what, data in UNFINISHED.items():
                counts[what] = await speak(cluster, data, hang_up=True)
            cluster.client("c1", use)
            await cluster.finished()

    live(story())

    assert counts == dict.fromkeys([*NONSENSE, *UNFINISHED], 1)


def test_ten_thousand_connections_that_say_nothing_are_counted_and_the_node_goes_on():
    connections = 10_000

    async def story():
        async with Cluster(Keeper, 1, "tcp") as cluster:
            loop, half_open = asyncio.get_running_loop(), deque()
            for _ in range(connections):
                stranger = socket.socket()
                stranger.setblocking(False)
                await loop.sock_connect(stranger, ("127.0.0.1", cluster._switch.line.port))
                half_open.append(stranger)
                if len(half_open) > 300:
                    half_open.popleft().close()
            assert len(cluster._switch._streams) < 300  # the oldest had to go
            cluster.client("c1", use)  # while 300 are half open
            await cluster.finished()
            for stranger in half_open:
                stranger.close()
            await cluster.until(lambda: cluster.malformed == connections)

    live(story())


@examples
@given(st.binary() | st.recursive(st.none() | st.integers() | st.text(), st.lists))
def test_reading_a_frame_raises_nothing_but_malformed(data):
    line = Line("udp", 1, "mine")
    with pytest.raises(Malformed):
        line.read(data if isinstance(data, bytes) else json.dumps(data).encode())


@examples
@given(st.lists(st.binary()))
def test_a_stream_never_raises_and_never_keeps_more_than_one_frame(pieces):
    def refuse(data):
        raise Malformed("no")

    stream = Stream(refuse, lambda broken: None, limit=100)
    for piece in pieces:
        stream.data_received(piece)
        assert len(stream._buffer) <= 104 or stream._broken


@pytest.mark.parametrize("life", [0, 7])
def test_the_address_of_an_earlier_life_is_not_learnt(life):
    async def story():
        async with Cluster(Keeper, 1) as cluster:
            await cluster.kill("n1")
            await cluster.restart("n1")
            line = cluster._switch.line
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as ghost:
                ghost.sendto(line.write(life, "n1", ""), ("127.0.0.1", line.port))
                ghost.sendto(b"marker", ("127.0.0.1", line.port))
                await cluster.until(lambda: cluster.malformed == 1)
                cluster.client("c1", use)
                await cluster.finished()

    live(story())


def test_only_this_machine_can_reach_a_cluster():
    async def story():
        async with Cluster(Keeper, 1, "tcp") as cluster:
            return [listening.getsockname()[0] for listening in cluster._switch._server.sockets]

    assert live(story()) == ["127.0.0.1"]


@examples
@given(st.lists(st.binary(max_size=50)), st.data())
def test_frames_come_out_of_a_stream_however_it_is_cut(frames, data):
    received = []
    stream = Stream(received.append, lambda broken: None)
    rest = b"".join(len(frame).to_bytes(4, "big") + frame for frame in frames)

    while rest:
        size = data.draw(st.integers(1, len(rest)))
        stream.data_received(rest[:size])
        rest = rest[size:]

    assert received == frames


def test_a_datagram_cannot_carry_what_a_stream_carries():
    async def story(transport):
        async def script(c):
            assert (await c.call("n1", Blob(b"x" * 100_000))).content == b"x" * 100_000

        async with Cluster(Keeper, 1, transport) as cluster:
            cluster.client("c1", script)
            await cluster.finished()

    live(story("tcp"))
    with pytest.raises(HandlerFailed, match=r"c1 sends a Blob to n1 over udp: .* at most 65000 can travel"):
        live(story("udp"))


# --- failures


@BOTH
@pytest.mark.parametrize(
    ("request_", "reason"),
    [
        (Read(), r"Clumsy.fail on n1 raised ValueError\('oh'\)"),
        (Blob(b""), r"Clumsy n1 has no method marked @on\(Blob\); c1 sent it one"),
        (Value(1), "n1 sends to 'n9', but there is no node of that name"),
    ],
)
def test_a_failure_of_a_handler_reaches_whoever_waits(processes, request_, reason):
    async def story():
        async def script(c):
            await c.call("n1", request_)

        async with Cluster(Clumsy, 1, processes=processes) as cluster:
            cluster.client("c1", script)
            await cluster.finished()

    with pytest.raises(HandlerFailed, match=reason):
        live(story())


def test_a_process_that_ends_by_itself_is_noticed():
    async def story():
        async def script(c):
            await c.call("n1", Write(1))

        async with Cluster(Clumsy, 1, processes=True) as cluster:
            cluster.client("c1", script)
            await cluster.finished()

    with pytest.raises(HandlerFailed, match="the process of n1 ended with exit status 3"):
        live(story())


def test_a_failure_of_a_script_names_the_client():
    async def story():
        async def script(c):
            await c.call("n7", Read())

        async with Cluster(Keeper, 1) as cluster:
            cluster.client("c1", script)
            await cluster.finished()

    with pytest.raises(HandlerFailed, match=r"the script on c1 raised LookupError.*there is no node 'n7'"):
        live(story())


def test_waiting_in_vain_ends():
    async def story():
        async with Cluster(Keeper, 1) as cluster:
            await cluster.until(lambda: False, within_ms=20)

    with pytest.raises(TimeoutError, match="it did not come to be so within 20 ms"):
        live(story())


# --- what is durable


def life_of(factory, folder, post, later=None):
    return Life(
        factory, "n1", (), post=post, record=lambda *details, **more: None, later=later,
        failed=pytest.fail, folder=folder,
    )  # fmt: skip


def test_what_is_durable_is_safe_on_the_disk_before_the_sends_leave(tmp_path, monkeypatch):
    happened = []
    fsync, replace = os.fsync, Path.replace

    def noting_fsync(number):
        happened.append("fsync of a folder" if stat.S_ISDIR(os.fstat(number).st_mode) else "fsync of a file")
        fsync(number)

    def noting_replace(path, target):
        happened.append("rename")
        return replace(path, target)

    monkeypatch.setattr(os, "fsync", noting_fsync)
    monkeypatch.setattr(Path, "replace", noting_replace)
    life = life_of(Keeper, tmp_path, post=lambda number, to, message: happened.append(message))
    life.start()
    happened.clear()
    life.arrive(1, "c1#1", Write(5))

    assert happened == ["fsync of a file", "rename", "fsync of a folder", Value(5)]
    assert life_of(Keeper, tmp_path, post=None).node.value == 5


def test_a_handler_that_changes_nothing_durable_writes_nothing(tmp_path, monkeypatch):
    life = life_of(Keeper, tmp_path, post=lambda number, to, message: None)
    life.start()
    monkeypatch.setattr(os, "fsync", pytest.fail)

    life.arrive(1, "c1#1", Read())


@pytest.mark.parametrize("name", ["log", "../log", "a/b", "", "ü ñ", "."])
def test_a_folder_is_a_disk(tmp_path, name):
    disk = life_of(Keeper, tmp_path, post=None).disk

    disk.write(name, b"one ")
    disk.append(name, b"two")
    disk.fsync(name)

    assert (disk.files, disk.read(name)) == ((name,), b"one two")
    disk.delete(name)
    disk.delete(name)
    assert (disk.files, disk.read(name)) == ((), b"")
    with pytest.raises(FileNotFoundError, match="there is no such file; write or append first"):
        disk.fsync(name)
    with pytest.raises(TypeError, match="a file holds bytes, not str; encode it first"):
        disk.append(name, "text")


# --- the end


def has_ended(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    return False


def processes_of(cluster):
    return [home.pid for home in cluster._running.values() if hasattr(home, "pid")] + [cluster._janitor.group]


@EVERYWHERE
def test_nothing_is_left_behind_when_the_block_raises(transport, processes):
    left = []

    async def story():
        async with Cluster(Keeper, 2, transport, processes=processes) as cluster:
            cluster.workload(write_and_read, clients=2)
            cluster.stop("n1")
            left.append((cluster._janitor.folder, processes_of(cluster), cluster._switch.line.port))
            raise KeyError("mine")

    with pytest.raises(KeyError, match="mine"):
        live(story())
    [(home, pids, port)] = left
    assert not home.exists()
    assert all(map(has_ended, pids))
    assert len(pids) == (3 if processes else 1)
    kind = socket.SOCK_DGRAM if transport == "udp" else socket.SOCK_STREAM
    with socket.socket(socket.AF_INET, kind) as again:
        again.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        again.bind(("127.0.0.1", port))  # the port is free again


@EVERYWHERE
def test_leaving_the_block_at_once_does_not_hang(transport, processes):
    async def story():
        async with Cluster(Keeper, 3, transport, processes=processes) as cluster:
            cluster.workload(write_and_read, clients=2)

    live(story())


@BOTH
def test_a_node_that_cannot_be_built_is_reported_and_nothing_is_left_behind(processes):
    class Unborn(Node):
        def __init__(self):
            raise ValueError("no")

    clusters = [Cluster(Unborn, 2, processes=processes)]

    async def story():
        async with clusters[0]:
            pytest.fail("it cannot begin")

    with pytest.raises((ValueError, HandlerFailed), match="no"):
        live(story())
    assert not clusters[0]._janitor.folder.exists()


SCRIPT = """
import asyncio, json, os, sys
from distsys.sockets import Cluster, serve
from tests.distsys.test_sockets import Election, Stubborn, processes_of

async def story():
    async with Cluster(Stubborn, 2, processes=True) as cluster:
        cluster.stop("n1")
        cluster.call("n2", "hang")
        await cluster.until(lambda: cluster.trace[-1].kind == "note")
        print(json.dumps([processes_of(cluster), str(cluster._janitor.folder)]), flush=True)
        await asyncio.Event().wait()

if sys.argv[1] == "serve":
    trace = serve(Election, 3, tell=lambda record: print(record, flush=True))
    print("the end", flush=True)
else:
    asyncio.run(story())
"""


def start(what):
    root = Path(__file__).parents[2]
    return subprocess.Popen(
        [sys.executable, "-c", SCRIPT, what],
        cwd=root,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_nothing_is_left_behind_when_the_process_of_the_cluster_is_killed():
    script = start("story")
    pids, folder = json.loads(script.stdout.readline())
    assert Path(folder).exists()

    script.kill()
    try:
        script.communicate(timeout=PATIENCE_S)  # until nobody holds the other end of its output and errors
    except subprocess.TimeoutExpired:
        os.killpg(pids[-1], signal.SIGKILL)  # a failure leaves nothing behind either
        raise

    assert not Path(folder).exists()
    assert len(pids) == 3


def test_a_ctrl_c_that_reaches_the_process_of_a_node_is_for_the_cluster():
    async def story():
        async with Cluster(Keeper, 1, processes=True) as cluster:
            os.kill(cluster._running["n1"].pid, signal.SIGINT)
            cluster.client("c1", use)
            await cluster.finished()

    live(story())


def test_ctrl_c_ends_a_served_cluster_cleanly():
    script = start("serve")
    while "sends Heartbeat" not in script.stdout.readline():
        assert script.poll() is None

    script.send_signal(signal.SIGINT)
    output, errors = script.communicate(timeout=PATIENCE_S)

    assert (output.splitlines()[-1], errors, script.returncode) == ("the end", "", 0)


def test_a_served_cluster_ends_by_itself_after_some_time():
    told = []

    trace = serve(Keeper, 2, processes=False, seconds=0.01, tell=told.append)

    assert [record.kind for record in trace] == ["start", "start"]
    assert told == list(trace)


def test_a_served_cluster_ends_when_a_handler_fails():
    class Fails(Node):
        def on_start(self):
            raise ValueError("oh")

    with pytest.raises(HandlerFailed, match=r"Fails.on_start on n1 raised ValueError\('oh'\)"):
        serve(Fails, 1, tell=lambda record: None)


@BOTH
def test_a_cluster_ends_with_what_its_watcher_raises(processes):
    def watch(record):
        raise KeyError(record.kind)

    async def story():
        async with Cluster(Keeper, 2, processes=processes, watch=watch) as cluster:
            await cluster.until(lambda: False)

    with pytest.raises(KeyError, match="start"):
        live(story())


@BOTH
def test_a_served_cluster_ends_when_nobody_reads_what_it_tells(processes):
    def tell(record):
        raise BrokenPipeError

    assert serve(Keeper, 2, processes=processes, tell=tell)[0].kind == "start"


def test_a_cluster_runs_in_a_thread_that_is_not_the_main_one():
    async def story():
        async with Cluster(Keeper, 1, processes=True) as cluster:
            cluster.client("c1", use)
            await cluster.finished()
            return cluster.clients["c1"].ops

    results = []
    thread = threading.Thread(target=lambda: results.append(live(story())))
    thread.start()
    thread.join(PATIENCE_S)

    assert results == [[]]


def test_no_script_outlives_its_cluster_though_the_loop_does():
    steps = []

    async def again_and_again(c):
        await c.call("n1", Read(), timeout_ms=PATIENCE_S * 1000)
        while True:
            steps.append(1)
            await c.sleep(0)

    async def story():
        async with Cluster(Keeper, 1) as cluster:
            cluster.client("c1", again_and_again)
            await cluster.until(
                lambda: cluster.trace[-1].node == "c1" and cluster.trace[-1].kind == "deliver"
            )
        before = len(steps)
        await asyncio.sleep(0.01)
        return before

    before = live(story())
    assert 0 < before == len(steps)


def test_a_cluster_needs_no_loop_before_the_block_and_runs_once():
    cluster = Cluster(Keeper, 1)

    async def story():
        async with cluster:
            pass

    live(story())
    with pytest.raises(RuntimeError, match="a cluster runs once; build a new one"):
        live(story())


def test_without_fork_only_processes_are_refused(monkeypatch):
    monkeypatch.delattr(os, "fork")
    with pytest.raises(ValueError, match="processes=True needs an operating system that can fork"):
        Cluster(Keeper, 1, processes=True)

    async def story():
        async with Cluster(Keeper, 1) as cluster:
            cluster.client("c1", use)
            await cluster.finished()

    live(story())


def test_wrong_use_is_refused_with_advice():
    with pytest.raises(ValueError, match="transport is 'udp' or 'tcp', not 'sctp'"):
        Cluster(Keeper, 1, "sctp")

    async def story():
        async with Cluster(Keeper, 1) as cluster:
            with pytest.raises(ValueError, match="there is already a node or client 'n1'"):
                cluster.client("n1", write_and_read)
            with pytest.raises(LookupError, match="there is no node 'n9'; there are n1"):
                await cluster.kill("n9")

    live(story())


@pytest.mark.parametrize("name", ["", "n#1"])
def test_names_that_mean_something_else_are_refused(name):
    with pytest.raises(ValueError, match="is no name"):
        Cluster({name: Keeper})
    with pytest.raises(ValueError, match="at least one node"):
        Cluster({})
