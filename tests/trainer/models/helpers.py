"""Models whose every part takes part: an untrained BatchNorm does nothing, and could be folded wrongly unnoticed."""

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from trainer.models.contrast import local_contrast
from trainer.models.f5c import scaled
from trainer.models.fingerprint import PAPER, Architecture, Fingerprint


def lively_model(seed: int = 0, architecture: Architecture = PAPER) -> Fingerprint:
    """In eval mode, with BatchNorm statistics and weights away from 0 and 1."""
    torch.manual_seed(seed)
    model = Fingerprint(architecture)
    for module in model.modules():
        if isinstance(module, nn.BatchNorm2d | nn.BatchNorm3d):
            nn.init.uniform_(module.weight, 0.5, 1.5)
            nn.init.uniform_(module.bias, -0.3, 0.3)
            nn.init.uniform_(module.running_mean, -0.2, 0.2)
            nn.init.uniform_(module.running_var, 0.5, 2.0)
    if architecture.head == "covariance":
        nn.init.uniform_(model.head.scale, 0.5, 1.5)
    else:
        nn.init.uniform_(model.head.standardise.running_mean, 0.2, 0.6)
        nn.init.uniform_(model.head.standardise.running_var, 0.01, 0.1)
    return model.eval()


def noise_clips(count: int, length: int, seed: int = 0) -> Tensor:
    """(count, length, 128, 128) uint8."""
    return torch.from_numpy(np.random.default_rng(seed).integers(0, 256, (count, length, 128, 128), dtype=np.uint8))


@torch.no_grad()
def assert_same_features(model: Fingerprint, frames: Tensor, found: Tensor, expected: Tensor) -> None:
    """Features (N, 128, 16, 16) of frames (N, 128, 128) agree, but where rounding swapped equally near neighbours.

    Rounding depends on the batch's shape and on the processor. Such positions are counted, not tolerated away: at most
    two, and only where the fourth and the fifth neighbour are equally near.
    """
    apart = (found - expected).abs().amax(dim=1) > 1e-5
    assert neighbour_gaps(model, frames)[apart.numpy()].max(initial=0.0) < 1e-6
    assert apart.sum() <= 2


def neighbour_gaps(model: Fingerprint, frames: Tensor) -> NDArray[np.float32]:
    """How much nearer, by cosine, the fourth neighbour of each position (N, 16, 16) is than the fifth."""
    levels = local_contrast(frames) if model.encoder.scale == "local" else scaled(frames)
    positions = model.encoder.fcc(model.encoder.conv_stack(levels)).flatten(2).transpose(1, 2)
    unit = functional.normalize(positions, dim=-1)
    similarity = unit @ unit.transpose(1, 2) - 4 * torch.eye(256)
    nearest = similarity.topk(5, dim=-1).values
    gaps: NDArray[np.float32] = (nearest[..., 3] - nearest[..., 4]).view(-1, 16, 16).numpy()
    return gaps
