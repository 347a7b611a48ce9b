"""What does the sandbox see of this machine?  The command line of bubblewrap."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path

import autograder

UNPRIVILEGED = 65534                                 # who root becomes before anything else
STAGE = "/run"                                       # where the launcher binds what only root can reach
_PACKAGE = Path(autograder.__file__).resolve().parent
_START = (
    "import sys, json; sys.path[:0] = {path}; "
    "from autograder.sandbox.zygote import main; main({fd}, json.loads({config}))"
)
_DEVICES = ("null", "zero", "full", "random", "urandom")
_SMALL_FILES = {
    "/etc/hosts": "127.0.0.1 localhost\n::1 localhost\n",
    "/etc/nsswitch.conf": "passwd: files\ngroup: files\nhosts: files\n",
}


def python_places() -> list[Path]:
    """The directories this Python consists of, without those in /usr, which are visible anyway."""
    prefixes = {Path(p) for p in (sys.prefix, sys.base_prefix, sys.exec_prefix)}
    return sorted(p for p in prefixes | {p.resolve() for p in prefixes} if not p.is_relative_to("/usr"))


def own_places() -> list[Path]:
    """The few files of this package that run inside."""
    return [_PACKAGE / "__init__.py", _PACKAGE / "sandbox"]


def environment(extra: Mapping[str, str]) -> dict[str, str]:
    """The whole environment inside: nothing of the host's."""
    one_thread = ("OPENBLAS", "OMP", "MKL", "NUMEXPR")       # a process with threads cannot be forked
    return {
        "PATH": "/usr/bin:/bin", "HOME": "/submission/here", "TMPDIR": "/submission/tmp", "USER": "student",
        "LANG": "C.UTF-8", "PYTHONHASHSEED": "0", "PYTHONDONTWRITEBYTECODE": "1", "MPLBACKEND": "agg",
        "MPLCONFIGDIR": "/submission/tmp", "IPYTHONDIR": "/submission/tmp",
        **{f"{library}_NUM_THREADS": "1" for library in one_thread}, **extra,
    }


def places(readable: Iterable[Path], hidden: Iterable[Path]) -> list[tuple[str, Path]]:
    """What to bind and what to cover, outermost first, so that the inner one wins.

    Args:
        readable: files and directories of the host to show, read-only, at the same place.
        hidden: directories never to show, though a parent may be shown; what is readable within is shown.

    Returns:
        Pairs of "bind" or "cover" and a path.
    """
    shown = {Path(os.path.abspath(p)) for p in readable}  # noqa: PTH100 (links must keep their names)
    covers = {p.resolve() for p in hidden if p.exists()} - shown
    wanted = [("bind", p) for p in shown]
    wanted += [("cover", p) for p in covers if any(p.is_relative_to(s) for s in (*shown, Path("/usr")))]
    return sorted(wanted, key=lambda pair: len(pair[1].parts))


def command(
    bwrap: str,
    layout: list[tuple[str, Path]],
    staged: bool,
    variables: Mapping[str, str],
    small_files: Mapping[str, int],
    without: frozenset[str],
) -> list[str]:
    """The arguments that build the outer sandbox, shared by all submissions and writable for none."""
    words = [bwrap, "--unshare-user", "--unshare-pid", "--unshare-net", "--unshare-ipc", "--unshare-uts"]
    words += ["--unshare-cgroup-try", "--ro-bind", "/usr", "/usr"]
    words += _system()
    for file, descriptor in small_files.items():
        words += ["--perms", "0444", "--file", str(descriptor), file]
    # Where parts of /proc are masked the kernel refuses a fresh one to the submissions. Bubblewrap's own
    # --proc may mask some, and a container engine does.
    words += ["--bind", "/proc", "/proc"]
    if "unmasked proc" in without:
        words += ["--ro-bind", "/proc/sys", "/proc/sys"]
    words += _skeleton()
    position = 0
    for action, place in layout:
        if action == "cover":
            words += ["--tmpfs", str(place)]
        else:
            words += ["--ro-bind", f"{STAGE}/{position}" if staged else str(place), str(place)]
            position += 1
    if "read-only root" not in without:              # or submissions could talk through it
        for place in (*(p for action, p in layout if action == "cover"), Path("/dev"), Path("/")):
            words += ["--remount-ro", str(place)]
    words += ["--chdir", "/"]
    for name, value in variables.items():
        words += ["--setenv", name, value]
    return words


def _system() -> list[str]:
    words = []
    for system in (Path("/", name) for name in ("bin", "lib", "lib64", "lib32", "sbin")):
        if system.is_symlink():
            words += ["--symlink", os.readlink(system), str(system)]  # noqa: PTH115
        elif system.exists():
            words += ["--ro-bind", str(system), str(system)]
    for name in ("ld.so.cache", "alternatives", "localtime"):
        words += ["--ro-bind-try", f"/etc/{name}", f"/etc/{name}"]
    return words


def _skeleton() -> list[str]:
    words = ["--tmpfs", "/dev"]                      # no terminals: those would be shared by all submissions
    for device in _DEVICES:
        words += ["--dev-bind", f"/dev/{device}", f"/dev/{device}"]
    for name, target in (("fd", ""), ("stdin", "/0"), ("stdout", "/1"), ("stderr", "/2")):
        words += ["--symlink", f"/proc/self/fd{target}", f"/dev/{name}"]
    for folder in ("/dev/shm", "/tmp"):
        words += ["--dir", folder]
    # Some modules write while they are preloaded. Each submission mounts a folder of its own over this one.
    return [*words, "--tmpfs", "/submission", "--dir", "/submission/here", "--dir", "/submission/tmp"]


def start(path: Iterable[str], descriptor: int, config: object) -> list[str]:
    """The command that runs the zygote inside."""
    code = _START.format(path=list(path), fd=descriptor, config=repr(json.dumps(config)))
    return [sys.executable, "-s", "-P", "-u", "-c", code]


def small_files() -> dict[str, int]:
    """Files of a few lines that the sandbox needs, as pipes to read them from; the caller closes them."""
    user = os.getuid() or UNPRIVILEGED
    group = os.getgid() if os.getuid() else UNPRIVILEGED
    files = {
        **_SMALL_FILES,
        "/etc/passwd": f"student:x:{user}:{group}::/submission/here:/bin/sh\n",
        "/etc/group": f"student:x:{group}:\n",
    }
    descriptors = {}
    for place, text in files.items():
        descriptors[place], write = os.pipe()
        os.write(write, text.encode())
        os.close(write)
    return descriptors
