from itertools import pairwise

import numpy as np
import pytest

from guard.core.flow import flow, reduced
from guard.core.items import Gray
from guard.core.rigid import is_rigid
from tests.core.performances import shown, wander

pytestmark = pytest.mark.slow


def flows(pictures: Gray) -> np.ndarray:
    small = [reduced(one) for one in pictures]
    return np.stack([flow(*pair) for pair in pairwise(small)])


@pytest.mark.parametrize("noise", [0.0, 1.0])
def test_a_picture_that_is_shaken_is_rigid(noise: float) -> None:
    assert is_rigid(flows(shown(0.3 * wander(129, 1), still=True, noise=noise)))


@pytest.mark.parametrize("noise", [0.0, 1.0])
def test_a_face_that_speaks_is_not(noise: float) -> None:
    assert not is_rigid(flows(shown(0.3 * wander(129, 1), noise=noise)))


def test_a_head_that_is_held_still_while_it_speaks_is_not() -> None:
    motion = wander(129, 1)
    motion[:, :2] = 0
    assert not is_rigid(flows(shown(motion)))


def test_a_picture_that_turns_and_comes_nearer_is_rigid() -> None:
    line = np.linspace(-0.5, 0.5, 8)
    across, down = np.meshgrid(line, line)
    turn, size = wander(128, 2)[:, :2].T[..., None, None] / 50
    texture = np.random.default_rng(0).uniform(0.3, 1.0, (8, 8))
    moving = np.stack([(size * across - turn * down) * texture, (size * down + turn * across) * texture], axis=1)
    assert is_rigid(moving.astype(np.float32))
