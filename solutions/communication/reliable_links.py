# ---
# course:
#   title: Reliable links
#   minutes: 120
# ---

# %% [markdown]
# # Reliable links: exercises
#
# Five exercises, 20 points, about two hours. They go with the chapter *Reliable links* of the book.
#
# In each exercise you replace the line that raises `NotImplementedError` with your code. Run the cell, then
# run the check cells below it. A check that passes prints nothing. A check that fails says what happened,
# and if it ran nodes, draws it. Your teacher's copy holds more checks of the same rules, with other numbers.
#
# You need Python 3.11 or newer and the course's package `distsys`. If the next cell says that there is no
# module named `distsys`, start Jupyter from the environment that the `README.md` beside the exercises makes.
#
# You may add cells. Please do not edit or delete the check cells; your teacher's copies are used anyway.

# %% locked="setup"
from random import Random

from distsys.check import seeds
from distsys.communication.reliable_links import Ack, Data, Receiver, Sender
from distsys.communication.reliable_links.goodput import mathis
from distsys.faults import calm, shown, sweep
from distsys.network import Fixed, Network, Uniform
from distsys.node import Node, on
from distsys.simulation import Simulation


def near(found, want):
    """Whether two numbers are equal but for the last digits of a fraction."""
    return abs(found - want) < 1e-6


# %% [markdown]
# ## 1 · The internet checksum (4 points)
#
# A bit can flip on the way. TCP, UDP and IP carry a 16-bit checksum against it (RFC 1071). Write two
# functions.
#
# - `checksum(data)` gets `bytes` and returns a whole number from 0 to 65535. Read the bytes in pairs, each a
#   16-bit number whose first byte is the high half. If the number of bytes is odd, the last byte is the high
#   half of a number whose low half is 0. Add the numbers. Whatever does not fit into 16 bits, the carry, is
#   added again at the low end, until it fits. The checksum is that sum with all 16 bits turned round.
# - `intact(data)` gets `bytes`, of even length, that hold their own checksum at some even place. It returns
#   `True` if nothing has changed since the checksum was put in, as far as the checksum can tell. The sum of
#   numbers that include their own checksum has all 16 bits set.
#
# Example: `00 01 f2 03 f4 f5 f6 f7` (hexadecimal) are the numbers 0001, f203, f4f5 and f6f7. Their sum is
# 2ddf0. The carry 2 comes back in: ddf2. The checksum is 220d.
#
# <details><summary>Hint 1: where to look</summary>
#
# How do you make a number of two bytes? `int.from_bytes(b"\xf2\x03", "big")` is 0xf203.
# </details>
# <details><summary>Hint 2: the idea</summary>
#
# Add everything up first, in a Python number as large as it likes. Fold the carry in afterwards:
# `total = (total & 0xffff) + (total >> 16)`. Once may not be enough.
# </details>
# <details><summary>Hint 3: almost code</summary>
#
# Both functions need the same folded sum. `checksum` returns `0xffff - total`; `intact` asks whether `total`
# is `0xffff`.
# </details>

# %% solution="internet_checksum"
def checksum(data):
    """Return the 16-bit internet checksum of bytes."""
    ### BEGIN SOLUTION
    return 0xFFFF - folded_sum(data)
    ### END SOLUTION


def intact(data):
    """Return whether bytes that hold their own checksum are as they were."""
    ### BEGIN SOLUTION
    return folded_sum(data) == 0xFFFF


def folded_sum(data):
    """The sum of the 16-bit numbers, with its carries added at the low end."""
    padded = data + b"\0" * (len(data) % 2)
    total = sum(int.from_bytes(padded[place : place + 2], "big") for place in range(0, len(padded), 2))
    while total > 0xFFFF:
        total = (total & 0xFFFF) + (total >> 16)
    return total
    ### END SOLUTION


# %% test="internet_checksum" rule="The bytes are read in pairs with the high half first" points=1
found = checksum(b"\x12\x34")
assert found == 0xEDCB, f"1234 turned round is edcb, not {found:04x}"
found = checksum(b"\x12\x34\x00\x01")
assert found == 0xEDCA, f"1234 + 0001 is 1235, turned round edca, not {found:04x}"
### BEGIN HIDDEN TESTS
assert checksum(b"") == 0xFFFF, "the sum of nothing is 0, turned round ffff"
for number in (0, 1, 0x00FF, 0xFF00, 0x8001, 0xFFFF):
    found = checksum(number.to_bytes(2, "big"))
    assert found == 0xFFFF - number, f"{number:04x} turned round is {0xFFFF - number:04x}, not {found:04x}"
### END HIDDEN TESTS

# %% test="internet_checksum" rule="A carry comes back in at the low end as often as it must" points=1
found = checksum(bytes.fromhex("0001 f203 f4f5 f6f7"))
assert found == 0x220D, f"the example of RFC 1071 has the checksum 220d, not {found:04x}"
### BEGIN HIDDEN TESTS
found = checksum(b"\xff\xff\x00\x01")
assert found == 0xFFFE, f"ffff + 0001 is 10000, folded 0001, turned round fffe, not {found:04x}"
found = checksum(b"\xff\xff" * 0x10001 + b"\x00\x01")
assert found == 0xFFFE, f"10001 times ffff, and 0001, folded twice: 0001, turned round fffe, not {found:04x}"
chance = Random(1)
for size in range(2, 60, 2):
    data = chance.randbytes(size)
    want = 0xFFFF - (int.from_bytes(data, "big") % 0xFFFF or 0xFFFF)  # the sum, but for multiples of ffff
    found = checksum(data)
    assert found % 0xFFFF == want % 0xFFFF, f"{data.hex()}: {want:04x}, not {found:04x}"
### END HIDDEN TESTS

# %% test="internet_checksum" rule="An odd last byte is the high half of a number" points=1
found = checksum(b"\x12")
assert found == 0xEDFF, f"a lone byte 12 is the number 1200, turned round edff, not {found:04x}"
### BEGIN HIDDEN TESTS
for data, want in ((b"\x00\x01\xf2", 0x0DFE), (b"\xff\xff\xff\xff\x01", 0xFEFF), (b"\x00\x00\x00", 0xFFFF)):
    found = checksum(data)
    assert found == want, f"{data.hex()}: {want:04x}, not {found:04x}"
### END HIDDEN TESTS

