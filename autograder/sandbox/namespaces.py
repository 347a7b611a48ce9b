"""A machine of its own for one submission: namespaces, files, loopback.

Runs inside bubblewrap, in a child of the zygote, before any student code.
"""

from __future__ import annotations

import fcntl
import os
import socket
import struct
from pathlib import Path

from autograder.sandbox import libc
from autograder.sandbox.limits import MIB, Limits

_USER, _PID, _NET, _IPC, _UTS, _CGROUP, _MOUNTS = (
    0x1000_0000, 0x2000_0000, 0x4000_0000, 0x0800_0000, 0x0400_0000, 0x0200_0000, 0x0002_0000
)
_READ_ONLY, _NOSUID, _NODEV, _NOEXEC, _BIND = 1, 2, 4, 8, 0x1000
_SIOCSIFFLAGS, _IFF_UP, _IFF_RUNNING = 0x8914, 0x1, 0x40

FOLDER = "/submission"
HERE = FOLDER + "/here"


def enter() -> None:
    """Move into new namespaces; the next child is process 1 of the new process namespace.

    A user namespace for each submission also gives it a private count for the limit on processes.
    """
    user, group = os.getuid(), os.getgid()
    libc.unshare(_USER | _PID | _NET | _IPC | _UTS | _CGROUP | _MOUNTS)
    Path("/proc/self/setgroups").write_text("deny", encoding="ascii")
    Path("/proc/self/uid_map").write_text(f"{user} {user} 1", encoding="ascii")
    Path("/proc/self/gid_map").write_text(f"{group} {group} 1", encoding="ascii")


def furnish(limits: Limits, shared: tuple[str, ...]) -> bool:
    """Give process 1 its files and its loopback.

    Args:
        limits: for the size of the folder.
        shared: read-only directories of the host; nothing is mounted over a parent of these, because
            modules are imported from there later.

    Returns:
        Whether there is a private ``/proc``. Without it ``/proc`` is empty.
    """
    size = f"size={limits.folder_mib * MIB},nr_inodes={limits.files},mode=700"
    libc.mount("tmpfs", FOLDER, "tmpfs", _NOSUID | _NODEV, size)
    for name, place in (("here", ""), ("tmp", "/tmp"), ("shm", "/dev/shm")):     # one quota for all three
        inside = Path(FOLDER, name)
        inside.mkdir()
        if place and not any(s.startswith(place + "/") for s in shared):
            libc.mount(str(inside), place, flags=_BIND)
    _raise_loopback()
    try:
        libc.mount("proc", "/proc", "proc", _NOSUID | _NODEV | _NOEXEC)
    except PermissionError:                                  # parts of the outer /proc are masked
        libc.mount("tmpfs", "/proc", "tmpfs", _NOSUID | _NODEV | _NOEXEC | _READ_ONLY, "size=0")
        return False
    return True


def _raise_loopback() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        request = struct.pack("16sH14s", b"lo", _IFF_UP | _IFF_RUNNING, b"")
        fcntl.ioctl(any_socket, _SIOCSIFFLAGS, request)
