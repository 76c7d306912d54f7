"""The motion basis: what it finds in motion that is known, and its units."""

import numpy as np
import torch

from trainer.data.world.world import Scenes
from trainer.motionbasis import DIRECTIONS, MotionBasis, relative_motion


def scenes(amplitudes: np.ndarray, liveliness: float = 1.0) -> Scenes:
    """Clips of two frames between which place n moves as usual at `amplitudes[n]`."""
    rng = np.random.default_rng(0)
    motion = rng.normal(size=(400, 2048)) * amplitudes * liveliness
    places = np.stack([np.zeros_like(motion), motion], axis=1)
    return Scenes(np.zeros((0,), np.uint8), places.reshape(400, 2, 8, 16, 16).astype(np.float32))


def falling() -> np.ndarray:
    return np.where(np.arange(2048) < 40, 0.9 ** np.arange(2048), 0.0) * 20


def test_the_first_directions_are_those_of_most_motion() -> None:
    basis = MotionBasis.fitted([scenes(falling())])
    assert basis.directions.shape == (2048, DIRECTIONS)
    torch.testing.assert_close(basis.directions.T @ basis.directions, torch.eye(DIRECTIONS), atol=1e-4, rtol=0)
    assert basis.directions[0, 0].abs() > 0.9
    assert (basis.directions[40:] == 0).all()
    assert (basis.spread.diff() <= 0).all()


def test_the_usual_motion_is_1_in_every_direction() -> None:
    known = scenes(falling())
    basis = MotionBasis.fitted([known])
    measured = basis(torch.from_numpy(relative_motion(known.places)).reshape(-1, 8, 16, 16))
    torch.testing.assert_close(measured.square().mean(dim=0), torch.ones(DIRECTIONS), rtol=1e-3, atol=0)


def test_lively_and_quiet_people_count_alike() -> None:
    quiet, lively = (relative_motion(scenes(falling(), liveliness).places) for liveliness in (10.0, 30.0))
    np.testing.assert_allclose(quiet, lively, rtol=0.01, atol=0.01)


def test_a_face_at_rest_has_no_motion_rather_than_noise() -> None:
    assert np.abs(relative_motion(scenes(falling(), 1e-6).places)).max() < 0.01
