"""What a check that fails shows: words, seed, and a small picture."""

import re
import sys
from itertools import count
from types import ModuleType, SimpleNamespace

import pytest

from distsys.check import Verdict
from distsys.check.causality import HappensBefore, clock_condition, noted_stamps
from distsys.coordination.time_and_clocks import Chatter, LamportClock
from distsys.faults import Crash, Plan, calm, shown, sweep
from distsys.faults.shown import MOST_BYTES, MOST_DRAWN, MOST_TOLD
from distsys.network import Fixed, Network, Uniform
from distsys.node import Node, message, on
from distsys.simulation import Simulation

from .worlds import mailboxes, say


class Deaf(LamportClock):
    """Learns nothing from what it hears."""

    def receive(self, stamp):
        return self.local()


def deaf(seed):
    simulation = Simulation(seed, Network(latency=Uniform(1, 60)))
    simulation.cluster(lambda: Chatter(Deaf), 3)
    return simulation


def grows(run):
    return clock_condition(HappensBefore(run.trace), noted_stamps(run.trace), lambda a, b: a < b)


def numbers(seed):
    """A tells b thirty numbers, one every 10 ms."""
    simulation = mailboxes(Network(latency=Fixed(1)), seed=seed)
    for number in range(1, 31):
        say(simulation, 10 * number, number)
    return simulation


@pytest.fixture(scope="module")
def story():
    return shown(sweep(deaf, range(5), 200, calm, check=grows, stop_after=1))


def drawn(html):
    """How many messages arrive in a picture, and how many events it says it leaves out."""
    said = re.search(r"\((\d+) of (\d+) events are drawn", html)
    arrived = re.findall(r"<li>[^<]* receives ", html)
    return len(arrived), int(said[2]) - int(said[1]) if said else 0


def test_the_first_line_says_the_seed_and_what_is_wrong(story):
    first, *_ = str(story).splitlines()

    assert first.startswith("seed 0: [step ")
    assert " is not less than " in first


def test_the_other_lines_tell_the_story_and_how_to_see_the_whole_run(story):
    _, many, *told, whole = str(story).splitlines()

    assert many == "It takes 2 events:"
    assert told[0].startswith("   1. n")
    assert whole == "The whole run: deaf(0).run(200)"


def test_the_picture_shows_the_story_with_its_stamps_and_a_cross_where_it_breaks(story):
    html = story._repr_html_()

    assert drawn(html) == (1, 0)
    assert len(re.findall(r"✗</text>", html)) == 1
    assert all(str(stamp) in html for stamp in noted_stamps(story.trace).values())
    assert "<script" not in html


def test_it_is_a_message_of_an_assertion():
    report = sweep(deaf, range(5), 200, calm, check=grows, stop_after=1)

    with pytest.raises(AssertionError) as raised:
        exec("assert report.ok, shown(report)", {"report": report, "shown": shown})  # as in a notebook

    assert str(raised.value).startswith("seed 0: ")
    assert raised.value.args[0]._repr_html_().startswith("<figure")


def test_the_same_failure_looks_the_same_to_the_byte(story):
    again = shown(sweep(deaf, range(5), 200, calm, check=grows, stop_after=1))

    assert (str(again), again._repr_html_()) == (str(story), story._repr_html_())


def test_a_run_that_cannot_lose_its_time_shows_its_last_events():
    report = sweep(numbers, [7], 400, calm, complete=lambda run: False)
    failed = shown(report)

    words = str(failed).splitlines()
    arrived, missing = drawn(failed._repr_html_())
    assert words[0] == "seed 7: the predicate is false"
    assert words[1] == "It ends like this:"
    assert len(words) <= MOST_TOLD + 3
    assert 0 < arrived <= MOST_DRAWN
    assert missing == 60 - MOST_DRAWN
    assert "✗" not in failed._repr_html_()  # nothing of what happened is wrong


def test_records_that_a_verdict_names_are_drawn_however_old_they_are():
    def third(run):
        arrivals = [index for index, record in enumerate(run.trace) if record.kind == "deliver"]
        return Verdict("illegal", "the third and the last", events=(arrivals[2], arrivals[-1]))

    failed = shown(sweep(numbers, [7], 400, calm, check=third), untimed=False)

    html = failed._repr_html_()
    assert "31.000 ms  b receives Ping(number=3) from a" in html
    assert "30.000 ms  a sends Ping(number=3) to b" in html
    assert "receives Ping(number=4)" not in html
    assert html.count("✗") >= 1


def test_the_faults_that_are_needed_are_named():
    def trouble(seed, names):
        return Plan((Crash(5, "b", 50), Crash(200, "a", 5)))

    def first_arrives(run):
        return any(record.kind == "deliver" and record.data.number == 1 for record in run.trace)

    failed = shown(sweep(numbers, [1], 300, trouble, complete=first_arrives))

    assert "What goes wrong:\n  at 5 ms b is down for 50 ms\n" in str(failed)
    assert "a is down" not in str(failed)


