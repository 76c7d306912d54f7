"""Linear discriminant analysis: directions in which drivers differ most beside what one driver's clips differ in."""

import numpy as np
import torch
from numpy.typing import NDArray

from trainer.models.head import EMBEDDING, TemporalHead

Floats = NDArray[np.float64]
DIRECTIONS = EMBEDDING // 2
"""The MLP holds a linear map of this rank: each direction takes two rectified values, up and down."""
_SHRINKAGE = 1.0
"""Of the within-driver covariance towards its mean variance: drivers are few beside 512 values."""
_SCALE = 8.0


def discriminant(values: Floats, drivers: NDArray[np.int64], shrinkage: float = _SHRINKAGE) -> tuple[Floats, Floats]:
    """Values (C, D) of clips and who drives them -> their mean (D,) and a map (D, DIRECTIONS).

    Mapped, each direction has variance b / (1 + b) between drivers, if it has b times the variance within them: the
    cosine then weighs a direction by how far it can be trusted. Drivers count alike, however many their clips.
    """
    mean = values.mean(axis=0)
    _, number, clips = np.unique(drivers, return_inverse=True, return_counts=True)
    means = np.zeros((len(clips), values.shape[1]))
    np.add.at(means, number, values - mean)
    means /= clips[:, None]
    within = values - mean - means[number]
    covariance = within.T @ within / (len(values) - len(clips))
    covariance += shrinkage * np.trace(covariance) / len(covariance) * np.eye(len(covariance))
    whitener = np.linalg.inv(np.linalg.cholesky(covariance))
    between, directions = np.linalg.eigh(whitener @ (means.T @ means / len(clips)) @ whitener.T)
    most = np.argsort(between)[::-1][:DIRECTIONS]
    gain = np.sqrt(np.maximum(between[most], 0.0) / (1.0 + np.maximum(between[most], 0.0)))
    return mean, whitener.T @ directions[:, most] * gain


@torch.no_grad()
def set_discriminant(head: TemporalHead, levels: Floats, drivers: NDArray[np.int64]) -> None:
    """Make the head's MLP the discriminant of levelled pooled columns (C, 512)."""
    mean, spread = levels.mean(axis=0), levels.std(axis=0)
    head.standardise.running_mean.copy_(torch.from_numpy(mean))
    head.standardise.running_var.copy_(torch.from_numpy(spread**2))
    centre, linear = discriminant((levels - mean) / np.sqrt(spread**2 + head.standardise.eps), drivers)
    weight = torch.from_numpy(linear.T * _SCALE / np.linalg.norm(linear)).float()
    bias = -weight @ torch.from_numpy(centre).float()
    up_and_down, together = head.mlp[0], head.mlp[3]
    up_and_down.weight.copy_(torch.cat([weight, -weight]))
    up_and_down.bias.copy_(torch.cat([bias, -bias]))
    together.weight[DIRECTIONS:] *= 0.1  # the other half of the embedding starts small, and is learned
    together.weight[:DIRECTIONS] = torch.cat([torch.eye(DIRECTIONS), -torch.eye(DIRECTIONS)], dim=1)
    together.bias.zero_()
