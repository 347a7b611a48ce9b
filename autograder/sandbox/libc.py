"""System calls that Python does not offer, with errors as ``OSError``."""

from __future__ import annotations

import ctypes
import os
from typing import Any

_LIBC = ctypes.CDLL(None, use_errno=True)

PR_SET_PDEATHSIG, PR_SET_DUMPABLE, PR_SET_SECCOMP, PR_CAPBSET_DROP = 1, 4, 22, 24
PR_SET_NO_NEW_PRIVS, PR_CAP_AMBIENT = 38, 47


def _checked(name: str, result: int) -> int:
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{name}: {os.strerror(number)}")
    return result


def unshare(flags: int) -> None:
    """Move into new namespaces."""
    _checked("unshare", _LIBC.unshare(ctypes.c_int(flags)))


def mount(source: str, target: str, kind: str = "", flags: int = 0, data: str = "") -> None:
    """Mount a file system, or bind a directory."""
    result = _LIBC.mount(
        source.encode(), target.encode(), kind.encode() or None, ctypes.c_ulong(flags), data.encode() or None
    )
    _checked(f"mount {kind or source} on {target}", result)


def prctl(option: int, first: int = 0, second: int = 0) -> int:
    """Change a property of this process."""
    longs = [ctypes.c_ulong(x) for x in (first, second, 0, 0)]
    return _checked(f"prctl({option})", _LIBC.prctl(ctypes.c_int(option), *longs))


def capset(header: ctypes.Structure, data: ctypes.Array[Any]) -> None:
    """Set the capabilities of this process."""
    _checked("capset", _LIBC.capset(ctypes.byref(header), ctypes.byref(data)))
