"""Linear discriminant analysis: directions in which drivers differ most beside what one driver's clips differ in."""

import numpy as np
from numpy.typing import NDArray

from trainer.models.head import EMBEDDING

Floats = NDArray[np.float64]
Numbers = NDArray[np.int64]
DIRECTIONS = EMBEDDING


def discriminant(values: Floats, drivers: Numbers, blocks: Numbers, shrinkage: float) -> tuple[Floats, Floats]:
    """Values (C, D) of clips, who drives them and in which block -> their mean (D,) and a map (D, DIRECTIONS).

    Mapped, each direction has variance b / (1 + b) between drivers, if it has b times the variance within them: the
    cosine then weighs a direction by how far it can be trusted. Drivers count alike, however many their clips, and are
    compared within their block, which shares faces: what blocks differ in tells nobody apart. The means of few clips
    differ for one driver, too; what is expected of that is taken off b.
    """
    mean = values.mean(axis=0)
    _, first, number, clips = np.unique(drivers, return_index=True, return_inverse=True, return_counts=True)
    means = group_means(values - mean, number)
    within = values - mean - means[number]
    covariance = within.T @ within / (len(values) - len(clips))
    chance = (1.0 / clips).mean() * covariance
    covariance = covariance + shrinkage * np.trace(covariance) / len(covariance) * np.eye(len(covariance))
    block = np.unique(blocks[first], return_inverse=True)[1]
    own = means - group_means(means, block)[block]
    between = own.T @ own / (len(clips) - (block.max() + 1)) - chance
    whitener = np.linalg.inv(np.linalg.cholesky(covariance))
    ratios, directions = np.linalg.eigh(whitener @ between @ whitener.T)
    most = np.argsort(ratios)[::-1][:DIRECTIONS]
    trusted = np.maximum(ratios[most], 0.0)
    return mean, whitener.T @ directions[:, most] * np.sqrt(trusted / (1.0 + trusted))


def group_means(values: Floats, group: Numbers) -> Floats:
    """The mean (G, D) of the values (C, D) of each group, numbered from 0 without a gap."""
    sums = np.zeros((group.max() + 1, values.shape[1]))
    np.add.at(sums, group, values)
    return sums / np.bincount(group)[:, None]
