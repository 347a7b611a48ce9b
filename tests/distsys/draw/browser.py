"""A real browser that real keys reach: scripts on a page can only pretend to press one."""

import json
import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Timer
from typing import Any

from tests.site.browser import chromium

KEYS = {"Tab": 9, "End": 35, "Home": 36, "ArrowLeft": 37, "ArrowRight": 39}


class Browser:
    """One open page, over the debugging protocol of the browser: JSON in two pipes, a zero after each."""

    def __init__(self, ask: int, answers: Any) -> None:
        self.ask, self.answers, self.number, self.session = ask, answers, 0, {}

    def tell(self, method: str, **params: Any) -> Any:
        """Call a method of the protocol; what happens meanwhile is not looked at."""
        self.number += 1
        call = {"id": self.number, "method": method, "params": params, **self.session}
        os.write(self.ask, json.dumps(call).encode() + b"\0")
        while True:
            answer = json.loads(self._next())
            if answer.get("id") == self.number:
                assert "result" in answer, answer
                return answer["result"]

    def _next(self) -> bytes:
        found = bytearray()
        while (byte := self.answers.read(1)) not in (b"\0", b""):
            found += byte
        return bytes(found)

    def open(self, page: Path, width: int, height: int) -> None:
        """Open a page in a window of this size, and wait until it is there."""
        target = self.tell("Target.createTarget", url="about:blank")["targetId"]
        session = self.tell("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        self.session = {"sessionId": session}
        size = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False}
        self.tell("Emulation.setDeviceMetricsOverride", **size)
        self.tell("Page.navigate", url=page.as_uri())
        self.run("new Promise(done=>{if(document.readyState==='complete')done();else onload=done})")

    def run(self, script: str) -> Any:
        """The value of an expression, as JSON."""
        options = {"returnByValue": True, "awaitPromise": True}
        return self.tell("Runtime.evaluate", expression=script, **options)["result"].get("value")

    def press(self, *keys: str) -> None:
        """Press keys, one after the other, and wait until each has been drawn."""
        for key in keys:
            event = {"key": key, "code": key, "windowsVirtualKeyCode": KEYS[key]}
            self.tell("Input.dispatchKeyEvent", type="rawKeyDown", **event)
            self.tell("Input.dispatchKeyEvent", type="keyUp", **event)
            self.run("new Promise(done=>requestAnimationFrame(()=>requestAnimationFrame(done)))")


@contextmanager
def browser(folder: Path) -> Iterator[Browser]:
    """A browser of its own that ends with the block."""
    hear, ask = os.pipe()
    answers, answer = os.pipe()
    command = [
        "bash", "-c", f'exec "$@" 3<&{hear} 4>&{answer}', "bash", chromium(), "--headless=new",
        "--no-sandbox", "--disable-gpu", "--remote-debugging-pipe", f"--user-data-dir={folder}",
    ]  # fmt: skip
    process = subprocess.Popen(command, pass_fds=(hear, answer), stderr=subprocess.DEVNULL)
    limit = Timer(120, process.kill)  # what hangs is a failure, not a wait
    limit.start()
    os.close(hear)
    os.close(answer)
    with os.fdopen(answers, "rb") as reader:
        try:
            yield Browser(ask, reader)
        finally:
            limit.cancel()
            os.close(ask)
            process.terminate()
            process.wait(20)
