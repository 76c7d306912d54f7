"""Linear discriminant analysis against scipy's generalised eigenvalues, and inside the head."""

import numpy as np
import pytest
import torch
from scipy.linalg import eigh

from trainer.discriminant import DIRECTIONS, discriminant, set_discriminant
from trainer.models.head import POOLED, TemporalHead

DRIVERS, CLIPS = 60, 4


def clips(width: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Values in which drivers differ along the first three, less and less."""
    rng = np.random.default_rng(seed)
    drivers = np.repeat(np.arange(DRIVERS), CLIPS)
    own = rng.normal(size=(DRIVERS, width)) * np.where(np.arange(width) < 3, [3.0, 2.0, 1.0] + [0.0] * (width - 3), 0.0)
    return own[drivers] + rng.normal(size=(len(drivers), width)), drivers


def test_its_directions_are_those_of_the_generalised_eigenvalue_problem() -> None:
    values, drivers = clips(DIRECTIONS)
    mean, found = discriminant(values, drivers, shrinkage=0.5)
    means = np.stack([values[drivers == driver].mean(axis=0) for driver in range(DRIVERS)]) - values.mean(axis=0)
    within = sum(np.cov(values[drivers == driver].T, ddof=0) * CLIPS for driver in range(DRIVERS))
    within = within / (DRIVERS * (CLIPS - 1))
    within += 0.5 * np.trace(within) / DIRECTIONS * np.eye(DIRECTIONS)
    ratios, expected = eigh(means.T @ means / DRIVERS, within)
    for place in range(5):
        column, ratio = expected[:, -1 - place], ratios[-1 - place]
        assert abs(column @ found[:, place]) / np.linalg.norm(column) / np.linalg.norm(found[:, place]) > 0.9999
        variance = ((means @ found[:, place]) ** 2).mean()
        assert variance == pytest.approx(ratio**2 / (1 + ratio), rel=1e-6)
    np.testing.assert_allclose(mean, values.mean(axis=0))


def test_it_looks_where_drivers_differ() -> None:
    values, drivers = clips(DIRECTIONS)
    _, found = discriminant(values, drivers)
    weight = np.square(found).sum(axis=1)
    assert weight[0] > weight[1] > weight[2] > 2 * weight[3:].max()


def test_a_head_compares_by_the_discriminant() -> None:
    values, drivers = clips(POOLED)
    head = TemporalHead(8, "mean").eval()
    set_discriminant(head, values, drivers)
    spread = values.std(axis=0)
    centre, linear = discriminant((values - values.mean(axis=0)) / spread, drivers)
    expected = ((values - values.mean(axis=0)) / spread - centre) @ linear
    expected /= np.linalg.norm(expected, axis=1, keepdims=True)
    with torch.no_grad():
        found = head.project(torch.from_numpy(values).float()).numpy()[:, :DIRECTIONS]
    found /= np.linalg.norm(found, axis=1, keepdims=True)
    np.testing.assert_allclose(found @ found.T, expected @ expected.T, atol=2e-3)
