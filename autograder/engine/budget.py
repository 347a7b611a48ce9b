"""How much time and memory may grading one submission take?"""

from __future__ import annotations

from dataclasses import dataclass

from autograder.sandbox import Limits


@dataclass(frozen=True)
class Budget:
    """Limits that the judge keeps, beside those of the sandbox.

    Args:
        cell_seconds: how long a cell of the student may take by the clock.
        question_seconds: processor time of the student's code in one question; by the clock it may take
            three times as long, for a loaded machine is no fault of the student.
        again_seconds: the same, after an exercise has already used up its time once.
        judge_seconds: processor time of the check itself in one question, on what the student's code gave.
        submission_seconds: how long the whole submission may take by the clock; then the rest is not run.
        memory_mib: memory of the student's processes together, and of the judge.
        seeds: how many seeds a random check tries at least.
    """

    cell_seconds: float = 20.0
    question_seconds: float = 10.0
    again_seconds: float = 2.0
    judge_seconds: float = 30.0
    submission_seconds: float = 180.0
    memory_mib: int = 1024
    seeds: int = 50

    def limits(self) -> Limits:
        """What the sandbox allows one submission."""
        return Limits(
            cpu_seconds=self.submission_seconds,
            wall_seconds=self.submission_seconds + 30,
            memory_mib=self.memory_mib,
        )
