"""One picture of every kind, for the rules that all of them keep."""

from distsys.check import Verdict
from distsys.draw.graph import state_graph
from distsys.draw.history import operations
from distsys.draw.log import logs
from distsys.draw.ring import ring
from distsys.draw.spacetime import spacetime
from distsys.history import PENDING, History, Op

from ..worlds import gossip

WRITE = Op("a", 0, 4_000, "write", "x", 1)
READ = Op("b", 1_000, 3_000, "read", "x", None, 1)
STALE = Op("b", 5_000, 6_000, "read", "x", None, None)
LATE = Op("c", 2_000, PENDING, "write", "x", 2)
MEMBERS = Op("c", 500, 900, "read", "s", None, frozenset({"ann", "bob", "eve", "joe"}))
HISTORY = History([WRITE, READ, STALE, LATE, MEMBERS])
OK = Verdict("ok", evidence=lambda: (MEMBERS, WRITE, READ))
ILLEGAL = Verdict("illegal", "b reads None after x was written", lambda: (WRITE, STALE))


def pictures(name="n1"):
    """Pictures in which a name appears, by kind."""
    edges = [("init", name, "end"), ("end", "back", "init"), ("end", "stay", "end")]
    named = History([*HISTORY, Op(name, 0, 9_000, name, name, name, name)])
    return {
        "trace": spacetime(gossip(1).trace),
        "history": operations(named),
        "order": operations(named, OK),
        "core": operations(named, ILLEGAL),
        "ring": ring([(0.1, name), (0.4, "n2")], {name: 0.2}),
        "logs": logs({name: [(1, name)]}, {name: 1}),
        "states": state_graph(edges, "init", ["end"]),
    }


if __name__ == "__main__":
    print("".join(figure.html() + figure.file() for figure in pictures().values()))
