"""What does the sandbox need of this machine?  If it is not there: how is that mended?"""

from __future__ import annotations

import platform
import shutil
from pathlib import Path

from autograder.sandbox import seccomp

_SETTINGS = Path("/proc/sys")


class Missing(Exception):
    """This machine lacks something the sandbox needs; one sentence says what, and how to mend it."""


def _setting(root: Path, name: str) -> str:
    try:
        return (root / name).read_text(encoding="utf-8").strip()
    except OSError:
        return ""


def bubblewrap() -> str:
    """The path of bubblewrap.

    Raises:
        Missing: if it is not installed.
    """
    found = shutil.which("bwrap")
    if found is None:
        raise Missing("bubblewrap is not installed; mend it with `apt-get install bubblewrap`")
    return found


def check(settings: Path = _SETTINGS, machine: str = "") -> None:
    """Look for what the sandbox needs, without starting it.

    Args:
        settings: the directory of the kernel's settings.
        machine: the kind of processor; this one's by default.

    Raises:
        Missing: for the first thing that is not there.
    """
    machine = machine or platform.machine()
    if platform.system() != "Linux":
        raise Missing(f"the sandbox needs Linux, this is {platform.system()}; grade in a Linux machine")
    bubblewrap()
    if machine not in seccomp.MACHINES:
        known = " or ".join(seccomp.MACHINES)
        raise Missing(f"the filter of system calls does not know {machine}; grade on {known}")
    if "errno" not in _setting(settings, "kernel/seccomp/actions_avail").split():
        raise Missing("the kernel was built without seccomp filters; boot one with CONFIG_SECCOMP_FILTER")
    if _setting(settings, "user/max_user_namespaces") in ("", "0"):
        raise Missing("user namespaces are off; mend it with `sysctl user.max_user_namespaces=10000`")
    if _setting(settings, "kernel/unprivileged_userns_clone") == "0":
        raise Missing("user namespaces are root's; mend it with `sysctl kernel.unprivileged_userns_clone=1`")
    if _setting(settings, "kernel/apparmor_restrict_unprivileged_userns") == "1":
        raise Missing(
            "AppArmor restricts user namespaces; "
            "mend it with `sysctl kernel.apparmor_restrict_unprivileged_userns=0`, or give bwrap a profile"
        )


def explain(complaint: str) -> Missing:
    """Turn what bubblewrap or the launcher said into a sentence with advice."""
    said = complaint.strip().splitlines()[-1] if complaint.strip() else "it ended without a word"
    lower = said.lower()
    if "launcher" in lower:
        advice = "root may not mount here: grade as an ordinary user, or give the container CAP_SYS_ADMIN"
    elif "namespace" in lower or "uid map" in lower or "unshare" in lower:
        advice = "allow user namespaces (in a container: `--security-opt seccomp=unconfined`)"
    elif "source path" in lower or "permission denied" in lower:
        advice = "the user who grades (nobody, if root starts it) must be able to read what is shown inside"
    else:
        advice = "see `autograder/sandbox` for what it needs"
    return Missing(f"the sandbox did not start ({said}); {advice}")
