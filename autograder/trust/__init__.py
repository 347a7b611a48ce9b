"""The trust split: tests run in one process, the student's code in another, and values cross a socket.

The student's side is :func:`~autograder.trust.player.serve`, the tests' side is
:class:`~autograder.trust.link.Link`. They are joined by one connected ``AF_UNIX`` stream socket. What
crosses it is a value of an exact type (:mod:`~autograder.trust.wire`), or the number of an object that
stays where it is. Whatever comes from the student's side is a claim, never an instruction.

The player imports nothing of the judge, so that it can be loaded where the judge must not be.
"""
