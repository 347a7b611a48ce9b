"""When is it too late?  One deadline for a whole call, however the bytes arrive.

A time-out for each ``recv`` can be stretched for ever by sending a byte now and then.
"""

from __future__ import annotations

import socket
import time


class Deadline:
    """A moment, ``seconds`` from now."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self.at = time.monotonic() + seconds

    def left(self) -> float:
        """Seconds left.

        Raises:
            TimeoutError: if none is left.
        """
        left = self.at - time.monotonic()
        if left <= 0:
            raise TimeoutError(f"no complete answer within {self.seconds:g} s")
        return left

    def receive(self, source: socket.socket, count: int) -> bytes:
        """Read exactly ``count`` bytes.

        Raises:
            TimeoutError: if they are not complete in time.
            EOFError: if the other side ended before.
        """
        data = bytearray()
        while len(data) < count:
            source.settimeout(self.left())
            piece = source.recv(min(count - len(data), 1 << 20))
            if not piece:
                raise EOFError(f"the other side ended after {len(data)} of {count} bytes")
            data += piece
        return bytes(data)

    def packet(self, source: socket.socket, size: int = 1 << 17) -> bytes:
        """Read one packet of a SOCK_SEQPACKET socket; empty when the other side has ended."""
        source.settimeout(self.left())
        return source.recv(size)

    def send(self, target: socket.socket, data: bytes) -> None:
        """Send all of ``data``, or raise ``TimeoutError``."""
        target.settimeout(self.left())
        target.sendall(data)
