"""nbgrader's formgrader on a course root, as its own server runs it."""

import json
import os
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from urllib.error import URLError

EXTENSION = "nbgrader.server_extensions.formgrader"
_PATIENCE = 60  # seconds


class Formgrader:
    """A running formgrader.

    Args:
        origin: its address.
    """

    def __init__(self, origin: str) -> None:
        self.origin = origin

    def get(self, path: str) -> str:
        with urllib.request.urlopen(f"{self.origin}/formgrader/{path}", timeout=_PATIENCE) as answer:
            return answer.read().decode()

    def api(self, path: str) -> list[dict]:
        return json.loads(self.get(f"api/{path}"))


@contextmanager
def formgrader(root: Path, scratch: Path) -> Iterator[Formgrader]:
    """Starts the server on a free port of this machine; nothing of the user's own settings is read."""
    scratch.mkdir(exist_ok=True)
    folders = {f"JUPYTER_{name}_DIR": str(scratch / name.lower()) for name in ("RUNTIME", "CONFIG", "DATA")}
    options = {
        "ip": "127.0.0.1",
        "port": "0",
        "token": "",
        "password": "",
        "open_browser": "False",
        "allow_root": "True",
        "root_dir": str(root),
    }
    (scratch / "config").mkdir()
    settings = {"ServerApp": {"jpserver_extensions": {**_others(), EXTENSION: True}}}
    (scratch / "config" / "jupyter_server_config.json").write_text(json.dumps(settings))
    command = [sys.executable, "-m", "jupyter_server", *(f"--ServerApp.{k}={v}" for k, v in options.items())]
    with (scratch / "log").open("w") as log:
        server = subprocess.Popen(
            command, cwd=root, stdout=log, stderr=log, env={**os.environ, **folders, "HOME": str(scratch)}
        )
        try:
            yield Formgrader(_address(server, scratch))
        finally:
            server.terminate()
            server.wait()


def _others() -> dict[str, bool]:
    """Every extension that is installed, to be left out: they cost seconds."""
    installed = (Path(sys.prefix) / "etc" / "jupyter" / "jupyter_server_config.d").glob("*.json")
    settings = [json.loads(path.read_text())["ServerApp"]["jpserver_extensions"] for path in installed]
    return {name: False for one in settings for name in one}


def _address(server: subprocess.Popen, scratch: Path) -> str:
    told = scratch / "runtime" / f"jpserver-{server.pid}.json"
    until = time.monotonic() + _PATIENCE
    while server.poll() is None and time.monotonic() < until:
        time.sleep(0.05)
        if told.exists() and (text := told.read_text()):  # written before the server listens
            origin = json.loads(text)["url"].rstrip("/")
            with suppress(URLError):
                Formgrader(origin).get("api/status")
                return origin
    raise AssertionError(f"formgrader did not start:\n{(scratch / 'log').read_text()}")
