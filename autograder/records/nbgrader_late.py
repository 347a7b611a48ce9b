"""How does nbgrader's own ``autograde`` apply ``late.toml``?"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from nbformat import NotebookNode
from nbgrader.api import Gradebook
from nbgrader.plugins import LateSubmissionPlugin
from nbgrader.preprocessors import NbGraderPreprocessor

from autograder.records.late import read_policy
from autograder.records.timestamps import handed_in


class DueDates(NbGraderPreprocessor):  # type: ignore[misc]  # nbgrader has no types
    """Tells the gradebook when a submission was due and handed in.

    nbgrader asks its plug-in only about what the gradebook calls late.
    """

    def preprocess(self, nb: NotebookNode, resources: Any) -> tuple[NotebookNode, Any]:
        """Sets the dates of one submission; nbgrader has changed to its course root before it calls this."""
        about = resources["nbgrader"]
        slug, student, root = about["assignment"], about["student"], Path()
        policy = read_policy(root)
        with Gradebook(about["db_url"]) as book:
            submission = book.find_submission(slug, student)
            submission.timestamp = handed_in(root, slug, student)
            if policy and slug in policy.due:
                submission.assignment.duedate = policy.due[slug]
                submission.extension = policy.extension(student, slug)
            book.db.commit()
        return nb, resources


class LatePolicy(LateSubmissionPlugin):  # type: ignore[misc]  # nbgrader has no types
    """The rules of ``late.toml`` as a plug-in of nbgrader."""

    def late_submission_penalty(
        self, student_id: str, score: float, total_seconds_late: float
    ) -> float | None:
        """Points that lateness costs one submission.

        Args:
            student_id: the student.
            score: what the submission earned.
            total_seconds_late: not used, because free days depend on the other chapters.
        """
        policy = read_policy(Path())
        if policy is None:
            return None
        book, slug = self.parent.gradebook, self.parent.assignment_id
        times = {one.name: one.timestamp for one in book.find_student(student_id).submissions}
        return policy.judge(student_id, times)[slug].penalty(score) or None
