"""Which system calls may a student's process not make?

The filter is a list of refusals, not of permissions: numpy, pandas and a Python of next year must run. It
refuses what opens a way out (namespaces, mounts, other processes' memory, keys, kernel interfaces with a
history of holes) or escapes the limits (memory that belongs to no process).
"""

from __future__ import annotations

import ctypes
import errno
import platform
import struct

from autograder.sandbox import libc

# name: (number on x86_64, number on aarch64); -1: not there
REFUSED = {
    "ptrace": (101, 117), "process_vm_readv": (310, 270), "process_vm_writev": (311, 271),
    "kcmp": (312, 272), "pidfd_getfd": (438, 438), "process_madvise": (440, 440),
    "process_mrelease": (448, 448),
    "mount": (165, 40), "umount2": (166, 39), "pivot_root": (155, 41), "chroot": (161, 51),
    "open_tree": (428, 428), "move_mount": (429, 429), "fsopen": (430, 430), "fsconfig": (431, 431),
    "fsmount": (432, 432), "fspick": (433, 433), "mount_setattr": (442, 442),
    "open_tree_attr": (467, 467),
    "name_to_handle_at": (303, 264), "open_by_handle_at": (304, 265), "fanotify_init": (300, 262),
    "quotactl": (179, 60), "quotactl_fd": (443, 443), "swapon": (167, 224), "swapoff": (168, 225),
    "unshare": (272, 97), "setns": (308, 268), "sethostname": (170, 161), "setdomainname": (171, 162),
    "add_key": (248, 217), "request_key": (249, 218), "keyctl": (250, 219),
    "bpf": (321, 280), "userfaultfd": (323, 282), "perf_event_open": (298, 241),
    "reboot": (169, 142), "syslog": (103, 116), "acct": (163, 89), "vhangup": (153, 58),
    "init_module": (175, 105), "finit_module": (313, 273), "delete_module": (176, 106),
    "kexec_load": (246, 104), "kexec_file_load": (320, 294), "personality": (135, 92),
    "settimeofday": (164, 170), "clock_settime": (227, 112), "clock_adjtime": (305, 266),
    "adjtimex": (159, 171),
    "modify_ldt": (154, -1), "iopl": (172, -1), "ioperm": (173, -1), "uselib": (134, -1),
    "ustat": (136, -1), "lookup_dcookie": (212, 18), "nfsservctl": (180, 42),
    # the warden has the same user id: its priority and its memory are not the student's business
    "setpriority": (141, 140), "sched_setparam": (142, 118), "sched_setscheduler": (144, 119),
    "sched_setaffinity": (203, 122), "sched_setattr": (314, 274), "ioprio_set": (251, 30),
    "move_pages": (279, 239), "migrate_pages": (256, 238), "mbind": (237, 235), "set_mempolicy": (238, 237),
}
# answered as by a kernel that does not know them, so that libraries take their other way
UNKNOWN = {
    "io_uring_setup": (425, 425), "io_uring_enter": (426, 426), "io_uring_register": (427, 427),
    "memfd_create": (319, 279), "memfd_secret": (447, 447),
    "shmget": (29, 194), "shmat": (30, 196), "shmctl": (31, 195),
    "msgget": (68, 186), "semget": (64, 190), "mq_open": (240, 180),
}
CLONE, CLONE3, PRLIMIT, SOCKET = (56, 220), (435, 435), (302, 261), (41, 198)
NEW_NAMESPACES = 0x7E02_0000                         # CLONE_NEW{USER,NS,PID,NET,IPC,UTS,CGROUP}
FAMILIES = (1, 2, 10, 16)                            # unix, internet, internet 6, netlink; vsock would leave
MACHINES = {"x86_64": (0, 0xC000_003E), "aarch64": (1, 0xC000_00B7)}

_LOAD, _EQUAL, _AT_LEAST, _ANY_BIT, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
_ALLOW, _KILL, _ERROR = 0x7FFF_0000, 0x8000_0000, 0x0005_0000
_NUMBER, _MACHINE, _FIRST_ARGUMENT = 0, 4, 16        # offsets in struct seccomp_data, little endian


class _Program(ctypes.Structure):
    _fields_ = [("length", ctypes.c_uint16), ("code", ctypes.c_char_p)]


def _op(code: int, value: int, when: int = 0, otherwise: int = 0) -> bytes:
    return struct.pack("=HBBI", code, when, otherwise, value)


def _refuse(number: int, error: int) -> bytes:
    return _op(_EQUAL, number, 0, 1) + _op(_RETURN, _ERROR | error)


def program(machine: str, without: frozenset[str] = frozenset()) -> bytes:
    """The filter for a machine, in the kernel's classic BPF.

    Args:
        machine: as told by ``platform.machine()``.
        without: defences to leave out, for the tests of the tests.

    Raises:
        LookupError: if the numbers of the system calls of that machine are not known here.
    """
    if machine not in MACHINES:
        raise LookupError(f"no list of system calls for {machine}; known: {', '.join(MACHINES)}")
    column, audit = MACHINES[machine]
    code = _op(_LOAD, _MACHINE) + _op(_EQUAL, audit, 1, 0) + _op(_RETURN, _KILL) + _op(_LOAD, _NUMBER)
    if machine == "x86_64":                          # the x32 numbers would pass by the list
        code += _op(_AT_LEAST, 0x4000_0000, 0, 1) + _op(_RETURN, _ERROR | errno.ENOSYS)
    if "clone flags" not in without:                 # clone3 hides its flags behind a pointer
        code += _refuse(CLONE3[column], errno.ENOSYS)
        code += _op(_EQUAL, CLONE[column], 0, 4) + _op(_LOAD, _FIRST_ARGUMENT)
        code += _op(_ANY_BIT, NEW_NAMESPACES, 0, 1) + _op(_RETURN, _ERROR | errno.EPERM)
        code += _op(_RETURN, _ALLOW)
    code += _op(_EQUAL, PRLIMIT[column], 0, 4) + _op(_LOAD, _FIRST_ARGUMENT)
    code += _op(_EQUAL, 0, 1, 0) + _op(_RETURN, _ERROR | errno.EPERM) + _op(_RETURN, _ALLOW)
    code += _op(_EQUAL, SOCKET[column], 0, len(FAMILIES) + 3) + _op(_LOAD, _FIRST_ARGUMENT)
    for position, family in enumerate(FAMILIES):
        code += _op(_EQUAL, family, len(FAMILIES) - position, 0)
    code += _op(_RETURN, _ERROR | errno.EAFNOSUPPORT) + _op(_RETURN, _ALLOW)
    for numbers, error in ((REFUSED, errno.EPERM), (UNKNOWN, errno.ENOSYS)):
        code += b"".join(_refuse(n[column], error) for n in numbers.values() if n[column] >= 0)
    return code + _op(_RETURN, _ALLOW)


def install(without: frozenset[str] = frozenset()) -> None:
    """Filter the system calls of this process and of all its children, for ever."""
    code = program(platform.machine(), without)
    filter_ = _Program(len(code) // 8, code)
    libc.prctl(libc.PR_SET_SECCOMP, 2, ctypes.addressof(filter_))
