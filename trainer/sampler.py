"""Batches of N identities x M clips: every clip has M - 1 positives and M (N - 1) negatives."""

import numpy as np
from numpy.typing import NDArray


def identities_by_clips(
    rng: np.random.Generator, labels: NDArray[np.int64], identities: int, clips: int
) -> NDArray[np.int64]:
    """Draw `identities` drivers and `clips` clips of each: places in `labels`, (identities * clips,), driver by driver.

    A driver with fewer clips gives some of them twice. Raises ValueError when there are too few drivers.
    """
    drivers = np.unique(labels)
    if len(drivers) < identities:
        raise ValueError(f"{identities} identities were asked for and there are {len(drivers)}")
    chosen = rng.choice(drivers, identities, replace=False)
    return np.concatenate([_clips_of(rng, np.flatnonzero(labels == driver), clips) for driver in chosen])


def _clips_of(rng: np.random.Generator, places: NDArray[np.int64], clips: int) -> NDArray[np.int64]:
    """`clips` of these places, none twice before all were used once."""
    rounds = -(-clips // len(places))
    return np.concatenate([rng.permutation(places) for _ in range(rounds)])[:clips]
