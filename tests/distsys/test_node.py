"""Nodes: handlers, effects and messages."""

import copy
from collections import defaultdict, namedtuple
from dataclasses import FrozenInstanceError, dataclass, field
from enum import Enum
from inspect import signature

import pytest

from distsys.clock import Clock
from distsys.network import Fixed, Network
from distsys.node import EffectOutsideHandler, Node, NotFrozen, message, on
from distsys.simulation import HandlerFailed, Simulation

from .worlds import Mailbox, Ping


class Colour(Enum):
    RED = 1


@dataclass(frozen=True)
class Box:
    content: object


Pair = namedtuple("Pair", "left right")


class Idle(Node):
    @on("alarm")
    def alarm(self):
        pass


def start(action, node=Idle, names=("a", "b", "c"), clock=None):
    """Let the first node run an action, with itself as the argument, as its only event."""

    class Actor(node):
        def on_start(self):
            if self.id == names[0]:
                action(self)

    simulation = Simulation(network=Network(latency=Fixed(5)))
    for name in names:
        simulation.add(name, Actor, clock if name == names[0] else None)
    simulation.run(1)
    return simulation


# --- effects


@pytest.mark.parametrize(
    "effect",
    [
        lambda node: node.send("b", 1),
        lambda node: node.broadcast(1, ["b"]),
        lambda node: node.set_timer("alarm", 1),
        lambda node: node.cancel_timer("alarm"),
        lambda node: node.choose((1, 2)),
        lambda node: node.note("here"),
        lambda node: node.now,
        lambda node: node.now_us,
        lambda node: node.monotonic,
        lambda node: node.monotonic_us,
        lambda node: node.step_clock(1),
        lambda node: node.slew_clock(1),
    ],
)
def test_an_effect_outside_a_handler_is_refused_with_advice(effect):
    node = start(lambda node: None).nodes["a"]

    with pytest.raises(EffectOutsideHandler, match="only while it handles an event"):
        effect(node)


def test_a_reading_outside_a_handler_is_refused_under_its_public_name():
    node = start(lambda node: None).nodes["a"]

    with pytest.raises(EffectOutsideHandler, match="monotonic was used outside a handler"):
        _ = node.monotonic


def test_a_node_can_be_copied():
    node = start(lambda node: None, Mailbox).nodes["a"]
    node.heard.append(1)

    twin = copy.deepcopy(node)

    assert (twin.id, twin.peers, vars(twin)) == ("a", ("b", "c"), {"heard": [1]})


def test_an_effect_in_the_constructor_is_refused():
    class Hasty(Node):
        def __init__(self):
            self.send("b", 1)

    simulation = Simulation()
    simulation.add("a", Hasty)

    with pytest.raises(EffectOutsideHandler, match="outside a handler"):
        simulation.run(1)


def test_broadcast_goes_to_the_peers_in_sorted_order():
    simulation = start(lambda node: node.broadcast(Ping(1)), Mailbox, names=("b", "d", "a", "c"))

    trace = simulation.run(1).trace

    assert [record.peer for record in trace if record.kind == "send"] == ["a", "c", "d"]


def test_broadcast_to_named_nodes_keeps_their_order():
    simulation = start(lambda node: node.broadcast(Ping(1), to=["c", "b"]), Mailbox)

    trace = simulation.run(1).trace

    assert [record.peer for record in trace if record.kind == "send"] == ["c", "b"]


def test_a_node_may_send_to_itself():
    simulation = start(lambda node: node.send("a", Ping(1)), Mailbox)

    simulation.run(10)

    assert simulation.nodes["a"].heard == [1]


def test_a_timer_fires_once():
    simulation = start(lambda node: node.set_timer("alarm", 5))

    run = simulation.run(100)

    assert run.stats["timer"] == 1


def test_setting_a_timer_again_replaces_it():
    def twice(node):
        node.set_timer("alarm", 5)
        node.set_timer("alarm", 20)

    trace = start(twice, clock=Clock(uptime_ms=0)).run(100).trace

    assert [record.time for record in trace if record.kind == "timer"] == [20_000]


def test_a_cancelled_timer_does_not_fire():
    def set_and_cancel(node):
        node.set_timer("alarm", 5)
        node.cancel_timer("alarm")

    run = start(set_and_cancel).run(100)

    assert "timer" not in run.stats


