"""Each question is asked of a fork, over a link of its own; the notebook goes on as if nothing was asked."""

from __future__ import annotations

import sys
from types import ModuleType
from typing import Any

import pytest

from autograder.trust.errors import Bygone, CannotCross
from autograder.trust.fuse import together
from autograder.trust.handles import operate
from distsys.explore import cluster, explore
from distsys.simulation import Simulation

LOCKED = """
from dataclasses import dataclass
from distsys.node import Node, message, on
@dataclass
class Account:
    cents: int
@message
class Said:
    text: str
class Talker(Node):
    def __init__(self): self.log = []
    def ask(self, text): self.log.append(text); self.post(text)
"""
ANSWER = """
from enum import Enum
from dataclasses import dataclass
class Role(Enum):
    IDLE = 1
    BUSY = 2
@dataclass(frozen=True)
class Vote:
    term: int
    def next(self): return Vote(self.term + 1)
class Broke(ValueError): pass
class Chat(Talker):
    role = Role.IDLE
    def post(self, text):
        self.role = Role.BUSY
        self.broadcast(Said(text))
    @on(Said)
    def said(self, src, said): self.log.append(said.text)
class Stack:
    def __init__(self): self.items = []
    def push(self, item): self.items.append(item); return len(self.items)
kept = []
stack = Stack()
def keep(what): kept.append(what); return len(kept)
def use(): return kept[-1]()
def last(): return kept[-1]
def pay(account): account.cents += 1; return account
def fail(): raise Broke("no")
def same(x): return x
async def later(x):
    import asyncio
    await asyncio.sleep(0)
    return x
"""


@pytest.fixture
def judged():
    """The locked cell, run by the judge."""
    module = sys.modules["judged_questions"] = ModuleType("judged_questions")
    exec(compile(LOCKED, "cell", "exec", dont_inherit=True), vars(module))
    return module


@pytest.fixture
def base(play, judged):
    """A notebook that has run its cells, and has answered something already."""
    notebook = play()
    notebook.cell(LOCKED, shared=True)
    share(notebook, judged)
    notebook.cell(ANSWER)
    assert notebook.get("pay")(judged.Account(1)).cents == 2
    assert notebook.get("Role").IDLE.value == 1
    return notebook


def share(notebook: Any, judged: ModuleType) -> None:
    notebook.share(judged.Account, judged.Said, judged.Talker)


def test_every_question_finds_what_the_cells_have_left_and_no_more(base):
    for _ in range(3):
        with base.question() as asked:
            assert asked.get("keep")(1) == 1
            assert asked.get("stack").push(5) == 1
            assert together(asked.get("keep"), [(n,) for n in range(2000)])[-1] == 2001
    assert base.get("kept") == [] and base.get("stack").items == []
    base.cell("kept.append(7)")
    with base.question() as asked:
        assert asked.get("kept") == [7], "the notebook goes on between questions"


def test_shared_and_own_classes_work_in_every_question(base, judged):
    for _ in range(3):
        with base.question() as asked:
            share(asked, judged)
            paid = asked.get("pay")(judged.Account(5))
            assert type(paid) is judged.Account and paid.cents == 6
            role, vote = asked.get("Role"), asked.get("Vote")
            assert asked.get("same")(role.BUSY) is role.BUSY
            assert vote(1).next() == vote(2)
            with pytest.raises(asked.get("Broke"), match="no"):
                asked.get("fail")()


def test_nodes_are_driven_in_every_question(base, judged):
    def heard(notebook):
        simulation = Simulation(0)
        simulation.cluster(notebook.get("Chat"), 3)
        simulation.at(10, lambda: simulation.call("n1", "ask", "hi"))
        run = simulation.run(100)
        assert {type(record.data) for record in run.trace if record.kind == "send"} == {judged.Said}
        assert simulation.nodes["n1"].role is notebook.get("Role").BUSY
        return [node.log for node in simulation.nodes.values()], [str(record) for record in run.trace]

    first = heard(base)
    for _ in range(2):
        with base.question() as asked:
            share(asked, judged)
            assert heard(asked) == first
    assert heard(base) == first


def test_explorers_work_in_every_question(base, judged):
    def states(notebook):
        return explore(cluster(notebook.get("Chat"), 2), network="bag").states

    with base.question() as asked:
        share(asked, judged)
        first = states(asked)
    with base.question() as asked:
        share(asked, judged)
        assert states(asked) == first > 0
        simulation = Simulation(0)
        simulation.cluster(asked.get("Chat"), 2)
        assert simulation.run(20).ok, "nodes with and without an object there, side by side"
    assert states(base) == first


def test_objects_of_an_earlier_question_are_named_as_such(base):
    with base.question() as first:
        stack, role, vote = first.get("stack"), first.get("Role"), first.get("Vote")
        a_vote, chat, push, failed = vote(3), first.get("Chat"), stack.push, first.get("Broke")
        simulation = Simulation(0)
        simulation.cluster(chat, 2)
        simulation.run(5)
        node = simulation.nodes["n1"]
    with base.question() as second:
        same, own = second.get("same"), second.get("stack")
        for use in (
            lambda: stack.push(1), lambda: push(1), lambda: stack.items, lambda: len(stack),
            lambda: vote(4), lambda: same(stack), lambda: same([push]), lambda: same(role.BUSY),
            lambda: same(role), lambda: same(a_vote), lambda: same(failed), lambda: same(node),
            lambda: same(chat), lambda: operate(own, "==", stack),
            lambda: isinstance(stack, second.get("Stack")),
            lambda: node.ask("x"), lambda: together(push, [(1,)]), lambda: base.get("stack"),
        ):  # fmt: skip
            with pytest.raises(Bygone, match="in an earlier question"):
                use()
        assert own.push(1) == 1, "and the link is none the worse"


def test_what_the_student_s_code_kept_of_an_earlier_check_is_gone(base):
    base.get("keep")(lambda: 5)
    assert base.get("use")() == 5
    with base.question() as asked:
        asked.get("same")(print)  # the first object of this judge, as the lambda was of the other one
        with pytest.raises(RuntimeError, match="earlier check"):
            asked.get("use")()
        with pytest.raises(CannotCross, match="earlier check"):
            asked.get("last")()
    assert base.get("use")() == 5


def test_objects_are_let_go_in_the_process_that_they_live_in(base):
    kept = base.get("stack")
    with base.question() as asked:
        stack = asked.get("stack")
        del kept
        assert stack.push(1) == 1
        del stack
        assert asked.get("stack").push(2) == 2
    assert base.get("stack").push(1) == 1


def test_coroutines_run_in_every_question(base):
    base.cell("import asyncio\nqueue = asyncio.Queue()\nasync def take(): return await queue.get()")
    base.cell("waiting = asyncio.ensure_future(take())\nawait asyncio.sleep(0)\nassert not waiting.done()")
    for value in (1, 2):
        with base.question() as asked:
            asked.cell(f"queue.put_nowait({value})\ngot = await waiting")
            assert asked.get("got") == value, "what waited before the fork goes on in it"
    base.cell("queue.put_nowait(3)\ngot = await waiting")
    assert base.get("got") == 3
