"""The command line: what does this class of nodes do, from one seed, many seeds, in every schedule, for real?

    python -m distsys run mymodule:Raft --nodes 3 --seed 7 --fault partition@300-900 --draw out.svg
    python -m distsys sweep mymodule:Raft --seeds 200 --invariant mymodule:one_leader_a_term
    python -m distsys explore mymodule:Raft --invariant mymodule:one_leader_a_term
    python -m distsys serve mymodule:Raft --transport tcp

It ends with 0 if all is well, with 1 if a property or a handler failed, with 2 if it was asked wrongly, and
as programs do with 130 after Ctrl-C and with 141 if nobody reads on.
"""

from __future__ import annotations

import json
import os
import sys
from argparse import ArgumentParser, Namespace
from collections import Counter
from collections.abc import Callable, Sequence
from errno import ENOSPC
from functools import partial
from html import escape
from pathlib import Path
from signal import SIGINT, raise_signal
from typing import TYPE_CHECKING, Any

from ..faults.progress import bar, show
from ..properties import PropertyFailed
from ..simulation import HandlerFailed, NoProgress, Simulation
from ..trace import Record, Trace
from .asked import BadUsage, invariants, maker, network, node_class, parser_of, plan, trouble

if TYPE_CHECKING:
    from ..draw.figure import Figure
    from ..faults import Plan