# %% test="internet_checksum" rule="Data with its checksum is intact and a changed bit is found" points=1
sealed = bytes.fromhex("0001 f203 f4f5 f6f7 220d")
assert intact(sealed) is True, "the example of RFC 1071 with its checksum 220d at the end is intact"
struck = bytes.fromhex("0001 f203 f4f5 f6f6 220d")
assert intact(struck) is False, "a bit of the example has changed, and the checksum is the old one"
### BEGIN HIDDEN TESTS
for seed in seeds(10):
    chance = Random(f"checksum {seed}")
    numbers = [chance.randbytes(2) for _ in range(chance.randrange(1, 12))]
    total = sum(int.from_bytes(one, "big") for one in numbers)
    while total > 0xFFFF:
        total = total % 0x10000 + total // 0x10000
    place = chance.randrange(len(numbers) + 1)  # in TCP it stands in the middle of the header
    numbers.insert(place, (0xFFFF - total).to_bytes(2, "big"))
    sealed = b"".join(numbers)
    assert intact(sealed), f"{sealed.hex()} holds its checksum as number {place}"
    bit = chance.randrange(8 * len(sealed))
    struck = bytearray(sealed)
    struck[bit // 8] ^= 1 << bit % 8
    assert not intact(bytes(struck)), f"bit {bit} of {sealed.hex()} has changed"
assert intact(b"\xff\xff"), "an empty message with its checksum ffff is intact"
assert not intact(b"\x00\x00"), "the checksum of an empty message is ffff, not 0000"
### END HIDDEN TESTS

# %% [markdown]
# ## 2 · How long to wait (4 points)
#
# A sender that hears nothing sends again. If it waits too short, it floods the road with copies. If it waits
# too long, the receiver waits with it. Write the class `Patience`; it learns the time-out as RFC 6298 says.
# All times are milliseconds.
#
# - `Patience(minimum_ms, maximum_ms)`: no time-out is shorter than the minimum or longer than the maximum.
# - `rto_ms` is the time-out now. Before the first sample it is 1000, or the nearest allowed value.
# - `sent(number, now_ms)` is called when a segment leaves, for the first time or again.
# - `acked(number, now_ms)` is called when the acknowledgement of this one segment arrives, perhaps twice.
#   The first one is a sample of the round-trip time $R$, **unless the segment was sent more than once**: then
#   nobody knows which copy was acknowledged (Karn's rule), and nothing changes. An acknowledgement of a
#   segment that was never sent changes nothing either.
# - `expired()` is called when the time-out has passed without an acknowledgement. The time-out doubles. It
#   stays like that until the next sample, which computes it anew.
#
# The first sample sets `SRTT = R` and `RTTVAR = R / 2`. Each later one first updates
# `RTTVAR = 3/4 · RTTVAR + 1/4 · |SRTT − R|`, with the old SRTT, and then `SRTT = 7/8 · SRTT + 1/8 · R`. The
# time-out is `SRTT + 4 · RTTVAR`. Do not round.
#
# Example: with a minimum of 0, a first sample of 300 ms gives a time-out of 300 + 4 · 150 = 900 ms. A second
# sample of 400 ms gives RTTVAR 137.5 and SRTT 312.5, so 862.5 ms.
#
# <details><summary>Hint 1: where to look</summary>
#
# What must you remember of each segment that is on the road? One fact beside the time is enough.
# </details>
# <details><summary>Hint 2: the idea</summary>
#
# A dictionary from the number to the time of sending. If a number is in it already when it is sent, it can
# never give a sample; store `None` instead of the time. Remove it when it is acknowledged.
# </details>
# <details><summary>Hint 3: almost code</summary>
#
# `expired` changes `rto_ms` and nothing else: `min(2 * self.rto_ms, self.maximum_ms)`. A sample computes
# `rto_ms` from SRTT and RTTVAR, which forget nothing of it.
# </details>

# %% solution="rtt_estimator"
class Patience:
    """Learns how long to wait for an acknowledgement."""

    def __init__(self, minimum_ms=1000, maximum_ms=60_000):
        self.minimum_ms, self.maximum_ms = minimum_ms, maximum_ms
        self.rto_ms = min(max(1000, minimum_ms), maximum_ms)
        ### BEGIN SOLUTION
        self.srtt = self.rttvar = None
        self.road = {}
        ### END SOLUTION

    def sent(self, number, now_ms):
        """A segment leaves, for the first time or again."""
        ### BEGIN SOLUTION
        self.road[number] = None if number in self.road else now_ms
        ### END SOLUTION

    def acked(self, number, now_ms):
        """The acknowledgement of this segment arrives."""
        ### BEGIN SOLUTION
        when = self.road.pop(number, None)
        if when is None:
            return
        rtt = now_ms - when
        if self.srtt is None:
            self.srtt, self.rttvar = rtt, rtt / 2
        else:
            self.rttvar = 3 / 4 * self.rttvar + 1 / 4 * abs(self.srtt - rtt)
            self.srtt = 7 / 8 * self.srtt + 1 / 8 * rtt
        self.rto_ms = min(max(self.srtt + 4 * self.rttvar, self.minimum_ms), self.maximum_ms)
        ### END SOLUTION

    def expired(self):
        """Nothing was heard for the whole time-out."""
        ### BEGIN SOLUTION
        self.rto_ms = min(2 * self.rto_ms, self.maximum_ms)
        ### END SOLUTION


# %% locked="round_trips"
def after(patience, *times_ms):
    """Let segments travel there and back, each taking so long, and tell the time-out after the last one."""
    now = 10_000
    for number, rtt in enumerate(times_ms):
        patience.sent(number, now)
        patience.acked(number, now + rtt)
        now += rtt + 7
    return patience.rto_ms


# %% test="rtt_estimator" rule="The first sample sets both the mean and the variation" points=1
found = Patience(0, 60_000).rto_ms
assert near(found, 1000), f"before the first sample the time-out is 1000 ms, not {found}"
found = after(Patience(0, 60_000), 300)
assert near(found, 900), f"one sample of 300 ms: 300 + 4 · 150 = 900 ms, not {found}"
### BEGIN HIDDEN TESTS
for rtt in (1, 20, 333, 10_000):
    found = after(Patience(0, 60_000), rtt)
    assert near(found, 3 * rtt), f"one sample of {rtt} ms: three times that, not {found}"
found = after(Patience(200, 60_000), 20)
assert near(found, 200), f"one sample of 20 ms gives 60 ms, but the minimum is 200 ms, not {found}"
found = after(Patience(0, 5_000), 2_000)
assert near(found, 5_000), f"one sample of 2000 ms gives 6000 ms, but the maximum is 5000 ms, not {found}"
found = Patience(3_000, 60_000).rto_ms, Patience(0, 500).rto_ms
assert found == (3_000, 500), f"1000 ms is not allowed there: they begin at 3000 and 500, not {found}"
### END HIDDEN TESTS

# %% test="rtt_estimator" rule="Later samples move the variation first and then the mean" points=1
found = after(Patience(0, 60_000), 300, 400)
assert near(found, 862.5), f"samples of 300 and 400 ms give 862.5 ms, not {found}"
### BEGIN HIDDEN TESTS
for rtts, want in (
    ((100, 100), 100 + 4 * 37.5),
    ((100, 200, 50), 104.6875 + 4 * (0.75 * 62.5 + 0.25 * 62.5)),
    ((400, 0), 350 + 4 * 250),
    ((80,) * 40, 80 + 4 * 40 * 0.75**39),
):
    found = after(Patience(0, 60_000), *rtts)
    assert near(found, want), f"samples of {rtts} ms give {want} ms, not {found}"
patience = Patience(0, 60_000)
after(patience, *(100,) * 50)
found = after(patience, *(300,) * 3)
assert 300 < found < 600, f"after many samples of 100 ms and three of 300 ms: {found}"
patience = Patience(500, 60_000)
small = after(patience, 20)
found = after(patience, 1_000)
assert near(found, 142.5 + 4 * 252.5), f"the minimum bounds the time-out alone, not what is learned: {found}"
### END HIDDEN TESTS

# %% test="rtt_estimator" rule="A segment that was sent twice gives no sample" points=1
patience = Patience(0, 60_000)
patience.sent(1, 0)
patience.sent(1, 1_000)
patience.acked(1, 1_010)
found = patience.rto_ms
assert near(found, 1000), f"was it the first copy or the second? The time-out stays 1000 ms, not {found}"
### BEGIN HIDDEN TESTS
patience.sent(2, 2_000)
patience.sent(3, 2_000)
patience.acked(3, 2_100)
found = patience.rto_ms
assert near(found, 300), f"segment 3 was sent once and took 100 ms: a first sample, 300 ms, not {found}"
patience.sent(2, 2_300)
patience.sent(2, 2_600)
patience.acked(2, 2_610)
found = patience.rto_ms
assert near(found, 300), f"segment 2 was sent three times, so no sample: 300 ms, not {found}"
patience.acked(2, 9_000)
patience.acked(3, 9_000)
patience.acked(77, 9_000)
found = patience.rto_ms
assert near(found, 300), f"late copies, and a segment that was never sent, say nothing: 300 ms, not {found}"
patience.sent(3, 10_000)  # numbers come round again
patience.acked(3, 10_100)
found = patience.rto_ms
assert near(found, 100 + 4 * 37.5), f"number 3 is used anew and gives a sample: 250 ms, not {found}"
### END HIDDEN TESTS

# %% test="rtt_estimator" rule="A time-out doubles until a fresh sample" points=1
patience = Patience(200, 60_000)
after(patience, 100)
patience.expired()
patience.expired()
found = patience.rto_ms
assert near(found, 1_200), f"300 ms doubled twice are 1200 ms, not {found}"
patience.sent(50, 20_000)
patience.acked(50, 20_100)
found = patience.rto_ms
assert near(found, 250), f"a sample of 100 ms computes the time-out anew: 250 ms, not {found}"
### BEGIN HIDDEN TESTS
patience = Patience(1000, 60_000)
doubled = []
for _ in range(8):
    patience.expired()
    doubled.append(patience.rto_ms)
want = [2_000, 4_000, 8_000, 16_000, 32_000, 60_000, 60_000, 60_000]
assert doubled == want, f"each time-out doubles, up to the maximum: {want}, not {doubled}"
patience = Patience(0, 60_000)
after(patience, 100)
patience.sent(9, 0)
patience.expired()
patience.sent(9, 300)
patience.acked(9, 310)
found = patience.rto_ms
assert near(found, 600), f"segment 9 was sent twice, so the doubled time-out stays: 600 ms, not {found}"
patience.expired()
found = patience.rto_ms
assert near(found, 1_200), f"it doubles again: 1200 ms, not {found}"
patience.sent(10, 5_000)
patience.acked(10, 5_100)
found = patience.rto_ms
assert near(found, 250), f"doubling leaves no trace in the mean and the variation: 250 ms, not {found}"
### END HIDDEN TESTS

# %% [markdown]
# ## 3 · Put it back in order (4 points)
#
# Segments arrive late, twice, overlapping, or before those that should come first. The application wants
# every byte, once, in order. And the memory is limited. Write the class `Inbox`.
#
# - `Inbox(capacity)` has room for so many bytes that the application has not read yet.
# - `arrive(seq, data)` is called when a segment arrives. `seq` is the number of its first byte, counted
#   from 0 at the beginning of the stream; `data` are its `bytes`. Keep what is new and fits; forget the
#   rest. It returns a pair `(ack, window)`:
#   - `ack` is the number of the first byte that is still missing, so everything before it is here;
#   - `window` says for how many bytes from `ack` on there is room: the capacity minus the bytes that are in
#     order and not read yet.
# - A byte fits if its number is less than `ack + window`. Of a segment that fits in part, keep that part.
#   Keep bytes that are early, too: they must not be sent again.
# - `read(most)` returns the next bytes in order, at most `most` of them, and forgets them. It returns `b""`
#   if there are none.
#
# Example: `Inbox(10)`. `arrive(3, b"def")` returns `(0, 10)`: bytes 0 to 2 are missing. `arrive(0, b"abc")`
# returns `(6, 4)`. `read(4)` returns `b"abcd"`. `arrive(0, b"abc")`, a copy, returns `(6, 8)`.
#
# <details><summary>Hint 1: where to look</summary>
#
# Two stores: the bytes that are in order and wait to be read, and the bytes that are early. When does a byte
# move from the second to the first?
# </details>
# <details><summary>Hint 2: the idea</summary>
#
# The simplest store of early bytes is a dictionary from the number of a byte to the byte. Copies and overlaps
# then take care of themselves.
# </details>
# <details><summary>Hint 3: almost code</summary>
#
# For each byte of the segment: keep it if `ack <= number < ack + window`. Then, as long as the byte `ack`
# is in the dictionary, move it to the bytes in order and increase `ack`. Compute `ack + window` once,
# before: while bytes move, it stays the same.
# </details>

# %% solution="receiver"
class Inbox:
    """Puts the bytes of a stream in order, in limited memory."""

    def __init__(self, capacity):
        self.capacity = capacity
        ### BEGIN SOLUTION
        self.ack = 0
        self.ready = b""
        self.early = {}
        ### END SOLUTION

    def arrive(self, seq, data):
        """Take in a segment; return (ack, window)."""
        ### BEGIN SOLUTION
        end = self.ack + self.capacity - len(self.ready)
        for number, byte in enumerate(data, start=seq):
            if self.ack <= number < end:
                self.early[number] = byte
        while self.ack in self.early:
            self.ready += bytes([self.early.pop(self.ack)])
            self.ack += 1
        return self.ack, self.capacity - len(self.ready)
        ### END SOLUTION

    def read(self, most):
        """Return the next bytes in order, at most so many."""
        ### BEGIN SOLUTION
        found, self.ready = self.ready[:most], self.ready[most:]
        return found
        ### END SOLUTION


# %% test="receiver" rule="A gap is never acknowledged and what came early is kept" points=1
inbox = Inbox(100)
found = inbox.arrive(3, b"def")
assert found == (0, 100), f"bytes 0 to 2 are missing: (0, 100), not {found}"
assert inbox.read(9) == b"", "nothing is in order yet, so there is nothing to read"
found = inbox.arrive(0, b"abc")
assert found == (6, 94), f"now six bytes are in order: (6, 94), not {found}"
found = inbox.read(9)
assert found == b"abcdef", f"the application reads abcdef, not {found}"
### BEGIN HIDDEN TESTS
inbox = Inbox(100)
for seq in (9, 3, 6):
    found = inbox.arrive(seq, b"xyz")
    assert found[0] == 0, f"byte 0 is missing, so ack is 0, not {found[0]}"
found = inbox.arrive(0, b"abc")
assert found == (12, 88), f"all of 12 bytes are here: (12, 88), not {found}"
inbox = Inbox(100)
inbox.arrive(0, b"ab")
inbox.arrive(4, b"ef")
found = inbox.arrive(8, b"ij")
assert found == (2, 98), f"bytes 2 and 3 are missing: (2, 98), not {found}"
found = inbox.read(1)
assert found == b"a", f"the application reads one byte, a, not {found}"
found = inbox.arrive(2, b"cd")
assert found == (6, 95), f"bytes 4 and 5 came early and were kept; 6 is missing: (6, 95), not {found}"
### END HIDDEN TESTS

# %% test="receiver" rule="Every byte is read exactly once" points=1
inbox = Inbox(10)
inbox.arrive(0, b"abc")
inbox.arrive(0, b"abc")
found = inbox.read(10)
assert found == b"abc", f"the segment came twice; the application reads abc once, not {found}"
found = inbox.arrive(0, b"abcde")
assert found == (5, 8), f"a longer copy brings two new bytes: (5, 8), not {found}"
found = inbox.read(10)
assert found == b"de", f"the new bytes are de, not {found}"
### BEGIN HIDDEN TESTS
inbox = Inbox(20)
inbox.arrive(4, b"efgh")
inbox.arrive(2, b"cdef")
inbox.arrive(6, b"ghij")
found = inbox.arrive(0, b"abcd")
assert found == (10, 10), f"ten bytes, three times overlapping: (10, 10), not {found}"
found = inbox.read(4), inbox.read(4), inbox.read(4), inbox.read(4)
assert found == (b"abcd", b"efgh", b"ij", b""), f"four by four: abcd, efgh, ij and nothing, not {found}"
found = inbox.arrive(0, b"abcdefghij")
assert found == (10, 20), f"an old copy of what was read: (10, 20), not {found}"
found = inbox.arrive(10, b"")
assert found == (10, 20), f"an empty segment brings nothing: (10, 20), not {found}"
assert inbox.read(5) == b"", "the old copy must not be read again"
assert inbox.arrive(10, b"\0\xff") == (12, 18), "bytes 0 and 255 are bytes like others"
assert inbox.read(5) == b"\0\xff", "bytes 0 and 255 are bytes like others"
### END HIDDEN TESTS

# %% test="receiver" rule="No byte beyond the window is kept and every byte inside is" points=1
inbox = Inbox(4)
found = inbox.arrive(0, b"abcdef")
assert found == (4, 0), f"four of the six bytes fit, and then there is no room: (4, 0), not {found}"
found = inbox.read(3)
assert found == b"abc", f"abc, not {found}"
found = inbox.arrive(4, b"efgh")
assert found == (7, 0), f"reading made room for three bytes, up to number 6: (7, 0), not {found}"
found = inbox.read(9)
assert found == b"defg", f"defg, not {found}"
### BEGIN HIDDEN TESTS
inbox = Inbox(4)
found = inbox.arrive(2, b"cdef")
assert found == (0, 4), f"cd is early and fits, ef does not; early bytes take no window: (0, 4), not {found}"
found = inbox.arrive(0, b"ab")
assert found == (4, 0), f"abcd is here; ef was forgotten: (4, 0), not {found}"
found = inbox.arrive(4, b"e")
assert found == (4, 0), f"no room: (4, 0), not {found}"
assert inbox.read(4) == b"abcd", "four bytes are in order"
found = inbox.arrive(9, b"j")
assert found == (4, 4), f"byte 9 lies outside of 4 to 7: (4, 4), not {found}"
found = inbox.arrive(7, b"h")
assert found == (4, 4), f"byte 7 is the last one that fits: (4, 4), not {found}"
found = inbox.arrive(4, b"efg")
assert found == (8, 0), f"efgh is here: (8, 0), not {found}"
assert inbox.read(99) == b"efgh", "byte 7 was kept, byte 9 was not"
found = inbox.arrive(8, b"i")
assert found == (9, 3), f"byte 9 must be sent again: (9, 3), not {found}"
inbox = Inbox(1)
for number in range(5):
    found = inbox.arrive(number, b"abcde"[number:])
    assert found == (number + 1, 0), f"room for one byte: ({number + 1}, 0), not {found}"
    assert inbox.read(1) == b"abcde"[number : number + 1], "one byte at a time"
### END HIDDEN TESTS

# %% test="receiver" rule="In random runs the stream is read whole and the window is honest" points=1
for seed in seeds(20):
    chance = Random(f"receiver {seed}")
    text = bytes(chance.randrange(256) for _ in range(chance.randrange(1, 60)))
    capacity = chance.randrange(3, 20)
    inbox, got, here, read = Inbox(capacity), b"", set(), 0
    for step in range(2_000):
        if len(got) == len(text):
            break
        if chance.random() < 0.3:
            part = inbox.read(chance.randrange(1, 8))
            got += part
            read += len(part)
            assert text.startswith(got), f"seed {seed}: {got.hex()} was read, the stream is {text.hex()}"
            continue
        ack = next(number for number in range(len(text) + 1) if number not in here)
        low = max(0, ack - 5) if chance.random() < 0.7 else 0
        start = chance.randrange(low, len(text))
        data = text[start : start + chance.randrange(1, 9)]
        here |= {number for number in range(start, start + len(data)) if number < read + capacity}
        ack = next(number for number in range(len(text) + 1) if number not in here)
        found = inbox.arrive(start, data)
        want = ack, capacity - (ack - read)
        said = f"seed {seed}, step {step}: {len(data)} bytes from {start} on"
        assert found == want, f"{said}: {want}, not {found}"
    assert got == text, f"seed {seed}: only {len(got)} of {len(text)} bytes could be read in the end"

# %% [markdown]
# ## 4 · Keep the road full (4 points)
#
# Now the other side: a node that sends a stream to the node `receiver`. The road loses segments, repeats them
# and lets them overtake each other. The receiver is the one of the book. Write the class `Window`.
#
# - `Window(data, mss, window, first, modulus)` gets the whole stream, `bytes`, never empty. A segment holds
#   `mss` bytes; the last one may hold fewer.
# - Sequence numbers go round: byte $k$ of the stream has the number `(first + k) % modulus`. The window is at
#   most half of the modulus. Send a segment with `self.send("receiver", Data.of(number, part))`.
# - The *oldest* byte is the first one that is not acknowledged. At the start, and whenever there is room,
#   send every segment that ends at most `window` bytes after the beginning of the oldest byte, each once.
#   Send no partial segment just because a whole one does not fit.
# - `Ack(wanted, window)` arrives: everything before the byte with the number `wanted` is there. You may
#   ignore its field `window`. An acknowledgement can be old, or come twice; and one that is for bytes that
#   have never left is a lie. Ignore what says nothing new.
# - If the oldest byte has not changed for 300 ms, send its segment again, **that one alone**, and wait
#   another 300 ms. Whenever the oldest byte changes, the 300 ms begin anew.
# - When everything is acknowledged, send nothing and leave no timer running.
#
# Example: 25 bytes, `mss` 10, `window` 20, `first` 250, `modulus` 256. At the start the segments 250 and 4
# leave. `Ack(4, …)` arrives: ten bytes are there, and the last segment, with the number 14 and five bytes,
# leaves.
#
# <details><summary>Hint 1: where to look</summary>
#
# Count the bytes of the stream from 0 in two variables: `oldest`, and `next`, the first byte that was never
# sent. Only two places know of the modulus: sending a segment, and reading an acknowledgement.
# </details>
# <details><summary>Hint 2: the idea</summary>
#
# `(wanted - (first + oldest)) % modulus` says how many bytes an acknowledgement moves the window, if it is
# new. If it is more than `next - oldest`, it is old, or a lie.
# </details>
# <details><summary>Hint 3: almost code</summary>
#
# One method `fill` sends segments while `next < len(data)` and the end of the segment is at most `oldest +
# window`. `on_start` and a new acknowledgement call it. Then set the timer `"retransmit"`, or cancel it if
# `oldest == len(data)`. Its handler sends `data[oldest : oldest + mss]` and sets it again.
# </details>

# %% solution="sender"
class Window(Node):
    """Sends a stream through a sliding window."""

    def __init__(self, data, mss, window, first, modulus):
        self.data, self.mss, self.window = data, mss, window
        self.first, self.modulus = first, modulus
        ### BEGIN SOLUTION
        self.oldest = self.next = 0
        ### END SOLUTION

    def on_start(self):
        ### BEGIN SOLUTION
        self.fill()
        self.set_timer("retransmit", 300)
        ### END SOLUTION

    @on(Ack)
    def acked(self, src, ack):
        ### BEGIN SOLUTION
        fresh = (ack.wanted - self.first - self.oldest) % self.modulus
        if not 0 < fresh <= self.next - self.oldest:
            return
        self.oldest += fresh
        self.fill()
        if self.oldest == len(self.data):
            self.cancel_timer("retransmit")
        else:
            self.set_timer("retransmit", 300)
        ### END SOLUTION

    @on("retransmit")
    def retransmit(self):
        ### BEGIN SOLUTION
        self.transmit(self.oldest)
        self.set_timer("retransmit", 300)

    def fill(self):
        """Send every segment that fits into the window and has not left yet."""
        while self.next < len(self.data):
            end = min(self.next + self.mss, len(self.data))
            if end > self.oldest + self.window:
                break
            self.transmit(self.next)
            self.next = end

    def transmit(self, start):
        """Send the segment that begins at this byte."""
        part = self.data[start : start + self.mss]
        self.send("receiver", Data.of((self.first + start) % self.modulus, part))
        ### END SOLUTION


# %% locked="scripted_receiver"
class Scripted(Node):
    """Says what a check tells it to say, and nothing else."""

    def acknowledge(self, wanted):
        self.send("sender", Ack(wanted, 1 << 16))

    @on(Data)
    def data(self, src, data):
        pass


def scripted(data, mss, window, first=0, modulus=2**32):
    """A sender, and a receiver that keeps silent; a message takes 1 ms."""
    sim = Simulation(0, Network(latency=Fixed(1)))
    sim.add("sender", lambda: Window(data, mss, window, first, modulus))
    sim.add("receiver", Scripted)
    return sim


def numbers(run, since_ms=0):
    """The sequence numbers of the segments that were sent from some moment on."""
    sends = [record for record in run.trace if record.kind == "send" and record.node == "sender"]
    return [record.data.seq for record in sends if record.time >= since_ms * 1000]


# %% test="sender" rule="What fits into the window leaves at once and nothing more" points=1
sim = scripted(b"abcdefghijklmnopqrstuvwxy", mss=10, window=20)
run = sim.run(5)
found = numbers(run)
assert found == [0, 10], shown(run, f"segments 0 and 10 fit into a window of 20 bytes, not {found}")
sim.at(10, lambda: sim.call("receiver", "acknowledge", 10))
run = sim.run(20)
found = numbers(run, 10)
assert found == [20], shown(run, f"byte 10 is wanted: the segment 20 leaves, not {found}")
### BEGIN HIDDEN TESTS
last = [record.data for record in run.trace if record.kind == "send" and record.node == "sender"][-1]
assert last.data == b"uvwxy", shown(run, f"the last segment holds the last five bytes, not {last.data}")
sim = scripted(bytes(100), mss=10, window=35)
run = sim.run(5)
found = numbers(run)
assert found == [0, 10, 20], shown(run, f"three whole segments fit into 35 bytes, not {found}")
sim.at(10, lambda: sim.call("receiver", "acknowledge", 5))  # it has cut a segment in two
sim.at(20, lambda: sim.call("receiver", "acknowledge", 30))
run = sim.run(15)
found = numbers(run, 10)
assert found == [30], shown(run, f"byte 5 is wanted, the window ends at 40: 30 leaves, not {found}")
run = sim.run(25)
found = numbers(run, 20)
assert found == [40, 50], shown(run, f"byte 30 is wanted, the window ends at 65: 40, 50, not {found}")
sim = scripted(bytes(100), mss=10, window=29)
run = sim.run(5)
found = numbers(run)
assert found == [0, 10], shown(run, f"the segment 20 needs one byte more than the 29: 0 and 10, not {found}")
sim = scripted(b"only", mss=10, window=10)
run = sim.run(5)
found = numbers(run)
assert found == [0], shown(run, f"a stream of four bytes is one segment, not {found}")
sim = scripted(bytes(30), mss=10, window=10)
for at, wanted in ((10, 10), (20, 20)):
    sim.at(at, lambda wanted=wanted: sim.call("receiver", "acknowledge", wanted))
run = sim.run(30)
found = numbers(run)
assert found == [0, 10, 20], shown(run, f"a window of one segment is stop and wait: 0, 10, 20, not {found}")
parts = [record.data.data for record in run.trace if record.kind == "send" and record.node == "sender"]
assert parts == [bytes(10)] * 3, shown(run, f"each segment holds ten zeros, not {parts}")
### END HIDDEN TESTS

# %% test="sender" rule="A time-out sends the oldest segment again and that one alone" points=1
sim = scripted(bytes(40), mss=10, window=30)
run = sim.run(310)
found = numbers(run, 1)
assert found == [0], shown(run, f"nothing was acknowledged for 300 ms: segment 0 leaves again, not {found}")
run = sim.run(610)
found = numbers(run, 400)
assert found == [0], shown(run, f"and once more after another 300 ms, not {found}")
### BEGIN HIDDEN TESTS
sim.at(700, lambda: sim.call("receiver", "acknowledge", 10))
run = sim.run(990)
found = numbers(run, 650)
said = f"byte 10 was wanted at 701 ms: segment 30 leaves, and the 300 ms begin anew, not {found}"
assert found == [30], shown(run, said)
run = sim.run(1_010)
found = numbers(run, 990)
assert found == [10], shown(run, f"at 1,001 ms the oldest segment, 10, leaves again, not {found}")
for at, wanted in ((1_100, 10), (1_250, 0), (1_280, 10)):  # old acknowledgements do not prolong the wait
    sim.at(at, lambda wanted=wanted: sim.call("receiver", "acknowledge", wanted))
run = sim.run(1_310)
found = numbers(run, 1_020)
said = f"what was known before does not prolong the wait: segment 10 leaves at 1,301 ms, not {found}"
assert found == [10], shown(run, said)
sim.at(1_400, lambda: sim.call("receiver", "acknowledge", 40))
run = sim.run(5_000)
found = numbers(run, 1_320)
assert found == [], shown(run, f"everything is acknowledged: nothing leaves any more, not {found}")
timers = [record.data for record in run.trace if record.kind == "timer" and record.time > 1_401_000]
assert not timers, shown(run, f"everything is acknowledged, but the timer {timers[:1]} goes on")
### END HIDDEN TESTS

# %% test="sender" rule="Sequence numbers go round" points=1
sim = scripted(b"abcdefghijklmnopqrstuvwxy", mss=10, window=20, first=250, modulus=256)
sim.at(10, lambda: sim.call("receiver", "acknowledge", 4))
run = sim.run(20)
found = numbers(run)
want = [250, 4, 14]
assert found == want, shown(run, f"byte 10 has the number (250 + 10) % 256 = 4: {want}, not {found}")
### BEGIN HIDDEN TESTS
for wanted in (250, 4, 0, 255, 100, 30, 20):  # known, half known, never sent
    sim.at(50, lambda wanted=wanted: sim.call("receiver", "acknowledge", wanted))
run = sim.run(60)
found = numbers(run, 40)
assert found == [], shown(run, f"these acknowledgements say nothing new, or lie: nothing leaves, not {found}")
run = sim.run(330)
found = numbers(run, 40)
said = f"byte 4 is still the oldest one, since 11 ms: its segment leaves again at 311 ms, not {found}"
assert found == [4], shown(run, said)
sim.at(340, lambda: sim.call("receiver", "acknowledge", 19))
run = sim.run(2_000)
found = numbers(run, 340)
assert found == [], shown(run, f"number 19 is the end of the stream: all is acknowledged, but {found} left")
for first in (0, 7, 15):
    sim = scripted(bytes(range(60)), mss=2, window=8, first=first, modulus=16)
    for step in range(30):
        wanted = (first + 2 * step + 2) % 16
        sim.at(10 * step + 10, lambda wanted=wanted: sim.call("receiver", "acknowledge", wanted))
    run = sim.run(1_000)
    found = numbers(run)
    want = [(first + 2 * step) % 16 for step in range(30)]
    assert found == want, shown(run, f"30 segments go round 16 numbers from {first} on: {want}, not {found}")
    parts = [record.data.data for record in run.trace if record.kind == "send" and record.node == "sender"]
    assert b"".join(parts) == bytes(range(60)), shown(run, f"the bytes of the stream in order, not {parts}")
### END HIDDEN TESTS

# %% test="sender" rule="Over a bad road everything arrives and little is sent twice" points=1
TEXT = bytes(range(200))


def bad_road(seed):
    """A road that loses a fifth of all messages, repeats a fifth and lets them overtake each other."""
    chance = Random(f"road {seed}")
    mss = chance.choice((8, 10, 20))
    window = mss * chance.choice((1, 3, 5))
    first, modulus = chance.randrange(256), 256
    sim = Simulation(seed, Network(latency=Uniform(5, 60), loss=0.2, duplicate=0.2))
    sim.add("sender", lambda: Window(TEXT, mss, window, first, modulus))
    sim.add("receiver", lambda: Receiver(128, first, modulus))
    return sim


def right_bytes(run, nodes):
    """What was read is the beginning of the stream."""
    read = nodes["receiver"].read
    assert TEXT.startswith(read), f"the receiver has read {read!r}, which is not what was sent"


def all_of_them(run, nodes):
    """Everything was read in the end, and not at any price."""
    read, left = nodes["receiver"].read, len(numbers(run))
    assert len(read) == len(TEXT), f"after a minute only {len(read)} of {len(TEXT)} bytes have been read"
    segments = len(set(numbers(run)))
    assert left <= 3 * segments, f"{segments} segments left {left} times in all; {3 * segments} are too many"


report = sweep(bad_road, seeds(15), 60_000, calm, check=right_bytes, complete=all_of_them, stop_after=1)
assert report.ok, shown(report)

# %% [markdown]
# ## 5 · Share the road (4 points)
#
# A window that fits the receiver may be far too large for the road. Nobody tells the sender how much the road
# takes. It finds out by sending a little more each time, and halving when something is lost (RFC 5681). Write
# the class `Congestion`.
#
# - `Congestion(mss)` begins with `cwnd = 2 * mss` and `ssthresh = 64 * mss`, both in bytes. `cwnd` is how
#   much may be on the road. Both may be fractions.
# - `acked(count)` is called when an acknowledgement says that `count` more bytes have arrived, more than 0.
#   - While a loss is being repaired (see below), it ends the repair: `cwnd = ssthresh`.
#   - Else, if `cwnd < ssthresh` (*slow start*), `cwnd` grows by `count`, but at most by `mss`.
#   - Else (*congestion avoidance*) it grows by `mss * mss / cwnd`: about `mss` in each round trip.
# - `duplicate(flight)` is called when an acknowledgement says what the last one said; `flight` bytes are on
#   the road. Something has arrived behind a gap. The first and the second in a row change nothing: it may
#   be reordering. The third one means a loss: `ssthresh` becomes half of `flight`, at least `2 * mss`;
#   `cwnd` becomes `ssthresh + 3 * mss`; and the repair begins. Each further one adds `mss` to `cwnd`,
#   because a segment has left the road. It returns `True` for the third one, so that the oldest segment is
#   sent again at once, and `False` for all others.
# - `timed_out(flight)` is called when nothing was heard for long: `ssthresh` becomes half of `flight`, at
#   least `2 * mss`; `cwnd` becomes `mss`. Any repair ends.
# - `acked` and `timed_out` begin the count of duplicates anew.
#
# Example with `mss` 1000: `acked(1000)` twice gives `cwnd` 4000. Three duplicates with 8000 bytes on the
# road give `ssthresh` 4000, `cwnd` 7000; a fourth gives 8000. `acked(3000)` ends the repair: `cwnd` is
# 4000.
#
# <details><summary>Hint 1: where to look</summary>
#
# One number is all the state you need beside `cwnd` and `ssthresh`: how many duplicates there were in a row.
# </details>
# <details><summary>Hint 2: the idea</summary>
#
# A repair is going on exactly if there have been three duplicates or more since the last `acked` or
# `timed_out`.
# </details>
# <details><summary>Hint 3: almost code</summary>
#
# `duplicate`: add one to the count. If it is 3 now: set `ssthresh`, set `cwnd`, return `True`. If it is
# more: add `mss`. Return `False`.
# </details>

# %% solution="aimd"
class Congestion:
    """How much may be on the road?"""

    def __init__(self, mss):
        self.mss = mss
        self.cwnd = 2 * mss
        self.ssthresh = 64 * mss
        ### BEGIN SOLUTION
        self.duplicates = 0
        ### END SOLUTION

    def acked(self, count):
        """So many more bytes have arrived."""
        ### BEGIN SOLUTION
        if self.duplicates >= 3:
            self.cwnd = self.ssthresh
        elif self.cwnd < self.ssthresh:
            self.cwnd += min(count, self.mss)
        else:
            self.cwnd += self.mss * self.mss / self.cwnd
        self.duplicates = 0
        ### END SOLUTION

    def duplicate(self, flight):
        """An acknowledgement says nothing new; return whether to send the oldest segment again."""
        ### BEGIN SOLUTION
        self.duplicates += 1
        if self.duplicates == 3:
            self.ssthresh = max(flight / 2, 2 * self.mss)
            self.cwnd = self.ssthresh + 3 * self.mss
            return True
        if self.duplicates > 3:
            self.cwnd += self.mss
        return False
        ### END SOLUTION

    def timed_out(self, flight):
        """Nothing was heard for long."""
        ### BEGIN SOLUTION
        self.ssthresh = max(flight / 2, 2 * self.mss)
        self.cwnd = self.mss
        self.duplicates = 0
        ### END SOLUTION


# %% test="aimd" rule="Slow start grows by what arrives and avoidance by a segment a round" points=1
window = Congestion(1000)
window.acked(1000)
window.acked(1000)
assert near(window.cwnd, 4000), f"two segments arrived in slow start: 4000 bytes, not {window.cwnd}"
window.acked(400)
assert near(window.cwnd, 4400), f"400 bytes arrived in slow start: 4400 bytes, not {window.cwnd}"
### BEGIN HIDDEN TESTS
window.acked(9000)
assert near(window.cwnd, 5400), f"one acknowledgement adds at most a segment: 5400 bytes, not {window.cwnd}"
for _ in range(58):
    window.acked(1000)
assert near(window.cwnd, 63_400), f"still below 64000, so still slow start: 63400 bytes, not {window.cwnd}"
window.acked(1000)
assert near(window.cwnd, 64_400), f"one more acknowledgement below 64000: 64400 bytes, not {window.cwnd}"
window.acked(1000)
want = 64_400 + 1_000_000 / 64_400
assert near(window.cwnd, want), f"above ssthresh it grows by mss · mss / cwnd: {want}, not {window.cwnd}"
for _ in range(64):
    window.acked(1000)
assert 65_300 < window.cwnd < 65_500, f"64 more acknowledgements add about a segment: {window.cwnd}"
window = Congestion(100)
window.timed_out(1600)
grown = []
for _ in range(9):
    window.acked(100)
    grown.append(round(window.cwnd))
want = [200, 300, 400, 500, 600, 700, 800, 812, 825]
assert grown == want, f"slow start up to 800 bytes, then avoidance: {want}, not {grown}"
### END HIDDEN TESTS

# %% test="aimd" rule="The third duplicate in a row halves and sends again" points=1
window = Congestion(1000)
found = [window.duplicate(8000) for _ in range(3)]
assert found == [False, False, True], f"only the third duplicate sends again, not {found}"
found = round(window.ssthresh, 6), round(window.cwnd, 6)
assert found == (4000, 7000), f"half of 8000 bytes, and three segments more: (4000, 7000), not {found}"
found = window.duplicate(8000), round(window.cwnd, 6)
assert found == (False, 8000), f"a fourth adds a segment: (False, 8000), not {found}"
### BEGIN HIDDEN TESTS
assert near(window.ssthresh, 4000), f"a fourth duplicate does not halve again: 4000, not {window.ssthresh}"
for _ in range(5):
    assert window.duplicate(8000) is False, "only the third one sends again"
found = round(window.ssthresh, 6), round(window.cwnd, 6)
assert found == (4000, 13_000), f"nine duplicates: (4000, 13000), not {found}"
window = Congestion(1000)
for _ in range(20):
    window.acked(1000)
before = window.cwnd
for _ in range(10):  # reordering: two duplicates, and then the missing one
    assert not window.duplicate(5000), "two duplicates in a row are no loss"
    assert not window.duplicate(5000), "two duplicates in a row are no loss"
    window.acked(3000)
assert near(window.cwnd, before + 10_000), f"reordering slows nobody: {before + 10_000}, not {window.cwnd}"
window = Congestion(1000)
for _ in range(3):
    window.duplicate(3000)
found = round(window.ssthresh, 6), round(window.cwnd, 6)
assert found == (2000, 5000), f"ssthresh is at least two segments: (2000, 5000), not {found}"
window = Congestion(1000)
for _ in range(30):
    window.acked(1000)
for _ in range(3):
    window.duplicate(10_000)
found = round(window.ssthresh, 6), round(window.cwnd, 6)
assert found == (5000, 8000), f"half of what is on the road, 10000, not of cwnd: (5000, 8000), not {found}"
### END HIDDEN TESTS

# %% test="aimd" rule="A repair ends at half and a time-out begins with one segment" points=1
window = Congestion(1000)
for _ in range(5):
    window.duplicate(8000)
window.acked(3000)
assert near(window.cwnd, 4000), f"the repair is over: half of the 8000 bytes, 4000, not {window.cwnd}"
window = Congestion(1000)
window.timed_out(8000)
found = round(window.ssthresh, 6), round(window.cwnd, 6)
assert found == (4000, 1000), f"after a time-out: (4000, 1000), not {found}"
### BEGIN HIDDEN TESTS
window = Congestion(1000)
for _ in range(3):
    window.duplicate(8000)
window.acked(1000)
found = [window.duplicate(4000) for _ in range(3)]
assert found == [False, False, True], f"after a repair three duplicates are counted anew, not {found}"
assert near(window.ssthresh, 2000), f"and halve again: 2000, not {window.ssthresh}"
window.timed_out(6000)
found = round(window.ssthresh, 6), round(window.cwnd, 6)
assert found == (3000, 1000), f"a time-out in the middle of a repair: (3000, 1000), not {found}"
window.acked(1000)
assert near(window.cwnd, 2000), f"the time-out ended the repair: slow start, 2000, not {window.cwnd}"
window.duplicate(5000)
window.duplicate(5000)
window.timed_out(500)
found = round(window.ssthresh, 6), round(window.cwnd, 6)
assert found == (2000, 1000), f"ssthresh is at least two segments: (2000, 1000), not {found}"
found = [window.duplicate(5000) for _ in range(2)]
assert found == [False, False], f"a time-out begins the count anew: no loss yet, not {found}"
window = Congestion(1000)
window.timed_out(8000)
for _ in range(3):
    window.acked(1000)
assert near(window.cwnd, 4000), f"slow start leads back to ssthresh: 4000, not {window.cwnd}"
window.acked(1000)
assert near(window.cwnd, 4250), f"at ssthresh, congestion avoidance begins: 4250, not {window.cwnd}"
### END HIDDEN TESTS

# %% locked="steered_sender"
class Steered:
    """Lets your class decide how much the book's sender has on the road.

    One repair may mend several gaps. Your class hears of the first acknowledgement in it, which ends its own
    repair, and then of nothing until all gaps are mended.
    """

    def __init__(self, window):
        self.window, self.recovering, self.silent = window, False, False

    @property
    def cwnd(self):
        return self.window.cwnd

    def acknowledged(self, count, flight):
        if not self.silent:
            self.window.acked(count)
        self.silent = self.recovering

    def duplicate(self, flight):
        again = not self.silent and self.window.duplicate(flight)
        self.recovering = self.recovering or again
        return again

    def recovered(self):
        if not self.silent:
            self.window.acked(1)
        self.recovering = self.silent = False

    def timed_out(self, flight):
        self.window.timed_out(flight)
        self.recovering = self.silent = False


# %% test="aimd" rule="On a lossy road it is as quick as the formula says and no quicker" points=1
LOSS, RTT, SEGMENTS = 0.03, 100, 1_200


def goodput(seed):
    """Segments a second that your window brings over a road that loses three in a hundred."""
    network = Network(latency=Fixed(RTT / 2))
    network.link("sender", "receiver").set(loss=LOSS)
    sim = Simulation(seed, network)
    sim.add("sender", lambda: Sender("receiver", bytes(4 * SEGMENTS), 4, 1 << 30, Steered(Congestion(4))))
    sim.add("receiver", lambda: Receiver(1 << 30))
    for until in range(10_000, 400_000, 10_000):
        sim.run(until)
        sender = sim.nodes["sender"]
        if sender.finished_ms is not None:
            return SEGMENTS * 1000 / (sender.finished_ms - sender.started_ms)
    return 0


formula = mathis(RTT, LOSS)
found = sum(goodput(seed) for seed in range(2)) / 2
said = f"the formula of Mathis says {formula:.0f} segments a second; yours brings {found:.0f}"
assert found > formula / 3, f"{said}: too timid"
assert found < formula * 2, f"{said}: it takes more than its share"

# %% [markdown]
# ## Hand in
#
# Restart the kernel and run all cells. If every check passes, save the notebook and hand in this one file,
# `reliable_links.ipynb`. Checks that still fail cost their own points only.
