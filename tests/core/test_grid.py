"""The grid on literals: (slot, milliseconds, gray level[, "filler"]). A frame's gray level is its number."""

from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from guard.core.grid import Grid
from guard.core.items import Cut, Frame, GridFrame
from tests.core.helpers import grey, slots


def put(grid: Grid, times: Sequence[float], first: int = 0) -> list[object]:
    """Frames at these milliseconds, numbered from `first` by their gray level."""
    return slots(event for n, ms in enumerate(times, first) for event in grid.put(Frame(grey(n), ms / 1000)))


def at_rate(fps: float, seconds: float, start: float = 0.0) -> list[float]:
    return [start * 1000 + n * 1000 / fps for n in range(round(fps * seconds))]


def filler(events: list[object]) -> int:
    return sum(1 for event in events if "filler" in event)


def test_25_fps_fills_each_slot_at_once() -> None:
    grid = Grid()
    assert put(grid, [0]) == [(0, 0, 0)]
    assert put(grid, [40], first=1) == [(1, 40, 1)]
    assert put(grid, [80], first=2) == [(2, 80, 2)]


def test_stream_time_begins_with_the_first_frame() -> None:
    grid = Grid()
    assert put(grid, [5000, 5040]) == [(0, 0, 0), (1, 40, 1)]
    assert grid.stream_time(5.5) == 0.5


def test_time_before_zero_is_time_like_any_other() -> None:
    assert put(Grid(), [-5000, -4960, -4920]) == [(0, 0, 0), (1, 40, 1), (2, 80, 2)]


def test_25_fps_does_not_drift_in_ten_minutes() -> None:
    grid = Grid()
    for n in range(15_001):
        events = grid.put(Frame(grey(0), 0.1 + n * 0.04))  # a float that accumulates no error but has some
    assert slots(events) == [(15_000, 600_000, 0)]


def test_jitter_within_half_an_interval_changes_nothing_but_the_moment() -> None:
    grid = Grid()
    assert put(grid, [0, 55, 68, 131, 160]) == [(0, 0, 0), (1, 40, 1), (2, 80, 2), (3, 120, 3), (4, 160, 4)]


def test_an_early_frame_waits_because_a_nearer_one_may_come() -> None:
    grid = Grid()
    assert put(grid, [0, 30]) == [(0, 0, 0)]
    assert put(grid, [45], first=2) == [(1, 40, 2)]  # 5 ms late is nearer than 10 ms early
    assert grid.surplus == 1
    assert put(grid, [75], first=3) == []
    assert put(grid, [90], first=4) == [(2, 80, 3)]  # 5 ms early is nearer than 10 ms late
    assert grid.surplus == 2


def test_an_early_frame_is_given_out_when_the_next_slot_begins() -> None:
    grid = Grid()
    assert put(grid, [0, 30]) == [(0, 0, 0)]
    assert put(grid, [70], first=2) == [(1, 40, 1)]
    assert put(grid, [80], first=3) == [(2, 80, 3)]


def test_of_two_frames_equally_near_the_earlier_is_used() -> None:
    assert put(Grid(), [0, 30, 50]) == [(0, 0, 0), (1, 40, 1)]


def test_half_an_interval_belongs_to_the_slot_that_follows() -> None:
    grid = Grid()
    assert put(grid, [0, 20]) == [(0, 0, 0)]
    assert put(grid, [60], first=2) == [(1, 40, 1)]
    assert put(grid, [100], first=3) == [(2, 80, 2)]


@pytest.mark.parametrize("fps", [50, 60, 30, 29.97, 59.94, 120])
def test_faster_streams_are_thinned_without_filler(fps: float) -> None:
    grid = Grid()
    times = at_rate(fps, 2)
    events = put(grid, times)
    assert filler(events) == 0
    assert 49 <= len(events) <= 50
    assert [event[0] for event in events] == list(range(len(events)))
    assert all(abs(times[level] - ms) <= 20 for _, ms, level in events)
    assert grid.surplus >= len(times) - 51
    assert grid.late == 0


def test_50_fps_takes_every_second_frame() -> None:
    assert put(Grid(), at_rate(50, 0.18)) == [(0, 0, 0), (1, 40, 2), (2, 80, 4), (3, 120, 6), (4, 160, 8)]


def test_30_fps_takes_five_of_six_frames() -> None:
    events = put(Grid(), at_rate(30, 0.41))
    assert [level for _, _, level in events] == [0, 1, 2, 4, 5, 6, 7, 8, 10, 11]
    assert [ms for _, ms, _ in events] == [0, 40, 80, 120, 160, 200, 240, 280, 320, 360]


def test_24_fps_takes_one_filler_a_second() -> None:
    events = put(Grid(), at_rate(24, 10))
    assert 9 <= filler(events) <= 10
    assert [event[2] for event in events if "filler" not in event] == list(range(239))  # the last one still waits


def test_15_fps_is_two_fifths_filler() -> None:
    events = put(Grid(), at_rate(15, 0.27))
    assert events == [(0, 0, 0), (1, 40, 0, "filler"), (2, 80, 1), (3, 120, 2), (4, 160, 2, "filler"), (5, 200, 3)]
    longer = put(Grid(), at_rate(15, 10))
    assert filler(longer) / len(longer) == pytest.approx(0.4, abs=0.01)


def test_three_missing_frames_are_bridged() -> None:
    events = put(Grid(), [0, 160])
    assert events == [(0, 0, 0), (1, 40, 0, "filler"), (2, 80, 0, "filler"), (3, 120, 0, "filler"), (4, 160, 1)]


