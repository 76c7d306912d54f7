"""What reading does to motion, learned from clips whose motion is known, and done to clips that were never rendered."""

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

_RIDGE = 1e-3
_REACH = 80
"""Places in the order of liveliness among which a clip's error is drawn: who moves as much is misread as much."""


@dataclass(frozen=True)
class Blur:
    """Read motion is true motion times `kept` (K, K), plus an error like one of those in `errors` (C, T-1, K).

    `levels` (C,) is the logarithm of each error's clip's mean square motion, in rising order.
    """

    kept: Tensor
    errors: Tensor
    levels: Tensor

    @classmethod
    def between(cls, true: Tensor, read: Tensor) -> "Blur":
        """Of clips (C, T-1, K) with the motion that was read in them."""
        flat = true.flatten(0, 1).double()
        products = flat.T @ flat + _RIDGE * len(flat) * torch.eye(flat.shape[1])
        kept = torch.linalg.solve(products, flat.T @ read.flatten(0, 1).double()).float()
        levels, order = level(true).sort()
        return cls(kept, (read - true @ kept)[order], levels)

    def of(self, true: Tensor, rng: np.random.Generator) -> Tensor:
        """Clips (B, T-1, K) as they might be read."""
        drawn = torch.from_numpy(rng.integers(-_REACH, _REACH + 1, len(true)))
        places = (torch.searchsorted(self.levels, level(true)) + drawn).clamp(0, len(self.levels) - 1)
        return true @ self.kept + self.errors[places]


def level(motion: Tensor) -> Tensor:
    """Logarithm of the mean square of clips (C, T-1, K): (C,)."""
    return motion.square().mean(dim=(1, 2)).clamp(min=1e-12).log()