def test_a_run_is_shown_with_the_words_of_the_check():
    simulation = mailboxes(Network(latency=Fixed(1)))
    say(simulation, 5, 1)

    failed = shown(simulation.run(10), "b heard 1")

    assert str(failed) == "b heard 1"
    assert drawn(failed._repr_html_()) == (1, 0)


def test_a_sweep_without_a_failure_that_is_not_ok_has_only_words():
    failed = shown(sweep(numbers, [], 100, calm))

    assert str(failed).startswith("0 runs, 0 failures")
    assert failed._repr_html_() == ""


# --- answers that are awkward


@message
class Long:
    text: str


class Talker(Node):
    def on_start(self):
        self.set_timer("talk", 1)

    @on("talk")
    def talk(self):
        self.note(TEXT)
        self.broadcast(Long(TEXT))

    @on(Long)
    def hear(self, src, long):
        self.note(long.text, stamp=long.text)


TEXT = "</text></svg><script>alert(1)</script><img src=x onerror=alert(1)>" * 3000


def talkers(seed):
    simulation = Simulation(seed, Network(latency=Fixed(1)))
    simulation.cluster(Talker, 3)
    return simulation


def test_what_nodes_say_is_text_and_never_markup(monkeypatch):
    monkeypatch.setitem(globals(), "TEXT", TEXT[:66])

    html = shown(talkers(1).run(10), TEXT)._repr_html_()

    assert "&lt;script" in html
    assert "<script" not in html
    assert "<img" not in html


def test_what_is_too_long_is_cut_and_what_is_too_big_is_not_drawn():
    failed = shown(sweep(talkers, [1], 10, calm, complete=lambda run, nodes: False))

    assert max(map(len, str(failed).splitlines())) <= 301
    assert shown(talkers(1).run(10), TEXT).words.endswith("…")
    assert len(failed._repr_html_()) <= MOST_BYTES


class Clumsy(Node):
    @on(Long)
    def hear(self, src, long):
        raise KeyError(src)


def clumsy(seed):
    simulation = Simulation(seed, Network(latency=Fixed(1)))
    simulation.add("a", Talker)
    simulation.add("b", Clumsy)
    return simulation


def test_a_handler_that_raises_is_told_in_a_line_and_drawn(monkeypatch):
    monkeypatch.setitem(globals(), "TEXT", "hi")

    failed = shown(sweep(clumsy, [3], 10, calm))

    first, many, *_ = str(failed).splitlines()
    assert first == "seed 3: Clumsy.hear on b raised KeyError('a')"
    assert many == "It takes 2 events:"
    assert drawn(failed._repr_html_()) == (1, 0)


class Unlike(Node):
    """Fails in its first life only."""

    lives = count()

    def on_start(self):
        assert next(self.lives), "the first life is hard"


def test_an_answer_that_behaves_otherwise_the_second_time_is_told_so():
    def unlike(seed):
        simulation = Simulation(seed)
        simulation.add("a", Unlike)
        return simulation

    failed = shown(sweep(unlike, [3], 10, calm))

    assert str(failed).startswith("seed 3: Unlike.on_start on a raised AssertionError('the first life")
    assert "The same run went differently a second time" in str(failed)
    assert failed._repr_html_() == ""


class Unsolved(Node):
    def on_start(self):
        raise NotImplementedError("This exercise is not solved yet.")


def test_what_is_not_solved_yet_needs_no_picture():
    def unsolved(seed):
        simulation = Simulation(seed)
        simulation.add("a", Unsolved)
        return simulation

    failed = shown(sweep(unsolved, [3], 10, calm))

    assert "This exercise is not solved yet." in str(failed)
    assert failed._repr_html_() == ""


# --- notebooks


@pytest.mark.parametrize(("types", "shows"), [(["text/plain", "text/html"], 1), (["text/plain"], 0)])
def test_a_notebook_shows_the_picture_and_a_terminal_does_not(monkeypatch, types, shows):
    displayed = []
    shell = SimpleNamespace(display_formatter=SimpleNamespace(active_types=types))
    ipython, display = ModuleType("IPython"), ModuleType("IPython.display")
    ipython.get_ipython, display.display = lambda: shell, displayed.append
    monkeypatch.setitem(sys.modules, "IPython", ipython)
    monkeypatch.setitem(sys.modules, "IPython.display", display)

    failed = shown(mailboxes().run(10), "nobody says anything")

    assert displayed == [failed] * shows


def test_without_a_notebook_nothing_is_shown(monkeypatch, capsys):
    monkeypatch.delitem(sys.modules, "IPython", raising=False)

    shown(mailboxes().run(10), "nobody says anything")

    assert capsys.readouterr().out == ""
