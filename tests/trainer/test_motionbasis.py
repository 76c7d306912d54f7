"""The motion basis: what it finds in motion that is known, and its units."""

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from trainer.motionbasis import DIRECTIONS, MotionBasis, relative_motion


def places(amplitudes: np.ndarray, liveliness: float = 1.0) -> NDArray[np.float32]:
    """Clips of two frames between which place n moves as usual at `amplitudes[n]`: (400, 2, 8, 16, 16)."""
    motion = np.random.default_rng(0).normal(size=(400, 2048)) * amplitudes * liveliness
    return np.stack([np.zeros_like(motion), motion], axis=1).reshape(400, 2, 8, 16, 16).astype(np.float32)


def falling() -> np.ndarray:
    return np.where(np.arange(2048) < 60, 0.9 ** np.arange(2048), 0.0) * 20


@pytest.mark.slow
def test_the_first_directions_are_those_of_most_motion() -> None:
    basis = MotionBasis.fitted([places(falling())])
    assert basis.directions.shape == (2048, DIRECTIONS)
    torch.testing.assert_close(basis.directions.T @ basis.directions, torch.eye(DIRECTIONS), atol=1e-4, rtol=0)
    assert basis.directions[0, 0].abs() > 0.9
    assert (basis.directions[60:].abs() < 1e-4).all()
    assert (basis.spread.diff() <= 0).all()


@pytest.mark.slow
def test_the_usual_motion_is_1_in_every_direction() -> None:
    known = places(falling())
    basis = MotionBasis.fitted([known[:200], known[200:]])
    measured = basis(torch.from_numpy(relative_motion(known)).reshape(-1, 8, 16, 16))
    torch.testing.assert_close(measured.square().mean(dim=0), torch.ones(DIRECTIONS), rtol=5e-3, atol=0)


def test_lively_and_quiet_people_count_alike() -> None:
    quiet, lively = (relative_motion(places(falling(), liveliness)) for liveliness in (10.0, 30.0))
    np.testing.assert_allclose(quiet, lively, rtol=0.01, atol=0.01)


def test_a_face_at_rest_has_no_motion_rather_than_noise() -> None:
    assert np.abs(relative_motion(places(falling(), 1e-6))).max() < 0.01
