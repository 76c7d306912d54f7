"""Linear discriminant analysis: directions in which drivers differ most beside what one driver's clips differ in."""

import numpy as np
import torch
from numpy.typing import NDArray

from trainer.models.head import EMBEDDING, TemporalHead

Floats = NDArray[np.float64]
Numbers = NDArray[np.int64]
DIRECTIONS = EMBEDDING // 2
"""The MLP holds a linear map of this rank: each direction takes two rectified values, up and down."""
_SHRINKAGE = 0.05
"""Of the within-driver covariance towards its mean variance: drivers are few beside 512 values."""
_SCALE = 8.0


def discriminant(
    values: Floats, drivers: Numbers, blocks: Numbers, shrinkage: float = _SHRINKAGE
) -> tuple[Floats, Floats]:
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


@torch.no_grad()
def set_discriminant(head: TemporalHead, levels: Floats, drivers: Numbers, blocks: Numbers) -> None:
    """Make the head's MLP the discriminant of levelled pooled columns (C, 512)."""
    mean, spread = levels.mean(axis=0), levels.std(axis=0)
    head.standardise.running_mean.copy_(torch.from_numpy(mean))
    head.standardise.running_var.copy_(torch.from_numpy(spread**2))
    centre, linear = discriminant((levels - mean) / np.sqrt(spread**2 + head.standardise.eps), drivers, blocks)
    weight = torch.from_numpy(linear.T * _SCALE / np.linalg.norm(linear)).float()
    bias = -weight @ torch.from_numpy(centre).float()
    up_and_down, together = head.mlp[0], head.mlp[3]
    up_and_down.weight.copy_(torch.cat([weight, -weight]))
    up_and_down.bias.copy_(torch.cat([bias, -bias]))
    together.weight[DIRECTIONS:] *= 0.1  # the other half of the embedding starts small, and is learned
    together.weight[:DIRECTIONS] = torch.cat([torch.eye(DIRECTIONS), -torch.eye(DIRECTIONS)], dim=1)
    together.bias.zero_()