def test_a_random_timer_fires_between_its_bounds():
    fired = [
        record.time
        for _ in range(20)
        for record in start(lambda node: node.set_timer("alarm", 5, 6)).run(100).trace
        if record.kind == "timer"
    ]

    assert len(fired) == 20
    assert all(5_000 <= time <= 6_000 for time in fired)


@pytest.mark.parametrize(("low", "high"), [(-1, None), (5, 4)])
def test_a_timer_with_impossible_bounds_is_refused(low, high):
    with pytest.raises(HandlerFailed, match="0 <= low_ms <= high_ms"):
        start(lambda node: node.set_timer("alarm", low, high))


def test_a_timer_without_a_handler_is_refused_with_advice():
    with pytest.raises(HandlerFailed, match=r"no method marked @on.*snooze"):
        start(lambda node: node.set_timer("snooze", 5))


def test_choose_returns_one_of_the_options():
    chosen = []

    start(lambda node: chosen.extend(node.choose(("left", "right")) for _ in range(100)))

    assert set(chosen) == {"left", "right"}


def test_choose_refuses_options_without_an_order():
    with pytest.raises(HandlerFailed, match="takes a tuple or list"):
        start(lambda node: node.choose({"left", "right"}))


def test_choose_refuses_to_choose_from_nothing():
    with pytest.raises(HandlerFailed, match="needs at least one option"):
        start(lambda node: node.choose(()))


def test_a_note_refuses_facts_that_can_change():
    with pytest.raises(HandlerFailed, match="frozen, use a tuple"):
        start(lambda node: node.note("log", entries=[1, 2]))


def test_clocks_read_whole_milliseconds_rounded_down():
    readings = []

    start(lambda node: readings.extend((node.now, node.monotonic)), clock=Clock(5.9, uptime_ms=7.9))

    assert readings == [5, 7]


# --- messages


@pytest.mark.parametrize(
    ("mutable", "advice"),
    [
        ([1], "use a tuple"),
        ({"a": 1}, "use a tuple of pairs"),
        ({1}, "use a frozenset"),
        (bytearray(b"x"), "use bytes"),
        (defaultdict(int), "use a tuple of pairs"),
        (Ping, r"the class Ping; send an instance of it, Ping\(…\)"),
        (Mailbox(), "use a class marked @message"),
    ],
)
@pytest.mark.parametrize(
    "wrap",
    [
        lambda value: value,
        lambda value: (1, (value,)),
        Box,
        lambda value: (Box(Box(value)),),
        lambda value: Pair(1, value),
    ],
    ids=["bare", "in a tuple", "in a frozen dataclass", "deep inside", "in a named tuple"],
)
def test_a_mutable_message_is_refused_with_advice(mutable, advice, wrap):
    with pytest.raises(HandlerFailed, match=advice) as failure:
        start(lambda node: node.send("b", wrap(mutable)))

    assert isinstance(failure.value.__cause__, NotFrozen)


@pytest.mark.parametrize(
    "value",
    [None, True, 1, 1.5, 2j, "text", b"bytes", Colour.RED, (1, ("a",)), frozenset({1}), Box(1), Pair(1, 2)],
)
def test_a_frozen_value_can_be_sent(value):
    trace = start(lambda node: node.send("b", value)).run(0.5).trace

    assert [record.data for record in trace if record.kind == "send"] == [value]


def test_messages_compare_by_value():
    assert Ping(1) == Ping(1)
    assert len({Ping(1), Ping(1), Ping(2)}) == 2


def test_a_message_takes_defaults_and_names_as_a_dataclass_does():
    @message
    class Vote:
        term: int
        granted: bool = False
        self_: str = ""

    assert Vote(1) == Vote(term=1, granted=False)
    assert str(signature(Vote)) == "(term: int, granted: bool = False, self_: str = '') -> None"
    with pytest.raises(TypeError, match=r"Vote.__init__\(\) missing 1 required positional argument: 'term'"):
        Vote()


def test_a_message_with_unusual_fields_is_made_as_a_dataclass_makes_it():
    @message
    class Entry:
        value: int
        self: str = "me"
        tags: tuple[str, ...] = field(default_factory=lambda: ("new",))
        double: int = field(init=False, default=0)

        def __post_init__(this):  # noqa: N805 - a field is called self
            object.__setattr__(this, "double", 2 * this.value)

    entry = Entry(4)

    assert (entry.self, entry.tags, entry.double) == ("me", ("new",), 8)


