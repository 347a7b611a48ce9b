"""Root becomes nobody, then runs bubblewrap.  Arguments: a directory, paths to bind there, ``--``, a command.

Run by path, as root only. Started as root, bubblewrap would map the sandbox's user to root of this machine,
who may write kernel settings and everything of root's that is visible. A nobody cannot reach a Python in
root's home, so root first binds what is to be seen to a directory, in a mount namespace that ends with this
process.
"""

import contextlib
import ctypes
import os
import sys

_MOUNTS, _BIND, _RECURSIVE, _PRIVATE = 0x2_0000, 0x1000, 0x4000, 0x4_0000
_NO_NEW_PRIVILEGES, _NOBODY = 38, 65534


def main(stage: str, sources: list[str], command: list[str]) -> None:
    """Bind the sources, give up root, become the command."""
    libc = ctypes.CDLL(None, use_errno=True)

    def checked(what: str, result: int) -> None:
        if result:
            sys.exit(f"launcher: {what}: {os.strerror(ctypes.get_errno())}")

    def mount(source: str, target: str, kind: bytes | None, flags: int) -> None:
        result = libc.mount(source.encode(), target.encode(), kind, ctypes.c_ulong(flags), None)
        checked(f"mount {source}", result)

    checked("new mount namespace", libc.unshare(_MOUNTS))
    mount("none", "/", None, _RECURSIVE | _PRIVATE)
    held = [os.open(source, os.O_PATH) for source in sources]    # the stage may cover one of them
    mount("tmpfs", stage, b"tmpfs", 0)
    for position, descriptor in enumerate(held):
        target = f"{stage}/{position}"
        if os.path.isdir(f"/proc/self/fd/{descriptor}"):  # noqa: PTH112
            os.mkdir(target)  # noqa: PTH102
        else:
            os.close(os.open(target, os.O_CREAT | os.O_WRONLY))
        mount(f"/proc/self/fd/{descriptor}", target, None, _BIND | _RECURSIVE)
        os.close(descriptor)
    os.chmod(stage, 0o755)  # noqa: PTH101
    os.chdir("/")
    with contextlib.suppress(PermissionError):       # some containers forbid it, and have no groups to lose
        os.setgroups([])
    os.setresgid(_NOBODY, _NOBODY, _NOBODY)
    os.setresuid(_NOBODY, _NOBODY, _NOBODY)
    checked("no new privileges", libc.prctl(_NO_NEW_PRIVILEGES, 1, 0, 0, 0))
    os.execv(command[0], command)


if __name__ == "__main__":
    _end = sys.argv.index("--")
    main(sys.argv[1], sys.argv[2:_end], sys.argv[_end + 1:])