def test_four_missing_frames_cut_the_run_and_anchor_the_grid_anew() -> None:
    grid = Grid()
    assert put(grid, [0, 40, 243]) == [(0, 0, 0), (1, 40, 1), "GAP", (0, 243, 2)]
    assert put(grid, [283], first=3) == [(1, 283, 3)]


def test_a_frame_that_waits_still_belongs_to_the_run_that_a_gap_ends() -> None:
    assert put(Grid(), [0, 35, 1000]) == [(0, 0, 0), (1, 40, 1), "GAP", (0, 1000, 2)]


def test_a_waiting_frame_is_repeated_over_the_slots_that_follow_it() -> None:
    assert put(Grid(), [0, 35, 160]) == [
        (0, 0, 0), (1, 40, 1), (2, 80, 1, "filler"), (3, 120, 1, "filler"), (4, 160, 2)
    ]  # fmt: skip


@pytest.mark.parametrize("fps", [5, 4, 1])
def test_a_stream_too_slow_to_bridge_is_cut_at_every_frame(fps: float) -> None:
    events = put(Grid(), at_rate(fps, 2))
    assert events.count("GAP") == 2 * fps - 1
    assert all(event == "GAP" or event[0] == 0 for event in events)


def test_repeated_and_earlier_frames_are_dropped_and_counted() -> None:
    grid = Grid()
    assert put(grid, [0, 40, 40, 0, 39]) == [(0, 0, 0), (1, 40, 1)]
    assert grid.late == 3
    assert put(grid, [80], first=9) == [(2, 80, 9)]


def test_a_frame_that_was_overtaken_does_not_replace_the_one_that_waits() -> None:
    grid = Grid()
    assert put(grid, [0, 30, 25]) == [(0, 0, 0)]
    assert put(grid, [70], first=3) == [(1, 40, 1)]


def test_one_second_back_is_reordering_and_more_is_another_clock() -> None:
    grid = Grid()
    put(grid, [0, 40, 80])
    for n in range(4, 30):
        put(grid, [n * 40])
    assert put(grid, [160]) == []
    assert put(grid, [159], first=7) == ["TIME_JUMP", (0, 1200, 7)]  # as if it were the next frame after 1160 ms
    assert put(grid, [199], first=8) == [(1, 1240, 8)]
    assert grid.late == 1


def test_a_time_stamp_that_wraps_is_a_jump_and_stream_time_goes_on() -> None:
    wrap = 2**32 / 90_000 * 1000  # 32 bits of a 90 kHz clock, in milliseconds
    grid = Grid()
    events = put(grid, [wrap - 80, wrap - 40, 0, 40])
    assert events == [(0, 0, 0), (1, 40, 1), "TIME_JUMP", (0, 80, 2), (1, 120, 3)]


def test_a_frame_that_waits_is_lost_with_the_clock_it_was_stamped_by() -> None:
    assert put(Grid(), [5000, 5030, 0]) == [(0, 0, 0), "TIME_JUMP", (0, 70, 2)]


def test_a_burst_is_placed_by_its_time_stamps_however_it_arrives() -> None:
    grid = Grid()
    put(grid, at_rate(25, 1))
    assert put(grid, at_rate(25, 2, start=1)) == [(25 + n, 1000 + 40 * n, n) for n in range(50)]


def test_restart_anchors_the_grid_anew_and_drops_what_waits() -> None:
    grid = Grid()
    put(grid, [0, 40, 70])
    assert grid.running
    grid.restart()
    assert not grid.running
    assert put(grid, [95], first=5) == [(0, 95, 5)]
    assert grid.running
    assert put(grid, [135], first=6) == [(1, 135, 6)]


def test_restart_takes_a_clock_that_was_set_back_without_calling_it_late() -> None:
    grid = Grid()
    put(grid, [0, 40, 80])
    grid.restart()
    assert put(grid, [50, 90], first=5) == [(0, 120, 5), (1, 160, 6)]
    assert grid.late == 0


def test_no_picture_from_before_a_cut_is_repeated_after_it() -> None:
    grid = Grid()
    put(grid, [0, 40])
    grid.restart()
    assert put(grid, [1000, 1080], first=7) == [(0, 1000, 7), (1, 1040, 7, "filler"), (2, 1080, 8)]


@pytest.mark.parametrize(("ms", "missing"), [(0, False), (160, False), (161, True), (5000, True), (-100, False)])
def test_missing_is_what_filler_cannot_bridge(ms: float, missing: bool) -> None:
    grid = Grid()
    assert not grid.misses(1000)
    put(grid, [0])
    assert grid.misses(ms / 1000) is missing


@pytest.mark.slow
@settings(deadline=None)
@given(some.lists(some.integers(-2_000, 3_000), min_size=1, max_size=60), some.integers(0, 2**40))
def test_whatever_comes_slots_are_in_order_and_time_never_goes_back(steps: list[int], start: int) -> None:
    grid = Grid()
    time, last, expected, in_a_row = start / 1000, -1.0, 0, 0
    for step in steps:
        time += step / 1000
        for event in grid.put(Frame(grey(0), time)):
            if isinstance(event, Cut):
                expected = 0
                continue
            assert isinstance(event, GridFrame)
            assert event.slot == expected
            assert event.time > last
            in_a_row = in_a_row + 1 if event.filler else 0
            assert in_a_row <= 3
            expected, last = event.slot + 1, event.time
