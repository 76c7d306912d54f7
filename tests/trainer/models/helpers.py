"""Models whose every part takes part: an untrained BatchNorm does nothing, and could be folded wrongly unnoticed."""

import numpy as np
import torch
from torch import Tensor, nn

from trainer.models.fingerprint import Fingerprint


def lively_model(seed: int = 0) -> Fingerprint:
    """In eval mode, with BatchNorm statistics and weights away from 0 and 1."""
    torch.manual_seed(seed)
    model = Fingerprint()
    for module in model.modules():
        if isinstance(module, nn.BatchNorm2d | nn.BatchNorm3d):
            nn.init.uniform_(module.weight, 0.5, 1.5)
            nn.init.uniform_(module.bias, -0.3, 0.3)
            nn.init.uniform_(module.running_mean, -0.2, 0.2)
            nn.init.uniform_(module.running_var, 0.5, 2.0)
    nn.init.uniform_(model.head.standardise.running_mean, 0.2, 0.6)
    nn.init.uniform_(model.head.standardise.running_var, 0.01, 0.1)
    return model.eval()


def noise_clips(count: int, length: int, seed: int = 0) -> Tensor:
    """(count, length, 128, 128) uint8."""
    return torch.from_numpy(np.random.default_rng(seed).integers(0, 256, (count, length, 128, 128), dtype=np.uint8))
