"""Frames: how do messages keep apart on a stream of bytes, and when has one waited long enough?

A frame is two lengths, then a text of JSON, then raw bytes to which the JSON refers. One deadline holds for
a whole message: bytes that drip in one by one do not prolong it.
"""

from __future__ import annotations

import re
import socket
from json import JSONDecoder, JSONEncoder
from struct import Struct, pack
from time import monotonic  # bound here: during a simulated run the module's own refuses to answer
from typing import Any

from .errors import Gone, Malformed, TimeIsUp

MOST_BYTES = 32 << 20
MOST_BRACKETS = 2_000_000  # so that no small text becomes gigabytes of empty lists
MOST_DIGITS = 20_000

_HEAD = Struct("<II")
_TICK = pack("ll", 0, 100_000)  # how often a waiting judge looks at its clock: ten times a second
_CHUNK = 1 << 16
_NOTHING = memoryview(b"")
_LONG_NUMBER = re.compile(rb"\d{19}")


def _short(digits: str) -> int:
    """Whole numbers of more than 18 digits are written as hexadecimal texts, whose length is checked."""
    if len(digits.lstrip("-")) > 18:
        raise Malformed("a number of more than 18 digits")
    return int(digits)


_encode = JSONEncoder(ensure_ascii=False, separators=(",", ":"), check_circular=False).encode
_decode = JSONDecoder().raw_decode  # no white space around it
_decode_carefully = JSONDecoder(parse_int=_short).raw_decode


class Channel:
    """Sends and receives messages.

    Args:
        sock: one end of a connected stream.
        hurried: whether this side watches deadlines; the other one waits for ever.
    """

    def __init__(self, sock: socket.socket, hurried: bool) -> None:
        self.sock, self._rest = sock, b""
        sock.settimeout(None)
        if hurried:
            for way in (socket.SO_RCVTIMEO, socket.SO_SNDTIMEO):
                sock.setsockopt(socket.SOL_SOCKET, way, _TICK)

    def send(self, data: bytes, deadline: float) -> None:
        """Write a frame that :func:`packed` made; no part of it may leave after the deadline."""
        while data:
            try:
                sent = self.sock.send(data)
            except (BlockingIOError, InterruptedError):
                sent = 0
            except OSError as error:
                raise Gone("the student's process has ended") from error
            if sent == len(data):
                return
            data = data[sent:]
            if monotonic() > deadline:
                raise TimeIsUp

    def receive(self, deadline: float) -> tuple[Any, memoryview]:
        """The next message: its JSON, and the raw bytes behind it.

        Raises:
            TimeIsUp: if it is not complete at the deadline.
            Gone: if the other process has ended.
            Malformed: if the bytes are no message, or the message is too large.
        """
        data = self._rest or self._more(deadline)
        while len(data) < _HEAD.size:
            data += self._more(deadline)
        text, raw = _HEAD.unpack_from(data)
        size = _HEAD.size + text + raw
        if size > MOST_BYTES + _HEAD.size:
            raise Malformed(f"a message of {text + raw:,} bytes; at most {MOST_BYTES:,} are read")
        if len(data) < size:
            data = self._fill(data, size, deadline)
        if len(data) == size and not raw:  # the usual case
            self._rest = b""
            return _parsed(data[_HEAD.size :]), _NOTHING
        self._rest = bytes(data[size:]) if len(data) > size else b""
        end = _HEAD.size + text
        return _parsed(bytes(data[_HEAD.size : end])), memoryview(data)[end:size]

    def _fill(self, start: bytes, size: int, deadline: float) -> bytes:
        whole = bytearray(start)
        while len(whole) < size:
            whole += self._more(deadline)
            if monotonic() > deadline:
                raise TimeIsUp
        return bytes(whole)

    def _more(self, deadline: float) -> bytes:
        while True:
            try:
                chunk = self.sock.recv(_CHUNK)
            except (BlockingIOError, InterruptedError):
                if monotonic() > deadline:
                    raise TimeIsUp from None
                continue
            except OSError as error:
                raise Gone("the student's process has ended") from error
            if not chunk:
                raise Gone("the student's process has ended")
            return chunk


def packed(tree: Any, raw: list[bytes]) -> bytes:
    """A frame with this JSON and these raw bytes, one behind the other.

    Raises:
        Malformed: if it is larger than a message may be.
    """
    try:
        text = _encode(tree).encode()
        if _LONG_NUMBER.search(text):
            text = _encode(_careful(tree)).encode()
    except ValueError:  # a text with half a character in it, or a number of thousands of digits
        text = _encode(_careful(tree)).encode()
    behind = b"".join(raw)
    if len(text) + len(behind) > MOST_BYTES:
        raise Malformed(f"it takes {len(text) + len(behind):,} bytes, and at most {MOST_BYTES:,} can cross")
    return _HEAD.pack(len(text), len(behind)) + text + behind


def spelled(tree: Any) -> str:
    """The text of some JSON, to tell 0 from False and from -0.0."""
    try:
        return _encode(tree)
    except ValueError:
        return _encode(_careful(tree))


def _careful(tree: Any) -> Any:
    """The same JSON with large numbers and half characters in a form that every reader reads alike."""
    kind = type(tree)
    if kind is int and abs(tree) >= 10**18:
        if tree.bit_length() > 4 * MOST_DIGITS:
            raise Malformed(f"it holds a whole number of {tree.bit_length():,} bits")
        return {"i": hex(tree)}
    if kind is str and any("\ud800" <= letter <= "\udfff" for letter in tree):
        return {"s": tree.encode("utf-32-le", "surrogatepass").hex()}
    if kind is list:
        return [_careful(part) for part in tree]
    if kind is dict:
        return {key: _careful(part) for key, part in tree.items()}
    return tree


def _parsed(text: bytes) -> Any:
    if len(text) > MOST_BRACKETS and text.count(b"[") + text.count(b"{") > MOST_BRACKETS:
        raise Malformed("a message of too many parts")
    try:
        decode = _decode_carefully if len(text) > 18 and _LONG_NUMBER.search(text) else _decode
        letters = text.decode()
        tree, end = decode(letters, 0)
    except RecursionError:
        raise Malformed("a message that is nested too deeply") from None
    except ValueError as error:
        raise Malformed(f"a message that is not JSON: {str(error)[:80]}") from None
    if end != len(letters):
        raise Malformed("a message with something behind it")
    return tree
