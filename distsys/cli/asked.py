"""What was asked for on the command line, and what is wrong with it, in one sentence."""

from __future__ import annotations

import sys
from argparse import ArgumentParser, ArgumentTypeError, Namespace
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from ..faults.text import EXAMPLES
from ..network import Network
from ..node import Node, create
from ..simulation import Simulation

if TYPE_CHECKING:
    from ..faults import Plan

LARGEST = 1e12
FAULT = f"for instance {EXAMPLES['crash']}; partition@200-400, and the seed chooses whom; may be repeated"

Invariant = Callable[[Mapping[str, Node]], object]


class BadUsage(Exception):
    """The command line asks for something that cannot be done."""


class _Parser(ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise BadUsage(f"{message}; {self.prog} --help says more")


def parser_of(*commands: Callable[[Namespace], int]) -> ArgumentParser:
    """The parser of all commands, which are known by the names of their functions."""
    parser = _Parser("python -m distsys", description="Run, break, explore and serve nodes.")
    parsers = parser.add_subparsers(required=True, metavar="COMMAND")
    for command in commands:
        name, purpose = command.__name__, (command.__doc__ or "").rstrip(".")
        one = parsers.add_parser(name, help=purpose, description=purpose)
        one.set_defaults(command=command)
        one.add_argument("subject", metavar="MODULE:CLASS", help="a class of nodes")
        one.add_argument("--nodes", type=_count, default=3, metavar="N", help="how many (3)")
        one.add_argument("--json", action="store_true", help="print the result as JSON")
        one.add_argument("--draw", type=_picture, metavar="FILE", help="write a picture, .html or .svg")
        if name != "serve":
            one.add_argument(
                "--invariant", action="append", default=[], metavar="MODULE:FUNCTION",
                help="must hold after every event; gets the nodes that are up, by name; may be repeated",
            )  # fmt: skip
        if name != "explore":
            one.add_argument("--loss", type=float, default=0.0, help="share of messages that vanish (0)")
        if name in ("run", "sweep"):
            one.add_argument(
                "--until", type=_positive, default=1000.0, metavar="MS", help="when to stop (1000)"
            )
            one.add_argument("--fault", action="append", default=[], metavar="FAULT", help=FAULT)
            one.add_argument("--plan", type=Path, metavar="FILE", help="more faults, a plan in JSON")
        if name in ("run", "serve"):
            one.add_argument("--seed", type=int, default=0, help="where chance comes from (0)")
        if name == "run":
            one.add_argument(
                "--strict", action="store_true", help="run it in other ways, too, and complain if one differs"
            )
        elif name == "sweep":
            one.add_argument("--seeds", type=_count, default=100, metavar="N", help="how many (100)")
            one.add_argument(
                "--intensity", type=_positive, default=5.0, metavar="N", help="faults a second (5)"
            )
        elif name == "explore":
            one.add_argument("--network", choices=("set", "bag", "fifo"), default="set", help="kind (set)")
            one.add_argument("--crashes", type=_count, default=0, metavar="N", help="how many at most (0)")
            one.add_argument("--symmetry", action="store_true", help="nodes are interchangeable")
            one.add_argument(
                "--max-states", type=_count, default=2_000_000, metavar="N", help="at most (2000000)"
            )
        else:
            one.add_argument(
                "--transport", choices=("udp", "tcp"), default="udp", help="kind of socket (udp)"
            )
            one.add_argument(
                "--seconds", type=_positive, metavar="S", help="when to stop; at Ctrl-C if not given"
            )
    return parser


def _count(text: str) -> int:
    if not (text.isdecimal() and 1 <= int(text) <= 10**9):
        raise ArgumentTypeError(f"a whole number of at least 1 is needed, not {text!r}")
    return int(text)


def _positive(text: str) -> float:
    try:
        number = float(text)
    except ValueError:
        number = -1.0
    if not 0 < number <= LARGEST:
        raise ArgumentTypeError(f"a number above 0 is needed, not {text!r}")
    return number


def _picture(text: str) -> Path:
    if Path(text).suffix not in (".html", ".svg"):
        raise ArgumentTypeError(f"a picture ends in .html or .svg, unlike {text!r}")
    if not Path(text).parent.is_dir():
        raise ArgumentTypeError(f"there is no folder {str(Path(text).parent)!r} to write a picture to")
    return Path(text)


def _named(what: str) -> Any:
    """What ``module:name`` stands for."""
    module, colon, name = what.partition(":")
    if not (module and colon and name):
        raise BadUsage(f"{what!r} is not of the form MODULE:NAME, for instance mymodule:Raft")
    if str(Path.cwd()) not in sys.path and "" not in sys.path:
        sys.path.insert(0, str(Path.cwd()))
    try:
        found = import_module(module)
    except ModuleNotFoundError as error:
        if error.name and (module == error.name or module.startswith(f"{error.name}.")):
            raise BadUsage(f"there is no module {module!r} here; is it in this folder?") from None
        raise BadUsage(f"the module {module!r} imports {error.name!r}, which is not there") from None
    except (Exception, SystemExit) as error:
        raise BadUsage(f"the module {module!r} cannot be imported: {error!r}") from None
    if not hasattr(found, name):
        raise BadUsage(f"the module {module!r} has no {name!r}")
    return getattr(found, name)


def node_class(options: Namespace) -> type[Node]:
    """The class of nodes."""
    what, found = options.subject, _named(options.subject)
    if not (isinstance(found, type) and issubclass(found, Node)):
        raise BadUsage(f"{what} is no class of nodes; subclass distsys.node.Node")
    try:
        create(found, "n1", [f"n{number}" for number in range(2, options.nodes + 1)])
    except TypeError as error:
        raise BadUsage(f"{what} cannot be built without arguments: {error}") from None
    except Exception as error:
        raise BadUsage(f"{what} cannot be built: {error!r}") from None
    return found


def invariants(options: Namespace) -> list[tuple[str, Invariant]]:
    """What must hold, with names to show."""
    found = [(what, _named(what)) for what in options.invariant]
    for what, invariant in found:
        if not callable(invariant):
            raise BadUsage(f"the invariant {what} is no function")
    return [(what.partition(":")[2].replace("_", " "), invariant) for what, invariant in found]


def network(options: Namespace) -> Network:
    """A new network, for one run."""
    try:
        return Network(loss=options.loss)
    except ValueError as error:
        raise BadUsage(str(error)) from None


def maker(options: Namespace) -> Callable[[int], Simulation]:
    """What builds the simulation of a seed."""
    factory, properties = node_class(options), invariants(options)

    def make(seed: int) -> Simulation:
        simulation = Simulation(seed, network(options))
        simulation.cluster(factory, options.nodes)
        for name, invariant in properties:
            simulation.always(partial(invariant, simulation.nodes), name)
        return simulation

    return make


def plan(options: Namespace, seed: int, names: Sequence[str]) -> Plan:
    """The faults that were asked for; what they leave open is chosen by the seed."""
    from ..faults import Plan, read_fault  # noqa: PLC0415 - explorations and sockets do not need it

    try:
        more = Plan.from_json(options.plan.read_text("utf-8")).faults if options.plan else ()
        return Plan((*(read_fault(text, names, seed) for text in options.fault), *more))
    except OSError as error:
        raise BadUsage(f"the plan {options.plan} cannot be read: {error.strerror}") from None
    except ValueError as error:
        raise BadUsage(str(error)) from None


def trouble(options: Namespace, seed: int, names: Sequence[str]) -> Plan:
    """Faults by chance."""
    from ..faults import nemesis  # noqa: PLC0415 - only sweeps need it

    try:
        return nemesis(seed, names, intensity=options.intensity, until_ms=options.until)
    except ValueError as error:
        raise BadUsage(str(error)) from None
