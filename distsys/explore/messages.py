"""Messages: how is what is on its way packed into the upper bits of a state?

In a *set* every message ever sent stays for ever: it may arrive never (loss), twice (duplication) or after
others (reordering), and none of this needs a step of its own. In a *bag* each message arrives at most once,
in any order. In *fifo* order each link is a queue, like a connection that never breaks.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Hashable, Iterator, Sequence
from typing import Any, ClassVar

from .values import NotExplorable, key

QUEUE_BITS = 16
QUEUE = (1 << QUEUE_BITS) - 1


class Messages(ABC):
    """Every different message that was ever sent, by number, and where in a state it is kept.

    Args:
        names: the nodes; everywhere else they are given by their place in this list.
        shift: the lowest bit of a state that belongs to the messages.
        views: for each node, the bits of a state on which its next steps depend; its inbox is added here.

    Attributes:
        letters: sender, receiver and content of each message.
        inboxes: for each node, the bits of a state that hold the messages to it.
    """

    chunk_bits: ClassVar[int]  # renaming works on so many bits at once

    def __init__(self, names: Sequence[str], shift: int, views: list[int]) -> None:
        self.names, self.shift, self.views = tuple(names), shift, views
        self.letters: list[tuple[str, str, object]] = []
        self.inboxes = [0] * len(names)
        self._numbers: dict[Hashable, int] = {}

    def number(self, src: str, dst: str, message: object) -> int:
        """The number of a message on its link, the same for equal messages."""
        identity = src, dst, key(message)
        number = self._numbers.get(identity)
        if number is None:
            number = self._numbers[identity] = len(self.letters)
            self.letters.append((src, dst, message))
            self._make_room(number)
        return number

    @abstractmethod
    def arrivals(self, node: int, state: int) -> list[tuple[int, int]]:
        """What may arrive at a node: the number of a message, and what to add to the state if it does."""

    @abstractmethod
    def parcel(self, sent: tuple[int, ...]) -> Any:
        """Messages that are sent together, prepared for :meth:`send`."""

    @abstractmethod
    def send(self, state: int, parcel: Any) -> int:
        """The state after a parcel was sent."""

    def lasting(self, number: int) -> int:
        """The bit of a message that stays although it has arrived; 0 if it goes."""
        return 0

    def renamed(self, state: int, rename: Callable[[int], int], memo: dict[tuple[int, int], int]) -> int:
        """The messages of a state, with each of them replaced by another.

        Args:
            state: a state without its other bits.
            rename: what becomes of a message, by number.
            memo: remembers what was computed for the same ``rename``.
        """
        rest, place, renamed = state >> self.shift, 0, 0
        while rest:
            chunk = rest & ((1 << self.chunk_bits) - 1)
            if chunk:
                found = memo.get((place, chunk))
                if found is None:
                    found = memo[place, chunk] = self._renamed_chunk(place, chunk, rename)
                renamed |= found
            rest >>= self.chunk_bits
            place += 1
        return renamed

    @abstractmethod
    def _make_room(self, number: int) -> None:
        """Reserve bits for a message that was never sent before."""

    @abstractmethod
    def _renamed_chunk(self, place: int, chunk: int, rename: Callable[[int], int]) -> int:
        """Rename the messages in a few bits of a state."""

    def _widen_inbox(self, node: str, bits: int) -> None:
        place = self.names.index(node)
        self.inboxes[place] |= bits
        self.views[place] |= bits


class _Bits(Messages):
    """Messages that are kept as one bit a copy."""

    chunk_bits = 8

    def __init__(self, names: Sequence[str], shift: int, views: list[int]) -> None:
        super().__init__(names, shift, views)
        self.copies: list[list[int]] = []  # the bits of each message, a copy each
        self.owners: list[tuple[int, int]] = []  # the message of each bit, and which copy it is

    def _make_room(self, number: int) -> None:
        self.copies.append([])
        self._bit(number, 0)

    def _bit(self, number: int, copy: int) -> int:
        """The bit of a copy of a message; the copies before it have theirs already."""
        bits = self.copies[number]
        if copy == len(bits):
            bits.append(1 << (self.shift + len(self.owners)))
            self.owners.append((number, copy))
            self._widen_inbox(self.letters[number][1], bits[-1])
        return bits[copy]

    def _present(self, node: int, state: int) -> Iterator[tuple[int, int]]:
        """The messages to a node, each with its copies."""
        here = state & self.inboxes[node]
        while here:
            bit = here & -here
            here ^= bit
            yield self.owners[bit.bit_length() - 1 - self.shift]

    def _renamed_chunk(self, place: int, chunk: int, rename: Callable[[int], int]) -> int:
        renamed = 0
        for bit in range(self.chunk_bits):
            if chunk >> bit & 1:
                number, copy = self.owners[place * self.chunk_bits + bit]
                bits = [self._bit(rename(number), earlier) for earlier in range(copy + 1)]
                renamed |= bits[-1]
        return renamed


class MessageSet(_Bits):
    """Was it ever sent? One bit a message."""

    def arrivals(self, node: int, state: int) -> list[tuple[int, int]]:
        """Whatever was sent may arrive, and stays."""
        return [(number, 0) for number, _ in self._present(node, state)]

    def lasting(self, number: int) -> int:
        """The bit of the message."""
        return self.copies[number][0]

    def parcel(self, sent: tuple[int, ...]) -> int:
        """The bits of the messages."""
        bits = 0
        for number in sent:
            bits |= self.copies[number][0]
        return bits

    def send(self, state: int, parcel: int) -> int:
        """Set the bits."""
        return state | parcel


class MessageBag(_Bits):
    """Are there at least so many copies on their way? One bit a copy."""

    def arrivals(self, node: int, state: int) -> list[tuple[int, int]]:
        """Whatever is on its way may arrive, and is gone; of several copies the last bit goes."""
        return [
            (number, -max(bit for bit in self.copies[number] if state & bit))
            for number, copy in self._present(node, state)
            if copy == 0
        ]

    def parcel(self, sent: tuple[int, ...]) -> tuple[int, ...]:
        """The messages themselves: their bits depend on what is on its way already."""
        return sent

    def send(self, state: int, parcel: tuple[int, ...]) -> int:
        """Set the lowest free bit of each message."""
        for number in parcel:
            copy = 0
            while state & self._bit(number, copy):
                copy += 1
            state |= self._bit(number, copy)
        return state


class MessageQueues(Messages):
    """Which messages wait on this link, in which order? One field a link."""

    chunk_bits = QUEUE_BITS

    def __init__(self, names: Sequence[str], shift: int, views: list[int]) -> None:
        super().__init__(names, shift, views)
        self._lows: dict[tuple[str, str], int] = {}  # the lowest bit of each link
        self._queues: list[tuple[int, ...]] = [()]  # shared by all links; 0 is the empty queue
        self._queue_numbers: dict[tuple[int, ...], int] = {(): 0}

    def arrivals(self, node: int, state: int) -> list[tuple[int, int]]:
        """The first message of each link to the node may arrive."""
        found = []
        for (_, dst), low in self._lows.items():
            waiting = state >> low & QUEUE
            if dst == self.names[node] and waiting:
                first, *rest = self._queues[waiting]
                found.append((first, (self._queue(tuple(rest)) - waiting) << low))
        return found

    def parcel(self, sent: tuple[int, ...]) -> tuple[tuple[int, int], ...]:
        """The messages, each with the lowest bit of its link."""
        return tuple((number, self._lows[self.letters[number][:2]]) for number in sent)

    def send(self, state: int, parcel: tuple[tuple[int, int], ...]) -> int:
        """Put each message at the end of its link."""
        for number, low in parcel:
            waiting = state >> low & QUEUE
            state += (self._queue((*self._queues[waiting], number)) - waiting) << low
        return state

    def _make_room(self, number: int) -> None:
        link = self.letters[number][:2]
        if link not in self._lows:
            self._lows[link] = low = self.shift + len(self._lows) * QUEUE_BITS
            self._widen_inbox(link[1], QUEUE << low)

    def _queue(self, queue: tuple[int, ...]) -> int:
        """The number of a sequence of messages."""
        number = self._queue_numbers.setdefault(queue, len(self._queues))
        if number == len(self._queues):
            self._queues.append(queue)
            if number > QUEUE:
                raise NotExplorable(
                    f"the links have held more than {number:,} different queues of messages; some node sends "
                    "for ever. Bound what it sends, cut the search with prune, or use network='set'"
                )
        return number

    def _renamed_chunk(self, place: int, chunk: int, rename: Callable[[int], int]) -> int:
        queue = tuple(map(rename, self._queues[chunk]))
        return self._queue(queue) << self._lows[self.letters[queue[0]][:2]]
