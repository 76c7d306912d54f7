from itertools import pairwise

import numpy as np
import pytest

from guard.core.flow import flow, reduced
from guard.core.items import Gray
from guard.core.noise import is_noise
from tests.core.performances import shown, wander

FRAMES = 64


def seen(pictures: Gray) -> tuple[np.ndarray, np.ndarray]:
    """Flows, and how light the pictures are."""
    small = [reduced(one) for one in pictures]
    return np.stack([flow(*pair) for pair in pairwise(small)]), np.array([one.mean() for one in small])


def hung(noise: float) -> Gray:
    """One picture again and again, with a camera's noise over it."""
    return shown(np.zeros((FRAMES, 8)), noise=noise)


@pytest.mark.slow
@pytest.mark.parametrize("noise", [0.0, 0.5, 1.0, 2.0])
def test_a_picture_of_which_nothing_moves_is_noise(noise: float) -> None:
    assert is_noise(*seen(hung(noise)))


def test_an_exposure_that_wanders_over_it_is_no_motion() -> None:
    wanders = 1.0 + 0.05 * np.sin(np.arange(FRAMES) / 9)[:, None, None]
    assert is_noise(*seen(np.clip(hung(1.0) * wanders, 0, 255).astype(np.uint8)))


@pytest.mark.slow
@pytest.mark.parametrize("noise", [0.0, 1.0])
def test_a_face_that_hardly_moves_is_not(noise: float) -> None:
    assert not is_noise(*seen(shown(0.05 * wander(FRAMES, 1), noise=noise)))


def test_one_blink_in_a_face_that_keeps_still_is_not() -> None:
    motion = np.zeros((FRAMES, 8))
    motion[30:36, 5] = motion[30:36, 7] = np.hanning(6)  # both eyes, down
    assert not is_noise(*seen(shown(motion, noise=1.0)))


def test_a_picture_that_shifts_as_a_whole_is_not() -> None:
    assert not is_noise(*seen(shown(0.1 * wander(FRAMES, 1), still=True, noise=1.0)))


def test_trembling_anew_in_each_frame_is_noise_and_going_on_is_not() -> None:
    trembling = 0.01 * np.random.default_rng(0).standard_normal((FRAMES, 2, 8, 8)).astype(np.float32)
    places = np.diff(trembling, axis=0)
    light = np.zeros(FRAMES, np.float32)
    assert is_noise(places, light)
    assert not is_noise(np.full_like(places, 0.005), light)