def test_a_message_cannot_be_changed():
    with pytest.raises(FrozenInstanceError):
        Ping(1).number = 2


def test_a_message_cannot_take_new_attributes():
    with pytest.raises((AttributeError, TypeError)):
        object.__setattr__(Ping(1), "extra", 2)


# --- handlers


def test_two_handlers_for_one_message_are_refused():
    with pytest.raises(TypeError, match=r"Twice has two handlers for .*Ping.*: first and second"):

        class Twice(Node):
            @on(Ping)
            def first(self, src, ping):
                pass

            @on(Ping)
            def second(self, src, ping):
                pass


def test_durable_without_its_comma_is_refused():
    with pytest.raises(TypeError, match=r"Forgetful.durable is a tuple of names; write \('vote',\)"):

        class Forgetful(Node):
            durable = "vote"


def test_on_without_a_key_is_refused():
    with pytest.raises(TypeError, match="@on takes a message class or the name of a timer"):

        class Careless(Node):
            @on
            def hear(self, src, ping):
                pass


def test_a_handler_that_would_do_nothing_when_called_is_refused():
    with pytest.raises(TypeError, match=r"Waiter.hear is async or has a yield; a handler runs to its"):

        class Waiter(Node):
            @on(Ping)
            async def hear(self, src, ping):
                self.send(src, ping)

    with pytest.raises(TypeError, match=r"Stepper.on_start is async or has a yield"):

        class Stepper(Node):
            def on_start(self):
                yield


def test_one_method_can_handle_two_messages():
    @message
    class Pong:
        number: int

    class Both(Mailbox):
        @on(Ping)
        @on(Pong)
        def hear(self, src, either):
            self.heard.append(either.number)

    simulation = start(lambda node: node.broadcast(Ping(1)) or node.broadcast(Pong(2)), Both)
    simulation.run(10)

    assert sorted(simulation.nodes["b"].heard) == [1, 2]


def test_a_method_overridden_in_a_subclass_stays_the_handler():
    class Louder(Mailbox):
        def hear(self, src, ping):
            self.heard.append(ping.number * 10)

    simulation = start(lambda node: node.send("b", Ping(1)), Louder)
    simulation.run(10)

    assert simulation.nodes["b"].heard == [10]


def test_a_new_handler_in_a_subclass_replaces_the_old_one():
    class Deaf(Mailbox):
        @on(Ping)
        def ignore(self, src, ping):
            pass

    simulation = start(lambda node: node.send("b", Ping(1)), Deaf)
    simulation.run(10)

    assert simulation.nodes["b"].heard == []
    assert Mailbox.handlers[Ping] == "hear"


def test_a_node_inherits_the_handlers_of_all_its_base_classes():
    class Both(Mailbox, Idle):
        pass

    assert Both.handlers == {Ping: "hear", "alarm": "alarm"}


def test_a_message_without_a_handler_stops_the_run_with_advice():
    simulation = start(lambda node: node.send("b", Ping(1)))

    with pytest.raises(HandlerFailed, match=r"Actor b has no method marked @on\(Ping\)"):
        simulation.run(10)


# --- construction


def test_a_node_knows_its_name_and_peers_in_its_constructor():
    class Curious(Node):
        def __init__(self):
            self.known = (self.id, self.peers)

    simulation = Simulation()
    for name in ("b", "c", "a"):
        simulation.add(name, Curious)
    simulation.run(1)

    assert simulation.nodes["c"].known == ("c", ("a", "b"))


def test_the_variables_of_a_node_are_its_protocol_state_and_nothing_else():
    class Stateful(Idle):
        def __init__(self):
            self.state = 1

    simulation = start(lambda node: node.set_timer("alarm", 5) or node.note("here"), Stateful)

    assert vars(simulation.nodes["a"]) == {"state": 1}


def test_a_factory_that_returns_the_same_node_twice_is_refused():
    only = Idle()
    simulation = Simulation()
    simulation.add("a", lambda: only)

    with pytest.raises(TypeError, match="must return a new Node on every call"):
        simulation.run(1)


def test_a_factory_that_returns_no_node_is_refused():
    simulation = Simulation()
    simulation.add("a", dict)

    with pytest.raises(TypeError, match="must return a new Node"):
        simulation.run(1)
