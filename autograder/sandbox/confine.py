"""What a process gives up before it runs student code: limits, capabilities, system calls."""

from __future__ import annotations

import ctypes
import os
import resource

from autograder.sandbox import libc, seccomp
from autograder.sandbox.limits import MIB, Limits

_CAPABILITY_VERSION_3 = 0x2008_0522
_RESERVED = 2                                        # the warden and its waiter count as processes, too


class _Header(ctypes.Structure):
    _fields_ = [("version", ctypes.c_uint32), ("pid", ctypes.c_int)]


class _Sets(ctypes.Structure):
    _fields_ = [(name, ctypes.c_uint32) for name in ("effective", "permitted", "inheritable")]


def drop_capabilities() -> None:
    """Give up every capability, also those a program with set-id bits could bring back."""
    for capability in range(64):
        try:
            libc.prctl(libc.PR_CAPBSET_DROP, capability)
        except OSError:                              # beyond the last that this kernel has
            break
    libc.prctl(libc.PR_CAP_AMBIENT, 4)               # clear all
    libc.capset(_Header(_CAPABILITY_VERSION_3, 0), (_Sets * 2)())
    libc.prctl(libc.PR_SET_NO_NEW_PRIVS, 1)


def limit(limits: Limits, without: frozenset[str]) -> None:
    """Set the kernel's limits on this process; the totals are the warden's."""
    wanted = {
        resource.RLIMIT_CORE: 0,
        resource.RLIMIT_FSIZE: limits.file_mib * MIB,
        resource.RLIMIT_NOFILE: limits.open_files,
        resource.RLIMIT_CPU: int(limits.cpu_seconds) + 1,
        resource.RLIMIT_MSGQUEUE: 0,
    }
    if "memory limit" not in without:                # data, not address space, of which numpy reserves plenty
        wanted[resource.RLIMIT_DATA] = limits.memory_mib * MIB
    if "process limit" not in without:
        wanted[resource.RLIMIT_NPROC] = limits.processes + _RESERVED
    for kind, value in wanted.items():
        hard = resource.getrlimit(kind)[1]
        if hard != resource.RLIM_INFINITY:
            value = min(value, hard)  # noqa: PLW2901
        elif kind == resource.RLIMIT_CPU:            # first the signal that names the reason, then the kill
            hard = value + 1
        resource.setrlimit(kind, (value, hard if kind == resource.RLIMIT_CPU else value))


def confine(limits: Limits, without: frozenset[str] = frozenset()) -> None:
    """Confine this process and all its children for ever; the warden has dropped its capabilities already."""
    os.umask(0o077)
    limit(limits, without)
    libc.prctl(libc.PR_SET_DUMPABLE, 1)              # its own /proc/self stays readable
    seccomp.install(without)
