"""`make bench`: measures every goal, prints a table and writes ``_build/bench.json``.

A row of ratios is taken in interleaved rounds, ours and the peer's in turn, and the best of each counts, so
that other work on the machine disturbs both alike. A row whose peer is missing says so and holds nothing.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from tests.bench import (
    diagrams,
    explorer,
    grader,
    grader_scale,
    kernel,
    linearizability,
    live,
    pyodide,
    shrink,
    site,
    transactions,
)  # fmt: skip

MODULES = (
    kernel, pyodide, linearizability, explorer, shrink, transactions, diagrams, live, site,
    grader, grader_scale,
)  # fmt: skip
OUT = Path("_build/bench.json")


def _number(value: float) -> str:
    return f"{value:,.0f}" if value >= 1000 else f"{value:.3g}"


def main() -> None:
    """Measure, print, write: all rows, or those whose names are given."""
    table = []
    rows = [row for module in MODULES for row in module.ROWS]
    for row in [row for row in rows if row.name in sys.argv[1:] or not sys.argv[1:]]:
        print(f"· measuring {row.name} …", flush=True)
        try:
            value = row.measure()
        except ImportError as missing:
            value = None
            print(f"  {missing}. `.venv/bin/pip install -e .[bench]` brings the peers that Python needs")
        table.append(row.result(value))
    if not sys.argv[1:]:
        OUT.parent.mkdir(exist_ok=True)
        OUT.write_text(json.dumps(table, indent=1) + "\n", encoding="utf-8")
    print(f"\n{'goal':26} {'measured':>20} {'wanted':>20}  holds")
    for line in table:
        measured = "-" if line["value"] is None else f"{_number(line['value'])} {line['unit']}"
        holds = {True: "yes", False: "no", None: "-"}[line["holds"]]
        print(f"{line['name']:26} {measured:>20} {line['goal']:>20}  {holds}")
    if not sys.argv[1:]:
        print(f"\n{OUT}")


if __name__ == "__main__":
    main()
