"""Linear discriminant analysis against scipy's generalised eigenvalues."""

import numpy as np
import pytest
from scipy.linalg import eigh

from trainer.discriminant import DIRECTIONS, discriminant

DRIVERS, CLIPS, BLOCKS = 60, 4, 5
SHRINKAGE = 0.05


def clips(width: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Values in which drivers differ along the first three, less and less, and the drivers and blocks of them."""
    rng = np.random.default_rng(seed)
    drivers = np.repeat(np.arange(DRIVERS), CLIPS)
    own = rng.normal(size=(DRIVERS, width)) * np.where(np.arange(width) < 3, [3.0, 2.0, 1.0] + [0.0] * (width - 3), 0.0)
    return own[drivers] + rng.normal(size=(len(drivers), width)), drivers, drivers * BLOCKS // DRIVERS


def test_its_directions_are_those_of_the_generalised_eigenvalue_problem() -> None:
    values, drivers, blocks = clips(DIRECTIONS)
    mean, found = discriminant(values, drivers, blocks, shrinkage=0.5)
    means = np.stack([values[drivers == driver].mean(axis=0) for driver in range(DRIVERS)])
    scatters = [np.cov(values[drivers == driver].T, ddof=0) * CLIPS for driver in range(DRIVERS)]
    within = np.sum(scatters, axis=0) / (DRIVERS * (CLIPS - 1))
    parts = means.reshape(BLOCKS, -1, DIRECTIONS)
    apart = np.sum([np.cov(part.T, ddof=0) * len(part) for part in parts], axis=0) / (DRIVERS - BLOCKS)
    between = apart - within / CLIPS
    ratios, expected = eigh(between, within + 0.5 * np.trace(within) / DIRECTIONS * np.eye(DIRECTIONS))
    for place in range(5):
        column, ratio = expected[:, -1 - place], ratios[-1 - place]
        assert abs(column @ found[:, place]) / np.linalg.norm(column) / np.linalg.norm(found[:, place]) > 0.9999
        assert found[:, place] @ between @ found[:, place] == pytest.approx(ratio**2 / (1 + ratio), rel=1e-6)
    np.testing.assert_allclose(mean, values.mean(axis=0))


def test_it_looks_where_drivers_differ() -> None:
    values, drivers, blocks = clips(128)
    _, found = discriminant(values, drivers, blocks, shrinkage=1.0)
    weight = np.square(found).sum(axis=1)
    assert weight[0] > weight[1] > weight[2] > 2 * weight[3:].max()


def test_what_blocks_differ_in_changes_nothing() -> None:
    values, drivers, blocks = clips(8)
    _, expected = discriminant(values, drivers, blocks, SHRINKAGE)
    _, found = discriminant(values + 20.0 * blocks[:, None] * np.arange(8), drivers, blocks, SHRINKAGE)
    np.testing.assert_allclose(found @ found.T, expected @ expected.T, atol=1e-9)


def test_what_means_of_few_clips_differ_in_by_chance_is_not_trusted() -> None:
    chance = np.random.default_rng(0).normal(size=(DRIVERS * CLIPS, 16))
    _, drivers, blocks = clips(16)
    _, found = discriminant(chance, drivers, blocks, SHRINKAGE)
    trusted = np.square(chance @ found).mean(axis=0)
    assert 4 <= np.count_nonzero(trusted) <= 12  # about half of what is expected to be 0 lies above it
