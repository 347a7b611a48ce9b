"""Seals: how does a page hold the feedback, but not for every eye?

Each piece of feedback is encrypted with a key made from the answer it belongs to. The page finds it by a hash
of the answer, so it must have the answer to find the feedback. This keeps the answers from a glance at the
source of the page, and from nothing else: a question has few answers, and whoever writes a loop over them has
them all. That is enough, since nobody's grade depends on a quiz.

The browser's own WebCrypto is not there on plain http, where a course may well be served; so the cipher is a
small one of our own, the same here and in ``book/_frontend/quiz/quiz.js``: FNV-1a makes a key of 32 bits,
Mulberry32 makes a stream of bytes from it.
"""

from __future__ import annotations

import json
from base64 import b64encode
from collections import defaultdict
from collections.abc import Iterable, Iterator
from math import floor
from typing import Any

WORD = 0xFFFFFFFF  # the browser counts in 32 bits


def seal(salt: str, entries: Iterable[tuple[str, dict[str, Any]]]) -> dict[str, str]:
    """Encrypt what is said of each answer.

    Args:
        salt: differs from quiz to quiz, so that the same answer has another hash in each.
        entries: pairs of an answer and of what is said of it; an answer may be there more than once.

    Returns:
        From the hash of each answer to what is said of it, in an order that tells nothing.
    """
    said = defaultdict(list)
    for answer, entry in entries:
        said[answer].append(entry)
    sealed = {}
    for answer, entries_of_it in said.items():
        clear = json.dumps(entries_of_it, ensure_ascii=False, separators=(",", ":")).encode()
        key = _stream(_hash(f"{salt}|key|{answer}"))
        secret = bytes(byte ^ mask for byte, mask in zip(clear, key, strict=False))
        sealed[f"{_hash(f'{salt}|id|{answer}'):08x}"] = b64encode(secret).decode()
    if len(sealed) < len(said):
        raise ValueError(f"two answers of {salt} have the same hash; change a word of the question")
    return dict(sorted(sealed.items()))


def buckets(low: float, high: float, width: float) -> range:
    """The numbers of all buckets of a width that a range of answers touches: any of them finds the range."""
    return range(floor(low / width), floor(high / width) + 1)


def _hash(text: str) -> int:
    value = 0x811C9DC5
    for byte in text.encode():
        value = ((value ^ byte) * 0x01000193) & WORD
    value = ((value ^ value >> 16) * 0x85EBCA6B) & WORD  # else similar texts have similar hashes
    value = ((value ^ value >> 13) * 0xC2B2AE35) & WORD
    return value ^ value >> 16


def _stream(state: int) -> Iterator[int]:
    while True:
        state = (state + 0x6D2B79F5) & WORD
        value = ((state ^ state >> 15) * (state | 1)) & WORD
        value ^= (value + ((value ^ value >> 7) * (value | 61) & WORD)) & WORD
        yield (value ^ value >> 14) >> 24
