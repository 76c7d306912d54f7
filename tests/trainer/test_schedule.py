"""Warm-up and cosine."""

from itertools import pairwise

import pytest

from trainer.schedule import channel_strength, learning_rate_factor


def factors(steps: int = 100, warmup: int = 10) -> list[float]:
    return [learning_rate_factor(step, warmup, steps, floor=0.01) for step in range(steps + 1)]


def test_it_rises_in_equal_steps_to_the_peak() -> None:
    assert factors()[:10] == pytest.approx([0.1 * step for step in range(1, 11)])


def test_it_falls_to_the_floor_and_stays() -> None:
    falling = factors()[10:]
    assert falling[0] == 1.0
    assert all(after < before for before, after in pairwise(falling))
    assert falling[45] == pytest.approx(0.505)
    assert falling[-1] == pytest.approx(0.01)
    assert learning_rate_factor(500, 10, 100, 0.01) == pytest.approx(0.01)


def test_a_run_that_is_all_warm_up_ends_at_the_peak() -> None:
    assert learning_rate_factor(9, 10, 10, 0.01) == 1.0


def test_the_channel_grows_evenly_and_then_stays_whole() -> None:
    strengths = [channel_strength(step, clean=0.2, ramp=4) for step in range(6)]
    assert strengths == pytest.approx([0.2, 0.4, 0.6, 0.8, 1.0, 1.0])


def test_without_a_ramp_the_channel_is_whole_from_the_start() -> None:
    assert channel_strength(0, clean=0.2, ramp=0) == 1.0
