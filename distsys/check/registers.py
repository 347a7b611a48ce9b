"""Registers: what do reads tell about transactions if all writes write unique values?"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import Any

from .dependencies import Dependencies
from .txn import Txn


class RegisterDependencies(Dependencies):
    """What reads of registers tell, if all writes write unique values."""

    verb = "write"

    def __init__(self, transactions: Sequence[Txn]) -> None:
        super().__init__(transactions)
        for key, known in self.objects.items():
            if None in known.writers:
                name = self.name(known.writers[None])
                raise ValueError(f"None is the value that nobody wrote, but {name} wrote it to {key}")
        self.replaced: dict[tuple[Hashable, Any], list[int]] = {}  # who read a value and then wrote another
        numbers = sorted(self.effective)
        while numbers:
            sources = [self._read(number) for number in numbers]
            numbers = self._admit(one for found in sources for one in found)
        self._follow()

    def _read(self, number: int) -> list[int]:
        """What the reads of one transaction tell. Returns whose writes it saw."""
        own: dict[Hashable, Any] = {}
        seen: dict[Hashable, Any] = {}
        sources = []
        for verb, key, value in self.steps[number]:
            if verb == "write":
                if key in seen:
                    self.replaced.setdefault((key, seen[key]), []).append(number)
                own[key] = value
            elif key in own:
                if value != own[key]:
                    words = f"{self.name(number)} wrote {own[key]!r} to {key}, but then read {value!r}"
                    self.flaw("internal", key, (number, value), words, number)
            elif key not in seen or seen[key] != value:
                source = -1 if value is None else self._judge_source(number, key, value)
                if source >= 0:
                    self.edges.append((source, number, "wr", key, value))
                    sources.append(source)
                if source >= 0 or value is None:
                    self.readers.setdefault((key, value), []).append(number)
                    seen[key] = value
        return sources

    def _follow(self) -> None:
        """Who replaced what somebody read, as far as that is certain, and whose order is not."""
        for key, known in self.objects.items():
            writers = {one: self.left(one, key) for one in known.writers.values() if one in self.effective}
            for reader in self.readers.get((key, None), ()):
                self._replace(reader, key, writers)
            for value in writers.values():
                # Who read a value and wrote another came after it, or else there is a circle of ww and wr.
                followers = {one: writers[one] for one in self.replaced.get((key, value), ())}
                for reader in self.readers.get((key, value), ()) if followers else ():
                    self._replace(reader, key, followers)
            if len(writers) > 1 and not self._chained(key, writers):
                self.rivals[key] = writers

    def _replace(self, reader: int, key: Hashable, writers: dict[int, Any]) -> None:
        self.edges.extend((reader, one, "rw", key, value) for one, value in writers.items() if one != reader)

    def _chained(self, key: Hashable, writers: dict[int, Any]) -> bool:
        """Whether each writer replaced what the one before it wrote, from the initial value on."""
        value, left = None, len(writers)
        while left:
            followers = self.replaced.get((key, value), ())
            if not followers:
                return False
            value, left = writers[followers[0]], left - 1
        return True
