from fractions import Fraction

import numpy as np
import pytest

from trainer.data.world.timing import grid_frames, read_at, time_weights


def test_whole_moments_read_the_frames_themselves():
    series = np.random.default_rng(0).normal(size=(9, 2, 3)).astype(np.float32)
    np.testing.assert_allclose(read_at(series, np.array([0.0, 4.0, 8.0])), series[[0, 4, 8]], atol=1e-6)


def test_between_frames_a_parabola_is_exact():
    at = np.array([2.25, 3.5, 5.75])
    parabola = (np.arange(10, dtype=np.float32) ** 2)[:, None]
    np.testing.assert_allclose(read_at(parabola, at)[:, 0], at**2, rtol=1e-5)


def test_beyond_the_ends_the_ends_are_held():
    series = np.arange(5, dtype=np.float32)[:, None]
    np.testing.assert_allclose(read_at(series, np.array([-3.0, 9.0]))[:, 0], [0.0, 4.0], atol=1e-6)


@pytest.mark.parametrize("smoothing", [0.0, 0.5, 2.0])
def test_every_row_sums_to_one(smoothing):
    weights = time_weights(np.linspace(-1, 8, 23), 8, smoothing)
    np.testing.assert_allclose(weights.sum(axis=1), 1.0, atol=1e-6)


def test_smoothing_takes_jitter_away_and_leaves_a_slope():
    slope = np.arange(40, dtype=np.float32)
    jitter = np.where(np.arange(40) % 2, 1.0, -1.0).astype(np.float32)
    inside = np.arange(10.0, 30.0)
    smooth = read_at((slope + jitter)[:, None], inside, smoothing=1.0)[:, 0]
    assert np.abs(smooth - inside).max() < 0.05


@pytest.mark.slow
@pytest.mark.parametrize("fps", [15, 20, 24, 25, 30, 50, 60])
def test_a_slot_shows_the_nearest_frame_within_half_an_interval_or_the_picture_before_it(fps):
    shown, held = grid_frames(fps, 300), 0
    for slot in range(300):
        late = [(abs(Fraction(number, fps) - Fraction(slot, 25)), number) for number in range(slot * fps // 25 + 3)]
        gap, nearest = min(late)
        # A frame halfway between two slots counts for the later one.
        if gap < Fraction(1, 50) or (gap == Fraction(1, 50) and Fraction(nearest, fps) < Fraction(slot, 25)):
            held = nearest
        assert shown[slot] == held, slot
