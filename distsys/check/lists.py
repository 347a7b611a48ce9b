"""Lists: what do reads tell about transactions if all writes append unique values?

A read shows the whole order of the versions up to then. So the longest read of a list gives the order, and
what nobody saw comes after it.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Sequence
from typing import Any

from .dependencies import Dependencies, Object
from .txn import Txn, show


class ListDependencies(Dependencies):
    """See :class:`.Dependencies`."""

    verb = "append"

    def __init__(self, transactions: Sequence[Txn]) -> None:
        super().__init__(transactions)
        numbers = sorted(self.effective)
        while numbers:
            self._find_longest(numbers)
            numbers = self._admit(self._seen())
        for key, known in self.objects.items():
            self._order(key, known)
        self._read(sorted(self.effective))

    def _find_longest(self, numbers: list[int]) -> None:
        """The longest list that anybody saw of each key, without what was aborted."""
        objects, steps = self.objects, self.steps
        for number in numbers:
            for verb, key, value in steps[number]:
                if verb == "read":
                    known = objects.get(key)
                    if known is None:
                        known = objects[key] = Object()
                    seen = value
                    if type(seen) is not tuple:
                        seen = self._list(number, key, value)
                    if known.aborted:
                        seen = _without(seen, known.aborted)
                    if len(seen) > len(known.longest):
                        known.longest, known.reader = seen, number

    def _list(self, number: int, key: Hashable, value: Any) -> tuple[Any, ...]:
        if value is None:
            return ()
        raise ValueError(f"a read of a list shows a list, but {self.name(number)} read {value!r} from {key}")

    def _seen(self) -> Iterator[int]:
        """Who appended what somebody saw."""
        for known in self.objects.values():
            for value in known.longest:
                if value in known.writers:
                    yield known.writers[value]

    def _order(self, key: Hashable, known: Object) -> None:
        """Who appended after whom; what nobody saw came at the end."""
        writers, longest, effective = known.writers, known.longest, self.effective
        sources = known.sources = [writers.get(value, -1) for value in longest]
        if -1 in sources or len(set(longest)) < len(longest):
            self._blot_out(key, known)
        before = -1
        for number, value in zip(sources, longest, strict=True):
            if number >= 0:
                if number != before and before >= 0:
                    self.edges.append((before, number, "ww", key, value))
                before = number
        if len(writers) > len(longest) or -1 in sources:
            seen = set(longest)
            unseen = known.unseen = {
                number: value
                for value, number in writers.items()
                if value not in seen and number in effective
            }
            for number, value in unseen.items():
                if number != before and before >= 0:
                    self.edges.append((before, number, "ww", key, value))
            if len(unseen) > 1:
                self.rivals[key] = unseen

    def _blot_out(self, key: Hashable, known: Object) -> None:
        """Note what cannot be in a list, and make nothing of it."""
        seen = set()
        for at, value in enumerate(known.longest):
            if value in seen:
                words = (
                    f"{self.name(known.reader)} read {show(known.longest)} from {key}, with {value!r} twice"
                )
                self.flaw("duplicate", key, value, words, known.reader)
                known.sources[at] = -1
            elif known.sources[at] < 0:
                self._judge_source(known.reader, key, value)
            seen.add(value)

    def _read(self, numbers: list[int]) -> None:  # noqa: PLR0912 - calls would cost more than what they do
        """What reads tell."""
        objects, steps, edge = self.objects, self.steps, self.edges.append
        for number in numbers:
            own: dict[Hashable, tuple[Any, ...]] = {}
            for verb, key, value in steps[number]:
                if verb == "append":
                    own[key] = (*own[key], value) if key in own else (value,)
                    continue
                known, seen = objects[key], value or ()
                length = len(seen)
                if known.longest[:length] != seen:
                    seen = self._cleaned(number, key, seen)
                    length = len(seen)
                    if known.longest[:length] != seen:
                        self._incompatible(number, key, seen)
                        continue
                if key in own:
                    length -= len(own[key])
                    if seen[length:] != own[key]:
                        self._forgot(number, key, own[key], seen)
                        continue
                if length:
                    last, source = seen[length - 1], known.sources[length - 1]
                    if source == number or last in known.intermediate:
                        self._judge_source(number, key, last)
                        continue
                    if source >= 0:
                        edge((source, number, "wr", key, last))
                if length < len(known.sources) and known.sources[length] >= 0:
                    if known.sources[length] != number:
                        edge((number, known.sources[length], "rw", key, known.longest[length]))
                else:
                    self._miss(number, key, known, length)

    def _miss(self, number: int, key: Hashable, known: Object, length: int) -> None:
        """Somebody saw the whole list, or what comes next in it tells nothing."""
        rest = zip(known.sources[length:], known.longest[length:], strict=True)
        after = next(((source, value) for source, value in rest if source >= 0), None)
        for writer, missed in [after] if after else known.unseen.items():
            if writer != number:
                self.edges.append((number, writer, "rw", key, missed))

    def _forgot(self, number: int, key: Hashable, own: tuple[Any, ...], seen: tuple[Any, ...]) -> None:
        words = f"{self.name(number)} appended {show(own)} to {key}, but then read {show(seen)}"
        self.flaw("internal", key, (number, seen), words, number)

    def _cleaned(self, number: int, key: Hashable, seen: tuple[Any, ...]) -> tuple[Any, ...]:
        """Note that somebody saw what was aborted, and go on without it."""
        aborted = self.objects[key].aborted
        for value in seen:
            if value in aborted:
                self._judge_source(number, key, value)
        return _without(seen, aborted)

    def _incompatible(self, number: int, key: Hashable, seen: tuple[Any, ...]) -> None:
        """Neither list of two is the beginning of the other; or there is something in it that cannot be."""
        known = self.objects[key]
        for value in seen:
            if value not in known.writers:
                self._judge_source(number, key, value)
        if len(set(seen)) < len(seen):
            words = f"{self.name(number)} read {show(seen)} from {key}, with a value twice"
            self.flaw("duplicate", key, seen, words, number)
        words = (
            f"{self.name(number)} read {show(seen)} from {key}, but {self.name(known.reader)} read "
            f"{show(known.longest)}, and neither can have grown into the other"
        )
        self.flaw("incompatible order", key, seen, words, number, known.reader)


def _without(values: tuple[Any, ...], unwanted: set[Any]) -> tuple[Any, ...]:
    return tuple(value for value in values if value not in unwanted)
