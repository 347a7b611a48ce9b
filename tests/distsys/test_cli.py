"""The command line: what it prints, how it ends, and what it refuses."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from xml.etree import ElementTree

import pytest

from distsys.cli import main, prepared
from distsys.node import Node, on
from distsys.simulation import Simulation

from .protocols import ForgottenVote

GOSSIP = "tests.distsys.worlds:Gossip"
VOTES = "tests.distsys.protocols:DoubleVote"
ONE_LEADER = "tests.distsys.protocols:one_leader_a_term"
HERE = "tests.distsys.test_cli"
ROOT = Path(__file__).parents[2]


class Clumsy(Node):
    def on_start(self):
        self.set_timer("trip", 5)

    @on("trip")
    def trip(self):
        raise RuntimeError("tripped")


class Forgetful(ForgottenVote):
    last_term = 10**9


class Needy(Node):
    def __init__(self, quorum):
        self.quorum = quorum


def never(nodes):
    return False


@pytest.fixture
def ask(capsys):
    """Run a command; return how it ended, what it printed, and what it complained about."""

    def run(*words):
        code = main([str(word) for word in words])
        out, err = capsys.readouterr()
        return code, out, err

    return run


# --- run


def test_a_run_in_which_all_is_well_ends_with_0(ask):
    code, out, err = ask("run", GOSSIP, "--until", 100, "--seed", 7)

    assert (code, err) == (0, "")
    assert out.startswith("seed 7: ")
    assert out.endswith("no property was demanded\n")


def test_a_run_as_json_says_seed_digest_and_counts(ask):
    code, out, _ = ask("run", GOSSIP, "--until", 100, "--seed", 7, "--json")

    facts = json.loads(out)
    assert code == 0
    assert (facts["ok"], facts["seed"], len(facts["digest"])) == (True, 7, 16)
    assert facts["stats"]["start"] == 3


def test_faults_happen_when_they_were_asked_for(ask):
    faults = "partition:n1@20-40", "crash:n2@30-50", "pause:n3@60-70", "block:n1,n2@5-9", "loss:0.5@6-9"
    more = "duplicate:0.5,n3@7-9", "delay:20@8-9", "clock_step:n1,-500@70"

    _, out, _ = ask(
        "run",
        GOSSIP,
        "--until",
        100,
        *(word for fault in (*faults, *more) for word in ("--fault", fault)),
        "--json",
    )

    stats = json.loads(out)["stats"]
    assert [stats[kind] for kind in ("partition", "heal", "crash", "restart", "pause", "clock")] == [1] * 6
    assert stats["fault"] == 8


def test_a_fault_that_names_nobody_hits_whom_the_seed_chooses(ask):
    def cuts(seed):
        simulation = prepared(
            ["run", GOSSIP, "--nodes", "5", "--seed", str(seed), "--fault", "partition@300-900"]
        )
        return [record.data for record in simulation.run(1000).trace if record.kind == "partition"]

    assert cuts(7) == cuts(7)
    assert len({str(cuts(seed)) for seed in range(10)}) > 3


def test_a_crash_without_an_end_lasts(ask):
    _, out, _ = ask("run", GOSSIP, "--until", 100, "--fault", "crash:n2@30", "--json")

    assert "restart" not in json.loads(out)["stats"]


def test_a_lossy_network_loses_messages(ask):
    _, out, _ = ask("run", GOSSIP, "--loss", 1, "--json", "--until", 100)

    stats = json.loads(out)["stats"]
    assert stats["drop"] == stats["send"]


def test_a_handler_that_fails_ends_with_1_and_says_how_to_see_it_again(ask):
    code, out, _ = ask("run", f"{HERE}:Clumsy", "--seed", 3)

    assert code == 1
    assert "tripped" in out
    assert "seed=3 replays it" in out


def test_an_invariant_that_does_not_hold_ends_with_1(ask):
    code, out, _ = ask("run", GOSSIP, "--invariant", f"{HERE}:never")

    assert code == 1
    assert "never does not hold at" in out


def test_a_run_can_be_drawn_as_a_page_or_as_a_picture(ask, tmp_path):
    for name in ("run.html", "run.svg"):
        assert ask("run", GOSSIP, "--until", 60, "--draw", tmp_path / name)[0] == 0

    assert (tmp_path / "run.html").read_text("utf-8").startswith("<!doctype html>")
    assert ElementTree.parse(tmp_path / "run.svg").getroot().tag.endswith("svg")


def test_it_can_be_started_as_a_program():
    command = [sys.executable, "-m", "distsys", "run", GOSSIP, "--until", "20"]

    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)

    assert (done.returncode, done.stderr) == (0, "")


def test_who_watches_a_terminal_sees_how_far_it_is_and_nothing_else_changes(ask, monkeypatch):
    command = "run", GOSSIP, "--until", 100, "--json"
    _, alone, _ = ask(*command)
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)

    _, watched, err = ask(*command)

    assert watched == alone
    assert "] 50 of 100 ms" in err
    assert err.endswith("\r\x1b[K")


def test_a_strict_run_says_that_it_depends_on_the_seed_alone(ask):
    code, out, _ = ask("run", GOSSIP, "--until", 50, "--strict")

    assert code == 0
    assert out.endswith("it depends on the seed alone\n")


@pytest.mark.parametrize("bug", ["OrderOfASet", "Unseeded", "HashOfAText"])
def test_a_strict_run_finds_what_depends_on_more_than_the_seed(ask, bug):
    code, out, _ = ask("run", f"tests.distsys.planted:{bug}", "--nodes", 5, "--until", 50, "--strict")

    assert code == 1
    assert "differ at record" in out


# --- sweep


def test_a_sweep_counts_its_runs(ask):
    code, out, _ = ask("sweep", GOSSIP, "--seeds", 3, "--until", 100, "--json")

    assert code == 0
    assert (json.loads(out)["runs"], json.loads(out)["failures"]) == (3, [])


def test_a_sweep_that_finds_something_ends_with_1_and_gives_seed_and_plan(ask):
    code, out, _ = ask(
        "sweep", f"{HERE}:Clumsy", "--seeds", 2, "--until", 100, "--fault", "crash:n1@1-2", "--json"
    )

    facts = json.loads(out)
    assert code == 1
    assert [failure["seed"] for failure in facts["failures"]] == [0, 1]
    assert facts["failures"][0]["plan"] == [{"kind": "crash", "at_ms": 1.0, "node": "n1", "for_ms": 1.0}]
    assert facts["shrunk"]["plan"] == []


def test_what_a_sweep_finds_is_made_small_drawn_and_can_be_run_again(ask, tmp_path):
    picture = tmp_path / "small.svg"
    wrong = f"{HERE}:Forgetful", "--invariant", ONE_LEADER, "--until", 3000

    code, out, _ = ask("sweep", *wrong, "--seeds", 10, "--draw", picture)
    again = out.partition("See it whole: python -m distsys ")[2].split()

    assert code == 1
    assert "fails in 8 events." in out
    assert "✗ one leader a term" in picture.read_text("utf-8")
    assert again[0] == "run"
    assert ask(*again)[0] == 1
    assert "one leader a term does not hold" in ask(*again)[1]


def test_the_plan_of_a_failure_can_be_used_again(ask, tmp_path):
    plan = tmp_path / "plan.json"
    _, out, _ = ask("sweep", f"{HERE}:Clumsy", "--seeds", 1, "--until", 100, "--json")
    plan.write_text(json.dumps(json.loads(out)["failures"][0]["plan"]), "utf-8")

    code, out, _ = ask("sweep", f"{HERE}:Clumsy", "--seeds", 1, "--until", 100, "--plan", plan, "--json")

    assert code == 1
    assert json.loads(out)["failures"][0]["plan"] == json.loads(plan.read_text("utf-8")) != []


# --- explore


def test_an_exploration_finds_the_schedule_that_breaks_an_invariant(ask, tmp_path):
    picture = tmp_path / "path.svg"

    code, out, _ = ask("explore", VOTES, "--invariant", ONE_LEADER, "--draw", picture)

    assert code == 1
    assert "one leader a term does not hold" in out
    assert picture.is_file()


def test_an_exploration_in_which_all_is_well_ends_with_0(ask):
    one_term = "explore", "tests.distsys.protocols:OneTerm", "--invariant", ONE_LEADER, "--json"

    codes, states = zip(
        *(
            (code, json.loads(out)["states"])
            for code, out, _ in (ask(*one_term), ask(*one_term, "--symmetry"), ask(*one_term, "--crashes", 1))
        ),
        strict=True,
    )

    assert codes == (0, 0, 0)
    assert states[1] < states[0] < states[2]


def test_an_exploration_that_gives_up_is_not_ok(ask):
    code, out, _ = ask("explore", VOTES, "--max-states", 100)

    assert code == 1
    assert out.startswith("cut")


# --- serve


@pytest.mark.parametrize("transport", ["udp", "tcp"])
def test_the_same_class_is_served_over_sockets(ask, transport, tmp_path):
    picture = tmp_path / "real.svg"

    code, out, _ = ask(
        "serve", GOSSIP, "--transport", transport, "--seconds", 0.3, "--json", "--draw", picture
    )

    stats = json.loads(out)["stats"]
    assert code == 0
    assert stats["start"] == 3
    assert stats["deliver"] > 0
    assert picture.is_file()


def test_what_happens_is_told_while_it_happens(ask):
    _, out, _ = ask("serve", GOSSIP, "--seconds", 0.3)

    assert " n1 timer 'spread' fires" in out
    assert out.splitlines()[-1].startswith("udp: ")


def test_a_served_handler_that_fails_ends_with_1(ask):
    code, out, _ = ask("serve", f"{HERE}:Clumsy", "--seconds", 5)

    assert code == 1
    assert "tripped" in out


# --- how it ends before its time


def test_ctrl_c_ends_with_130_and_one_word(ask, monkeypatch):
    def interrupt(simulation, until_ms):
        raise KeyboardInterrupt

    monkeypatch.setattr(Simulation, "run", interrupt)

    assert ask("run", GOSSIP) == (130, "", "distsys: interrupted\n")


@pytest.mark.parametrize("command", [["sweep", GOSSIP, "--seeds", "100000"], ["serve", GOSSIP]])
def test_a_program_ends_on_ctrl_c_without_a_traceback(command):
    with subprocess.Popen(
        [sys.executable, "-m", "distsys", *command],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as program:
        if command[0] == "serve":
            program.stdout.readline()  # it is at work
        else:
            time.sleep(1.5)
        program.send_signal(signal.SIGINT)
        _, err = program.communicate(timeout=30)

    assert program.returncode == {"sweep": 130, "serve": 0}[command[0]]
    assert err == {"sweep": "distsys: interrupted\n", "serve": ""}[command[0]]


@pytest.mark.parametrize("command", [["run", GOSSIP, "--until", "20"], ["serve", GOSSIP], ["run", "--help"]])
def test_a_program_ends_quietly_if_nobody_reads_on(command):
    reader, writer = os.pipe()
    os.close(reader)
    buffered = {name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"}

    done = subprocess.run(
        [sys.executable, "-m", "distsys", *command],
        cwd=ROOT, env=buffered, stdout=writer, stderr=subprocess.PIPE, text=True, check=False, timeout=60,
    )  # fmt: skip
    os.close(writer)

    assert (done.returncode, done.stderr) == (141, "")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="only some systems have a full disk at hand")
def test_a_full_disk_is_told_in_a_sentence():
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "distsys", "run", GOSSIP],
            cwd=ROOT, stdout=full, stderr=subprocess.PIPE, text=True, check=False, timeout=60,
        )  # fmt: skip

    assert done.returncode == 2
    assert done.stderr == "distsys: the result cannot be written: No space left on device\n"


# --- what is refused


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["run", "nowhere:Raft"], "there is no module 'nowhere' here; is it in this folder?"),
        (["run", "tests.nowhere:Raft"], "there is no module 'tests.nowhere' here; is it in this folder?"),
        (["run", "Raft"], "'Raft' is not of the form MODULE:NAME, for instance mymodule:Raft"),
        (["run", f"{HERE}:Raft"], f"the module '{HERE}' has no 'Raft'"),
        (["run", f"{HERE}:never"], f"{HERE}:never is no class of nodes; subclass distsys.node.Node"),
        (["serve", f"{HERE}:HERE"], f"{HERE}:HERE is no class of nodes; subclass distsys.node.Node"),
        (["explore", f"{HERE}:Needy"], "cannot be built without arguments"),
        (["run", GOSSIP, "--invariant", f"{HERE}:HERE"], f"the invariant {HERE}:HERE is no function"),
        (["run", GOSSIP, "--loss", "2"], "loss is a probability between 0 and 1, not 2.0"),
        (["serve", GOSSIP, "--loss", "2"], "loss is a probability between 0 and 1, not 2.0"),
        (["run", GOSSIP, "--fault", "crash"], "the fault 'crash' should look like crash:n2@200-400"),
        (["run", GOSSIP, "--fault", "melt:n1@1-2"], "begins with no kind of fault; there are crash, pause"),
        (["run", GOSSIP, "--fault", "crash:n1@9-2"], "the fault 'crash:n1@9-2' ends before it begins"),
        (["run", GOSSIP, "--fault", "crash:n1@-9-2"], "at_ms is a number of at least 0, not -9.0"),
        (["run", GOSSIP, "--fault", "pause:n1@9"], "the fault 'pause:n1@9' needs an end"),
        (["run", GOSSIP, "--fault", "clock_step@1-2"], "the fault 'clock_step@1-2' has no end"),
        (["run", GOSSIP, "--fault", "crash:n1,n2@1-2"], "should look like crash:n2@200-400"),
        (["run", GOSSIP, "--fault", "loss:n1@1-2"], "should look like loss:0.5@200-400"),
        (["run", GOSSIP, "--nodes", "1", "--fault", "block@1-2"], "a block needs two nodes at least"),
        (["sweep", GOSSIP, "--fault", "crash:n9@1-2"], "there is no 'n9'; there are n1, n2, n3"),
        (["sweep", GOSSIP, "--until", "1"], "at least 2 ms before it is quiet"),
        (
            ["run", GOSSIP, "--plan", "/no/such/plan.json"],
            "the plan /no/such/plan.json cannot be read: No such",
        ),
        (["run", GOSSIP, "--plan", "README.md"], "this is not a plan in JSON"),
        (["run", GOSSIP, "--nodes", "0"], "a whole number of at least 1 is needed, not '0'"),
        (["run", GOSSIP, "--until", "-5"], "a number above 0 is needed, not '-5'"),
        (["run", GOSSIP, "--until", "nan"], "a number above 0 is needed, not 'nan'"),
        (["run", GOSSIP, "--until", "soon"], "a number above 0 is needed, not 'soon'"),
        (["run", GOSSIP, "--draw", "run.png"], "a picture ends in .html or .svg, unlike 'run.png'"),
        (["run", GOSSIP, "--draw", "/no/such/x.svg"], "there is no folder '/no/such' to write a picture to"),
        (["explore", GOSSIP, "--network", "tcp"], "invalid choice: 'tcp'"),
        (["juggle"], "invalid choice: 'juggle'"),
        (["run", GOSSIP, "--juggle"], "unrecognized arguments: --juggle"),
        ([], "required"),
    ],
)
def test_bad_usage_ends_with_2_and_one_clear_sentence(ask, words, sentence):
    code, out, err = ask(*words)

    assert code == 2
    assert sentence in err
    assert err.startswith("distsys: ")
    assert (out, err.count("\n")) == ("", 1)


def test_a_picture_that_cannot_be_written_is_named(ask, tmp_path):
    taken = tmp_path / "folder.svg"
    taken.mkdir()

    code, _, err = ask("run", GOSSIP, "--until", 10, "--draw", taken)

    assert (code, err) == (2, f"distsys: the picture cannot be written to {taken}: Is a directory\n")


@pytest.mark.parametrize(
    ("source", "complaint"),
    [
        ("1 / 0", "cannot be imported: ZeroDivisionError('division by zero')"),
        ("raise SystemExit(3)", "cannot be imported: SystemExit(3)"),
        ("import nowhere_at_all", "imports 'nowhere_at_all', which is not there"),
    ],
)
def test_a_module_that_cannot_be_imported_is_named(ask, tmp_path, monkeypatch, source, complaint):
    (tmp_path / "wobbly.py").write_text(source, "utf-8")
    monkeypatch.syspath_prepend(tmp_path)

    assert ask("run", "wobbly:Raft")[2] == f"distsys: the module 'wobbly' {complaint}\n"


def test_help_ends_with_0(ask):
    code, out, _ = ask("run", "--help")

    assert code == 0
    assert "partition@200-400, and the seed chooses" in " ".join(out.split())
