"""What each step's clips are varied by: people whom a mirror shows, and clips that end early.

A mirror makes another person of everybody, as likely as the first: what is lopsided in them is so on the other side.
A covariance over a short clip is another than over a long one, and a head should know both. What either gains is in
docs/benchmarks.md.
"""

import numpy as np
import torch
from torch import Tensor

SHORTEST = 16
"""Frames of a clip that is cut short, at least: the paper's shortest."""


def some_mirrored(along: Tensor, driver: Tensor, mirror: Tensor, rng: np.random.Generator) -> Tensor:
    """Motion (B, T-1, K) of clips by `driver` (B,), every second driver's in a mirror: all clips of one, or none."""
    drivers, of_clip = driver.unique(return_inverse=True)
    in_mirror = torch.from_numpy(rng.random(len(drivers)) < 0.5)[of_clip]
    return torch.where(in_mirror[:, None, None], along @ mirror, along)


def cut_short(along: Tensor, rng: np.random.Generator) -> Tensor:
    """A stretch of the motion (B, T-1, K), the same of each clip, of SHORTEST - 1 differences at least."""
    whole = along.shape[1]
    length = int(rng.integers(min(SHORTEST - 1, whole), whole + 1))
    first = int(rng.integers(whole - length + 1))
    return along[:, first : first + length]
