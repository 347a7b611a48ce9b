"""Where the sandbox cannot run, one sentence says what is missing and how to mend it."""

import platform
import shutil

import pytest

from autograder.sandbox import FULL, Missing, available, needs, seccomp

from .asking import a_sandbox


@pytest.fixture
def settings(tmp_path):
    """A copy of the kernel's settings, all in order."""
    for name, value in {
        "kernel/seccomp/actions_avail": "kill_process errno allow",
        "user/max_user_namespaces": "1000",
        "kernel/unprivileged_userns_clone": "1",
        "kernel/apparmor_restrict_unprivileged_userns": "0",
    }.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(value + "\n")
    needs.check(tmp_path)
    return tmp_path


def test_this_machine_has_everything():
    needs.check()
    assert available() == FULL


def test_bubblewrap_missing(monkeypatch):
    monkeypatch.setattr(shutil, "which", lambda name: None)

    with pytest.raises(Missing, match="not installed; mend it with `apt-get install bubblewrap`"):
        a_sandbox().start()


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        ("kernel/seccomp/actions_avail", "", "without seccomp filters; boot one with CONFIG_SECCOMP_FILTER"),
        ("user/max_user_namespaces", "0", "user namespaces are off; mend it with `sysctl"),
        ("kernel/unprivileged_userns_clone", "0", "user namespaces are root's; mend it with `sysctl"),
        ("kernel/apparmor_restrict_unprivileged_userns", "1", "AppArmor restricts user namespaces; mend it"),
    ],
)
def test_the_kernel_refuses(settings, name, value, sentence):
    (settings / name).write_text(value)

    with pytest.raises(Missing, match=sentence):
        needs.check(settings)


def test_another_processor(settings):
    with pytest.raises(Missing, match="does not know riscv64; grade on x86_64 or aarch64"):
        needs.check(settings, machine="riscv64")


def test_another_system(monkeypatch):
    monkeypatch.setattr(platform, "system", lambda: "Darwin")

    with pytest.raises(Missing, match="needs Linux, this is Darwin"):
        needs.check()


@pytest.mark.parametrize(
    ("complaint", "advice"),
    [
        ("launcher: new mount namespace: Operation not permitted", "grade as an ordinary user"),
        ("bwrap: No permissions to create new namespace, likely because", "allow user namespaces"),
        ("bwrap: setting up uid map: Permission denied", "allow user namespaces"),
        ("bwrap: Can't find source path /srv/x: Permission denied", "must be able to read"),
        ("", "it ended without a word"),
    ],
)
def test_what_bubblewrap_says_becomes_advice(complaint, advice):
    assert advice in str(needs.explain(complaint))


def test_what_is_readable_must_exist():
    with pytest.raises(Missing, match="no_such_file"):
        a_sandbox(readable=["/no_such_file"]).start()


@pytest.mark.parametrize("machine", sorted(seccomp.MACHINES))
def test_the_filter_is_a_whole_number_of_instructions_that_end_in_a_verdict(machine):
    code = seccomp.program(machine)
    steps = [code[i : i + 8] for i in range(0, len(code), 8)]

    assert len(code) % 8 == 0
    assert len(steps) < 4096
    assert steps[-1][0] == 0x06                      # return
    for position, step in enumerate(steps):          # every jump stays inside
        if step[0] in (0x15, 0x35, 0x45):
            assert position + 1 + max(step[2], step[3]) < len(steps)
