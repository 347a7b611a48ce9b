"""Clocks: raw, monotonic and wall time as functions of true time."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from distsys.clock import Clock

from .worlds import examples

DAY_US = 86_400_000_000


def test_a_perfect_clock_shows_true_time():
    clock = Clock()

    assert [clock.wall_us(1_234), clock.monotonic_us(1_234), clock.raw_us(1_234)] == [1_234] * 3


def test_the_offset_moves_the_wall_clock_alone():
    clock = Clock(offset_ms=2.5)

    assert clock.wall_us(1_000) == 3_500
    assert clock.monotonic_us(1_000) == clock.raw_us(1_000) == 1_000


def test_the_uptime_moves_the_monotonic_and_the_raw_clock_alone():
    clock = Clock(uptime_ms=5)

    assert clock.wall_us(1_000) == 1_000
    assert clock.monotonic_us(1_000) == clock.raw_us(1_000) == 6_000


def test_booting_moves_the_monotonic_and_the_raw_clock_alone():
    clock = Clock(offset_ms=3, drift_ppm=10)
    before = clock.wall_us(1_000_000)

    clock.boot(uptime_ms=5)

    assert clock.wall_us(1_000_000) == before
    assert clock.monotonic_us(0) == clock.raw_us(0) == 5_000


@pytest.mark.parametrize(("ppm", "gain_us"), [(1, 86_400), (-1, -86_400), (20, 1_728_000), (0.5, 43_200)])
def test_one_part_per_million_is_86_4_milliseconds_a_day(ppm, gain_us):
    clock = Clock(drift_ppm=ppm)

    assert clock.wall_us(DAY_US) - DAY_US == gain_us
    assert clock.monotonic_us(DAY_US) - DAY_US == gain_us
    assert clock.raw_us(DAY_US) - DAY_US == gain_us


@pytest.mark.parametrize("by_us", [7_000, -7_000])
def test_a_step_moves_the_wall_clock_alone(by_us):
    clock = Clock()

    clock.step(by_us)

    assert clock.wall_us(10_000) == 10_000 + by_us
    assert clock.monotonic_us(10_000) == clock.raw_us(10_000) == 10_000


def test_a_slew_changes_the_rate_of_wall_and_monotonic_clock_but_not_of_the_raw_one():
    clock = Clock()

    clock.slew(1_000_000, ppm=500)

    assert clock.wall_us(1_000_000) == 1_000_000  # no jump
    assert clock.wall_us(3_000_000) == clock.monotonic_us(3_000_000) == 3_001_000
    assert clock.raw_us(3_000_000) == 3_000_000


def test_a_new_slew_replaces_the_old_one():
    clock = Clock()

    clock.slew(0, ppm=500)
    clock.slew(1_000_000, ppm=-500)

    assert clock.wall_us(2_000_000) == 2_000_000


def test_slew_and_drift_add_up():
    clock = Clock(drift_ppm=100)

    clock.slew(0, ppm=-100)

    assert clock.monotonic_us(10_000_000) == 10_000_000
    assert clock.raw_us(10_000_000) == 10_001_000


def test_a_new_drift_counts_from_now_on():
    clock = Clock(drift_ppm=100)

    clock.drift(1_000_000, ppm=0)

    assert clock.raw_us(1_000_000) == clock.raw_us(2_000_000) - 1_000_000 == 1_000_100


@pytest.mark.parametrize(
    "stop",
    [
        lambda: Clock(drift_ppm=-1_000_000),
        lambda: Clock().slew(0, ppm=-2_000_000),
        lambda: Clock(drift_ppm=-600_000).slew(0, ppm=-400_000),
    ],
)
def test_a_clock_that_does_not_run_forward_is_refused(stop):
    with pytest.raises(ValueError, match="a clock must run forward"):
        stop()


# --- for any history of a clock

ppms = st.floats(-400_000, 400_000)  # drift and slew together stay above a standstill
changes = st.lists(
    st.tuples(
        st.integers(0, 10**9),  # microseconds since the last change
        st.one_of(
            st.tuples(st.just("step"), st.integers(-(10**10), 10**10)),
            st.tuples(st.just("slew"), ppms),
            st.tuples(st.just("drift"), ppms),
        ),
    ),
    max_size=8,
)
clocks = st.builds(
    Clock,
    offset_ms=st.integers(-(10**7), 10**7),
    drift_ppm=ppms,
    uptime_ms=st.one_of(st.none(), st.integers(0, 10**9)),
)


def live(clock, history):
    """Apply a history to a clock; yields the true time just before and just after each change."""
    now = 0
    for gap, (change, amount) in history:
        now += gap
        yield now
        if change == "step":
            clock.step(amount)
        else:
            getattr(clock, change)(now, amount)
        yield now


@examples
@given(clocks, changes)
def test_the_monotonic_clock_never_goes_back(clock, history):
    readings = [clock.monotonic_us(now) for now in live(clock, history)]

    assert readings == sorted(readings)


@examples
@given(clocks, changes)
def test_the_raw_clock_never_goes_back(clock, history):
    readings = [clock.raw_us(now) for now in live(clock, history)]

    assert readings == sorted(readings)


@examples
@given(clocks, changes)
def test_only_a_step_makes_the_wall_clock_jump(clock, history):
    readings = [clock.wall_us(now) for now in live(clock, history)]
    jumps = [after - before for before, after in zip(readings[::2], readings[1::2], strict=True)]

    assert jumps == [amount if change == "step" else 0 for _, (change, amount) in history]


@examples
@given(clocks, changes, st.integers(1, 10**12))
def test_true_us_at_is_the_first_moment_at_which_the_monotonic_clock_shows_a_value(clock, history, later):
    now = max(live(clock, history), default=0)
    wanted = clock.monotonic_us(now) + later

    moment = clock.true_us_at(wanted)

    assert clock.monotonic_us(moment) >= wanted
    assert clock.monotonic_us(moment - 1) < wanted
