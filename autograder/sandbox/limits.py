"""How much may one submission use?"""

from __future__ import annotations

from dataclasses import dataclass

MIB = 1 << 20
KIB = 1 << 10


@dataclass(frozen=True)
class Limits:
    """What one submission may use; a breach ends the open question, or else the submission.

    A limit on a single call is the judge's business: it knows what it asked for (see ``Deadline``).

    Args:
        cpu_seconds: processor time of all processes together, in seconds.
        wall_seconds: age of the submission, in seconds; the last resort against code that only sleeps.
        memory_mib: memory of all processes together, and of each one, in MiB. Files are counted apart.
        processes: processes and threads alive at the same time.
        folder_mib: size of all files that the submission may keep, in MiB.
        files: number of files in that folder.
        file_mib: size of one file, in MiB.
        open_files: descriptors a process may hold.
        output_kib: bytes written to standard output and error together, by the question or outside, in KiB.
        kept_kib: how much of each stream is kept for the feedback, in KiB; the rest is read and dropped.
    """

    cpu_seconds: float = 60.0
    wall_seconds: float = 600.0
    memory_mib: int = 1024
    processes: int = 64
    folder_mib: int = 64
    files: int = 4096
    file_mib: int = 32
    open_files: int = 256
    output_kib: int = 16 * 1024
    kept_kib: int = 32

    def __post_init__(self) -> None:
        for name, value in vars(self).items():
            if value <= 0:
                raise ValueError(f"Limits.{name} is {value}; a limit is a positive number")
        if self.kept_kib > 64:
            raise ValueError(f"Limits.kept_kib is {self.kept_kib}; at most 64 KiB a stream are kept")
