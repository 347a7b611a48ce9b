"""Talk: one request, one answer, one deadline for all that happens in between.

In between, the student's code may ask back about objects that the judge passed in. Whatever does not fit the
protocol ends the talk: a student who writes on the socket loses the question, and nothing else happens.
"""

from __future__ import annotations

import socket
from abc import ABC, abstractmethod
from time import monotonic
from typing import Any, Never

from .errors import Bygone, CannotCross, Forged, Gone, Lost, Malformed, TimeIsUp
from .frames import Channel, packed

DEEPEST_CALLS = 40


class Talk(ABC):
    """The judge's end of the connection.

    Args:
        sock: a connected ``AF_UNIX`` stream.
        limit_s: how long one request may take, with everything that it causes.

    Attributes:
        limit_s: the same; it can be changed between requests.
        until: a budget for all requests together: a moment by ``time.monotonic()``.
        lost: why nothing can be asked any more, or None.
        crossings: requests so far.
    """

    def __init__(self, sock: socket.socket, limit_s: float) -> None:
        self.limit_s, self.until = limit_s, float("inf")
        self.lost: Lost | None = None
        self.crossings = 0
        self._channel = Channel(sock, hurried=True)
        self._deadline, self._depth, self._awake = 0.0, 0, True
        self._released: dict[int, None] = {}
        self._failure: BaseException | None = None

    @abstractmethod
    def reply(self, what: str, parts: Any, raw: memoryview) -> tuple[Any, list[bytes]]:
        """The answer to a question of the student's code: its JSON, and raw bytes behind it.

        Raises:
            Forged: if it is no question.
        """

    @abstractmethod
    def excuse(self, error: Exception) -> Any:
        """The JSON by which the student's code hears of an exception."""

    def release(self, number: int) -> None:
        """The judge holds on to an object no longer."""
        self._released[number] = None

    @abstractmethod
    def released(self, number: int) -> None:
        """The player is told that the judge holds on to an object no longer."""

    def exchange(self, what: str, parts: list[Any], raw: list[bytes]) -> tuple[Any, memoryview]:
        """Send a request and wait for its answer; questions of the student's code are answered meanwhile."""
        if not self._awake:
            raise Bygone
        if self.lost:
            raise type(self.lost)(*self.lost.args)
        if self._depth >= DEEPEST_CALLS:
            raise CannotCross("the check and the student's code call each other without end")
        number = self.crossings + 1
        try:
            frame = packed([number, what, list(self._released), *parts], raw)
        except Malformed as error:
            raise CannotCross(f"an argument of the check cannot cross: {error}") from None
        self.crossings = number
        for gone in self._released:
            self.released(gone)
        self._released.clear()
        if not self._depth:
            now = monotonic()
            self._deadline = min(now + self.limit_s, self.until)
            if now > self.until:
                self.lose(TimeIsUp("the time for this question is used up"), None)
        self._depth += 1
        try:
            answer = self._converse(number, frame)
        except TimeIsUp as error:
            budget = self._deadline == self.until
            late = f"the student's code took longer than {self.limit_s:g} s"
            self.lose(TimeIsUp("the time for this question is used up" if budget else late), error)
        except (Malformed, Forged) as error:
            self.lose(Forged(f"the student's process sent {error}"), error)
        except Gone as error:
            self.lose(error, None)
        finally:
            self._depth -= 1
        if self._failure and not self._depth:
            failure, self._failure = self._failure, None
            raise failure
        return answer

    def lose(self, lost: Lost, cause: BaseException | None) -> Never:
        """End the talk; the first reason counts."""
        if not self.lost:
            self.lost = lost
        raise self.lost from cause

    def forged(self, what: str) -> Never:
        """End the talk because of an answer that is none."""
        self.lose(Forged(f"the student's process sent {what}"), None)

    def _converse(self, number: int, frame: bytes) -> tuple[Any, memoryview]:
        """Send a frame, answer questions, and return what is no question."""
        self._channel.send(frame, self._deadline)
        while True:
            tree, raw = self._channel.receive(self._deadline)
            if type(tree) is not list or len(tree) < 3 or tree[0] != number or type(tree[0]) is not int:
                raise Forged("something else than an answer")
            if tree[1] != "back":
                return tree, raw
            self._answer(tree, raw)
            if monotonic() > self._deadline:
                raise TimeIsUp

    def _answer(self, tree: list[Any], raw: memoryview) -> None:
        if len(tree) != 4 or type(tree[2]) is not str:
            raise Forged("a question that is none")
        try:
            answer, behind = self.reply(tree[2], tree[3], raw)
            frame = packed([tree[0], "told", answer], behind)
        except Lost:
            raise
        except Exception as error:
            if isinstance(error, AssertionError):  # the check has failed, even if somebody catches it there
                self._failure = self._failure or error
            frame = packed([tree[0], "raised", self.excuse(error)], [])
        except BaseException as error:  # the check has failed, whatever the student's code makes of it
            self._failure = self._failure or error
            told = RuntimeError(f"the check has failed: {error}")
            frame = packed([tree[0], "raised", self.excuse(told)], [])
        self._channel.send(frame, self._deadline)
