"""Sequence numbers that wrap around: which of two comes first?  (RFC 9293, section 3.4; RFC 1982)"""

from __future__ import annotations

MODULUS = 2**32
"""How many sequence numbers TCP has; after four gigabytes they start again."""


def ahead(number: int, base: int, modulus: int = MODULUS) -> int:
    """How many steps forward from ``base`` to ``number``, going round if need be; 0 to ``modulus - 1``."""
    return (number - base) % modulus


def precedes(first: int, second: int, modulus: int = MODULUS) -> bool:
    """Whether ``first`` comes before ``second``, if they are less than half of the circle apart."""
    return 0 < ahead(second, first, modulus) < modulus / 2
