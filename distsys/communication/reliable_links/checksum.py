"""The internet checksum: did a message change on its way?  (RFC 1071)"""

from __future__ import annotations


def checksum(data: bytes) -> int:
    """The checksum that TCP, UDP and IP put into their headers.

    The bytes are read as 16-bit numbers, most significant byte first; an odd last byte is the high half of
    a number whose low half is zero. The numbers are added in ones' complement, where a carry out of the
    highest bit comes back in at the lowest. The checksum is the complement of that sum.

    Args:
        data: what is protected, with zeros where the checksum will stand.

    Returns:
        16 bits.
    """
    return 0xFFFF - ones_complement_sum(data)


def intact(data: bytes) -> bool:
    """Whether data that holds its own checksum, at an even place, is as it was when it was sent.

    A sum that includes its own complement is all ones.
    """
    return ones_complement_sum(data) == 0xFFFF


def ones_complement_sum(data: bytes) -> int:
    """The sum of the 16-bit numbers in ones' complement."""
    if len(data) % 2:
        data += b"\0"
    total = sum(int.from_bytes(data[place : place + 2]) for place in range(0, len(data), 2))
    while total > 0xFFFF:
        total = (total & 0xFFFF) + (total >> 16)  # the carries come back in
    return total
