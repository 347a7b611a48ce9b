"""Which few hashes stand for a piece of code?

Winnowing, from S. Schleimer, D. S. Wilkerson and A. Aiken, "Winnowing: Local Algorithms for Document
Fingerprinting", SIGMOD 2003, pages 76-85. Two texts that share a run of at least ``GRAM + WINDOW - 1``
tokens share a fingerprint; nothing shorter than ``GRAM`` tokens is ever noticed.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from functools import lru_cache
from hashlib import blake2b

from autograder.analysis.tokens import pieces

GRAM = 8
"""How many tokens are hashed together: the noise threshold."""

WINDOW = 4
"""From how many neighbouring hashes at least one is kept."""


def winnow(hashes: Sequence[int], window: int) -> list[tuple[int, int]]:
    """The fingerprints of a sequence of hashes, with their places.

    In each window the least hash is selected. Of several that are equally small the one that was selected
    for the window before is selected again if it is still inside, else the rightmost (robust winnowing).

    Args:
        hashes: one for each k-gram.
        window: how many neighbours are looked at; a shorter sequence is one window.
    """
    chosen: list[tuple[int, int]] = []
    place = -1
    for start in range(max(1, len(hashes) - window + 1)):
        inside = hashes[start : start + window]
        if not inside:
            break
        least = min(inside)
        if place < start or hashes[place] != least:
            place = start + len(inside) - 1 - list(reversed(inside)).index(least)
            chosen.append((least, place))
    return chosen


@lru_cache(maxsize=50_000)
def _hash(gram: tuple[str, ...]) -> int:
    return int.from_bytes(blake2b(" ".join(gram).encode(), digest_size=6).digest(), "big")


@lru_cache(maxsize=1_000)
def grams(source: str) -> tuple[tuple[tuple[int, int, int], ...], ...]:
    """For each piece of the code its k-grams: hash, first line and last line. Short pieces are one gram."""
    found = []
    for piece in pieces(source):
        texts = tuple(token.text for token in piece)
        size = min(GRAM, len(texts))
        found.append(
            tuple(
                (_hash(texts[at : at + size]), piece[at][1], piece[at + size - 1][1])
                for at in range(len(texts) - size + 1)
            )
        )
    return tuple(found)


def all_hashes(source: str) -> frozenset[int]:
    """The hash of every k-gram: what is to be left out of others."""
    return frozenset(gram[0] for piece in grams(source) for gram in piece)


def fingerprints(source: str, without: Collection[int] = ()) -> frozenset[int]:
    """The fingerprints of some code.

    Args:
        source: Python, or what was meant to be.
        without: hashes that do not count, such as those of the starter code. They are taken out before
            winnowing, so that they never hide their neighbours.
    """
    kept: set[int] = set()
    for piece in grams(source):
        run: list[int] = []
        for hashed, _, _ in (*piece, (None, 0, 0)):
            if hashed is not None and hashed not in without:
                run.append(hashed)
                continue
            kept.update(one for one, _ in winnow(run, WINDOW))
            run = []
    return frozenset(kept)
