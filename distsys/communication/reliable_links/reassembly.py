"""The receiving half of a stream: bytes arrive in any order, or twice, and are read in order, once."""

from __future__ import annotations

from .sequence import MODULUS, ahead


class Reassembly:
    """Puts a stream of bytes in order, in a buffer of limited size.

    Args:
        capacity: how many bytes may wait in the buffer; the window is what is left of it.
        first: the sequence number of the first byte.
        modulus: how many sequence numbers there are; at least twice the capacity.

    Attributes:
        arrived: how many bytes are in order, read or not.
        ready: those of them that are not read yet.
    """

    def __init__(self, capacity: int = 65_535, first: int = 0, modulus: int = MODULUS) -> None:
        if not 0 < capacity <= modulus // 2:
            raise ValueError(f"a buffer of {capacity} bytes needs at least {2 * capacity} sequence numbers")
        self.capacity, self.first, self.modulus = capacity, first, modulus
        self.arrived = 0
        self.ready = b""
        self._later: dict[int, bytes] = {}  # what waits for earlier bytes, by its place in the stream

    @property
    def wanted(self) -> int:
        """The sequence number of the next byte that is missing; this is what is acknowledged."""
        return (self.first + self.arrived) % self.modulus

    @property
    def window(self) -> int:
        """How many bytes from ``wanted`` on there is room for."""
        return self.capacity - len(self.ready)

    def segment(self, seq: int, data: bytes) -> None:
        """Take in a segment; what was there before, or has no room, is left out.

        Args:
            seq: the sequence number of its first byte.
            data: the bytes.
        """
        early = ahead(seq, self.wanted, self.modulus)
        if early > self.modulus // 2:  # it begins before what is wanted
            early -= self.modulus
        place, room = self.arrived + early, self.window - early
        if room > 0 and len(data) > len(self._later.get(place, b"")):
            self._later[place] = data[:room]
        while self._later and (place := min(self._later)) <= self.arrived:
            fresh = self._later.pop(place)[self.arrived - place :]
            self.ready += fresh
            self.arrived += len(fresh)

    def read(self, most: int | None = None) -> bytes:
        """Take so many bytes out of the buffer, or all that are in order."""
        size = len(self.ready) if most is None else most
        found, self.ready = self.ready[:size], self.ready[size:]
        return found
