"""What can go wrong between the judge and the student's process?

Most of these are no ``Exception``. A check that expects an exception must not take one of them for it: a
student who returns a list that contains itself has not raised the ``TypeError`` that was asked for.
"""


class CannotCross(BaseException):
    """A value has no form on the wire; the message says which and why."""


class NotPlain(BaseException):
    """A check compares an object of the student's process, or asks whether it is true."""


class Bygone(CannotCross):
    """A check uses an object that it got over another link; each question has a process of its own."""

    def __init__(self) -> None:
        super().__init__(
            "the check uses an object of the student's process that it got in an earlier question; "
            "each question has a process of its own, so its cell must make or get the object anew"
        )


class Malformed(ValueError):
    """These bytes are no message."""


class StudentLeft(RuntimeError):
    """The student's code raised what would end a program or a loop of the judge."""


class Lost(BaseException):
    """The student's process can no longer be talked to; every later request says the same."""


class TimeIsUp(Lost):
    """The student's code took longer than it may."""


class Gone(Lost):
    """The student's process has ended."""


class Forged(Lost):
    """Something else than an answer came out of the student's process."""
