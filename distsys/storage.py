"""Disks: what is still there after the power failed?

A write goes into the operating system's cache first. Only ``fsync`` makes sure that it is on the disk. A
crash may lose everything since the last ``fsync``, or keep some of it: the cache is written back in the
background, a block at a time, so the last write can be *torn*, with its first bytes new and the rest old.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from random import Random


@dataclass
class _File:
    """One file: what is safe, what the running process sees, and the writes between the two."""

    synced: bytearray | None = None  # None: not even the file's name is safe
    content: bytearray = field(default_factory=bytearray)
    waiting: list[tuple[int, bytes]] = field(default_factory=list)  # (offset, data); -1 truncates first

    def put(self, offset: int, data: bytes) -> None:
        _put(self.content, offset, data)
        self.waiting.append((offset, data))

    def save(self, count: int) -> None:
        """Write the first waiting writes back; without a copy, since logs are long and synced often."""
        self.synced = bytearray() if self.synced is None else self.synced
        for offset, data in self.waiting[:count]:
            _put(self.synced, offset, data)
        del self.waiting[:count]


def _put(content: bytearray, offset: int, data: bytes) -> None:
    if offset < 0:
        content[:] = data
    else:
        content[offset : offset + len(data)] = data


class Disk:
    """The files of one machine. They survive a crash of the process; what was not synced may not.

    Example:
        >>> disk = Disk()
        >>> disk.append("log", b"one")
        >>> disk.fsync("log")
        >>> disk.append("log", b"two")
        >>> disk.crash(Random(1), tear=False)
        >>> disk.read("log")
        b'one'
    """

    def __init__(self) -> None:
        self._files: dict[str, _File] = {}

    @property
    def files(self) -> tuple[str, ...]:
        """The names of all files, sorted."""
        return tuple(sorted(self._files))

    def read(self, name: str) -> bytes:
        """The content as the running process sees it; empty if there is no such file."""
        return bytes(self._files[name].content) if name in self._files else b""

    def write(self, name: str, data: bytes) -> None:
        """Replace the whole content."""
        self._file(name, data).put(-1, data)

    def append(self, name: str, data: bytes) -> None:
        """Add bytes at the end."""
        file = self._file(name, data)
        file.put(len(file.content), data)

    def fsync(self, name: str) -> None:
        """Return only when everything written to this file so far is safe."""
        if name not in self._files:
            raise FileNotFoundError(f"fsync({name!r}): there is no such file; write or append first")
        file = self._files[name]
        file.save(len(file.waiting))

    def delete(self, name: str) -> None:
        """Remove a file, at once and for good; nothing happens if there is none."""
        self._files.pop(name, None)

    def crash(self, random: Random, tear: bool = True) -> None:
        """Lose what was not synced.

        Args:
            random: decides how much of it had been written back before the crash.
            tear: if false, nothing had; if true, some writes may survive, the last of them in part.
        """
        for name in self.files:
            file = self._files[name]
            if tear and file.waiting:
                file.save(random.randint(0, len(file.waiting)))
                for offset, data in file.waiting[:1]:
                    file.waiting = [(max(offset, 0), data[: random.randint(0, len(data))])]
                    file.save(1)
            file.waiting = []
            if file.synced is None:
                del self._files[name]
            else:
                file.content = bytearray(file.synced)

    def _file(self, name: str, data: bytes) -> _File:
        if not isinstance(data, bytes):
            raise TypeError(f"a file holds bytes, not {type(data).__name__}; encode it first")
        return self._files.setdefault(name, _File())
