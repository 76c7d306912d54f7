"""Capacity from measured steps, on literals."""

import pytest

from guard.core.capacity import SAFETY, Capacity, after_step, expected

COSTS = {1: 0.002, 4: 0.005, 16: 0.016}


def test_capacity_is_that_of_the_best_batch_less_a_margin() -> None:
    # 16 frames in 16 ms are 1000 frames a second, those of 40 streams.
    assert Capacity(COSTS).streams == pytest.approx(40 * SAFETY)


def test_three_times_as_many_are_let_in_as_can_be_on_and_never_none() -> None:
    assert Capacity(COSTS).admitted == 102
    assert Capacity({1: 10.0}).admitted == 1


SIZES = [(1, 0.002), (2, 0.003), (4, 0.005), (10, 0.0105), (16, 0.016), (32, 0.032)]


@pytest.mark.parametrize(("frames", "seconds"), SIZES)
def test_a_size_that_was_not_timed_lies_between_those_that_were(frames: int, seconds: float) -> None:
    assert expected(COSTS, frames) == pytest.approx(seconds)


def test_fewer_frames_than_any_that_were_timed_cost_in_proportion() -> None:
    assert expected({4: 0.008, 8: 0.01}, 1) == pytest.approx(0.002)


def test_steps_that_take_what_was_expected_change_nothing() -> None:
    capacity = Capacity(COSTS)
    for frames in (1, 4, 16, 9):
        capacity = after_step(capacity, frames, expected(COSTS, frames))
    assert capacity.slowdown == pytest.approx(1.0)


def test_a_machine_at_half_its_speed_is_known_after_some_seconds_of_steps() -> None:
    capacity = Capacity(COSTS)
    for _ in range(300):  # 9.6 s
        capacity = after_step(capacity, 16, 0.032)
    assert capacity.slowdown == pytest.approx(2.0, abs=0.01)
    assert capacity.streams == pytest.approx(20 * SAFETY, rel=0.01)


def test_many_small_steps_weigh_as_much_as_one_that_takes_as_long() -> None:
    small = Capacity(COSTS)
    for _ in range(8):
        small = after_step(small, 1, 0.004)
    assert small.slowdown == pytest.approx(after_step(Capacity(COSTS), 16, 0.032).slowdown)


def test_a_machine_that_slept_is_not_taken_for_a_slow_one() -> None:
    asleep = after_step(Capacity(COSTS), 16, 3600.0)
    assert asleep.slowdown <= 20.0