OK, FAILED, BAD_USAGE, INTERRUPTED, NOBODY_READS = 0, 1, 2, 130, 141


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command.

    Args:
        arguments: what stands after ``python -m distsys``; those of the process if not given.

    Returns:
        0 if all is well, 1 if a property or a handler failed, 2 if it was asked wrongly, 130 after Ctrl-C,
        141 if nobody reads what it prints.
    """
    words = sys.argv[1:] if arguments is None else list(arguments)
    try:
        code = _obey(words)
        sys.stdout.flush()
    except BadUsage as error:
        print(f"distsys: {error}", file=sys.stderr)
        return BAD_USAGE
    except KeyboardInterrupt:
        print("distsys: interrupted", file=sys.stderr)
        return INTERRUPTED
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # Python writes the rest when it ends
        return NOBODY_READS
    except OSError as error:  # what goes wrong with a file is told by whoever opens it
        if error.errno != ENOSPC:
            raise
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        print(f"distsys: the result cannot be written: {error.strerror}", file=sys.stderr)
        return BAD_USAGE
    return code


def _obey(words: list[str]) -> int:
    try:
        options = _parser().parse_args(words, Namespace(words=words))
    except SystemExit as end:  # the help was shown
        return int(end.code or 0)
    command: Callable[[Namespace], int] = options.command
    return command(options)


def run(options: Namespace) -> int:
    """One run, from one seed, with the faults that were asked for."""
    simulation = prepared(options.words)
    if sys.stderr.isatty():
        until = int(options.until)
        simulation.every(options.until / 100, lambda: show(f"{bar(simulation.now_us // 1000, until)} ms"))
    try:
        result = simulation.run(options.until)
    except (HandlerFailed, NoProgress, PropertyFailed, LookupError) as error:
        ok, words, facts = False, str(error), {"seed": options.seed}
    else:
        ok, words = result.ok, str(result)
        facts = {"seed": result.seed, "digest": result.digest, "stats": result.stats}
    finally:
        show()
    if options.strict and ok:
        ok, words = _strictly(options, words)
    if options.draw:
        _draw(Trace(simulation._rows), words, options.draw)
    return _tell(options, ok, words, facts)


def sweep(options: Namespace) -> int:
    """Many seeds, with faults by chance or as asked for; the first failure is made small."""
    from .. import faults  # noqa: PLC0415 - the other commands do not need it

    make = maker(options)
    prepared(options.words)  # complains now, not in the middle
    planner = partial(plan if options.fault or options.plan else trouble, options)
    try:
        report = faults.sweep(make, range(options.seeds), until_ms=options.until, plan=planner)
    except (PropertyFailed, LookupError) as error:
        return _tell(options, False, str(error), {})
    words = [str(report)]
    facts = {
        "runs": report.runs,
        "failures": [_told(one.seed, one.problem.explanation, one.plan) for one in report.failures],
    }
    if report.failures:
        show("shrinking the first failure …")
        try:
            small = faults.shrink(report.failures[0])
        except ValueError as error:
            words.append(str(error))
        else:
            facts["shrunk"] = _told(small.seed, str(small), small.plan)
            words += ["", str(small), "", f"See it whole: {_again(options, small.seed, small.plan)}"]
            if options.draw:
                _draw_figure(small.figure(), small.problem.explanation, options.draw)
        finally:
            show()
    return _tell(options, report.ok, "\n".join(words), facts)


def explore(options: Namespace) -> int:
    """Every schedule there is."""
    from .. import explore as exploration  # noqa: PLC0415 - the other commands do not need it

    try:
        result = exploration.explore(
            exploration.cluster(node_class(options), options.nodes),
            network=options.network,
            crashes=options.crashes,
            symmetry=options.symmetry,
            invariants=[invariant for _, invariant in invariants(options)],
            max_states=options.max_states,
            progress=lambda depth, states: show(f"depth {depth}, {states:,} states"),
        )
    except (exploration.NotExplorable, PropertyFailed, LookupError) as error:
        return _tell(options, False, str(error), {})
    except ValueError as error:
        raise BadUsage(str(error)) from None
    finally:
        show()
    if options.draw:
        _draw(result.trace, str(result).partition("\n")[0], options.draw)
    facts = {"status": result.status, "states": result.states, "depth": result.depth}
    return _tell(options, result.ok, str(result), facts)


def serve(options: Namespace) -> int:
    """The same nodes over real sockets on this machine, until Ctrl-C."""
    from ..sockets import serve as serve_cluster  # noqa: PLC0415 - the only command that needs sockets

    unread: list[BrokenPipeError] = []

    def tell(record: Record) -> None:
        if not options.json and not unread:
            try:
                print(record, flush=True)
            except BrokenPipeError as error:  # which the loop of events would only write down
                unread.append(error)
                raise_signal(SIGINT)

    try:
        trace = serve_cluster(
            node_class(options),
            options.nodes,
            options.transport,
            network(options),
            seed=options.seed,
            seconds=options.seconds,
            tell=tell,
        )
    except HandlerFailed as error:
        return _tell(options, False, str(error), {})
    except OSError as error:
        raise BadUsage(f"the sockets cannot be opened: {error}") from None
    if unread:
        raise unread[0]
    stats = Counter(record.kind for record in trace)
    if options.draw:
        _draw(trace, f"{options.subject} over {options.transport}", options.draw)
    words = f"{options.transport}: {len(trace)} records, {stats['deliver']} deliveries"
    return _tell(options, True, words, {"stats": dict(stats)})


def prepared(words: Sequence[str]) -> Simulation:
    """The simulation that a command line asks for, ready to run."""
    from ..faults import apply  # noqa: PLC0415 - explorations and sockets do not need it

    options = _parser().parse_args(words)
    seed = getattr(options, "seed", 0)
    simulation = maker(options)(seed)
    try:
        apply(plan(options, seed, tuple(simulation.machines)), simulation)
    except ValueError as error:
        raise BadUsage(str(error)) from None
    return simulation


def _parser() -> ArgumentParser:
    return parser_of(run, sweep, explore, serve)


# --- what comes out


def _strictly(options: Namespace, words: str) -> tuple[bool, str]:
    from ..determinism import assert_deterministic  # noqa: PLC0415 - only if it was asked for

    show("running it in other ways …")
    try:
        assert_deterministic("distsys.cli:prepared", options.until, [options.words])
    except AssertionError as error:
        return False, str(error)
    finally:
        show()
    return True, f"{words}; it depends on the seed alone"


def _told(seed: int, problem: str, plan: Plan) -> dict[str, Any]:
    return {"seed": seed, "problem": problem, "plan": json.loads(plan.to_json())}


def _again(options: Namespace, seed: int, plan: Plan) -> str:
    """The command that runs one seed of a sweep with a plan."""
    from ..faults.text import write_fault  # noqa: PLC0415 - the other commands do not need it

    words = ["python -m distsys run", options.subject, f"--nodes {options.nodes} --seed {seed}"]
    words += [f"--until {options.until:g} --loss {options.loss:g}"]
    words += [f"--invariant {name}" for name in options.invariant]
    return " ".join(words + [f"--fault {write_fault(fault)}" for fault in plan.faults])


def _tell(options: Namespace, ok: bool, words: str, facts: dict[str, Any]) -> int:
    print(json.dumps({"ok": ok, "words": words, **facts}, indent=1) if options.json else words)
    return OK if ok else FAILED


def _draw(trace: Trace, title: str, path: Path) -> None:
    from ..draw.spacetime import spacetime  # noqa: PLC0415 - who does not look needs no pictures

    _draw_figure(spacetime(trace, title=title), title, path)


def _draw_figure(figure: Figure, title: str, path: Path) -> None:
    page = (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{escape(title)}</title></head>'
        f"<body>{figure.html()}</body></html>\n"
    )
    try:
        path.write_text(figure.file() if path.suffix == ".svg" else page, "utf-8")
    except OSError as error:
        raise BadUsage(f"the picture cannot be written to {path}: {error.strerror}") from None
