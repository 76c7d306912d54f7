"""The temporal head: differences of one clip to one unit embedding. Paper section III-D."""

from typing import Literal

import torch
from torch import Tensor, nn
from torch.nn import functional

Pooling = Literal["mean", "log"]

EMBEDDING = 256
POOLED = 512
"""Values that remain of one clip after pooling: 32 channels x 4 x 4."""
LEAST = 0.02
"""What a pooled value is at least, for its logarithm: where nothing moves it is 0."""


def pool_width(x: Tensor) -> Tensor:
    """Average the 16 columns in fours and flatten: (N, 32, 4, 16) -> (N, 512)."""
    return x.reshape(-1, POOLED, 4).mean(dim=-1)


def levelled(pooled: Tensor, pooling: Pooling) -> Tensor:
    """Pooled columns as the MLP is given them."""
    return torch.log(pooled + LEAST) if pooling == "log" else pooled


class TemporalHead(nn.Module):
    """(B, C, T-1, 16, 16) -> (B, 256) of unit norm; height goes 16-8-4, width and time keep their length.

    C is 128 but for a head that is trained on less than whole features, see `trainer.headstart`. With `pooling` "log"
    the MLP is given logarithms of the pooled columns: a livelier clip then adds to them what a quieter one takes off,
    instead of stretching them, and a few large values no longer drown the others. The paper has "mean".
    """

    def __init__(self, channels: int = 128, pooling: Pooling = "mean") -> None:
        super().__init__()
        self.pooling = pooling
        self.net = nn.Sequential(
            nn.Conv3d(channels, 64, 3, stride=(1, 2, 1), padding=1),
            nn.BatchNorm3d(64),
            nn.ReLU(inplace=True),
            nn.Conv3d(64, 32, 3, stride=(1, 2, 1), padding=1),
            nn.BatchNorm3d(32),
            nn.ReLU(inplace=True),
        )
        # Means of rectified values differ little between clips beside what they share, so embeddings would start as
        # nearly the same one. It has no parameters, and in inference it vanishes into the first linear layer.
        self.standardise = nn.BatchNorm1d(POOLED, affine=False)
        self.mlp = nn.Sequential(
            nn.Linear(POOLED, EMBEDDING), nn.ReLU(inplace=True), nn.Dropout(0.3), nn.Linear(EMBEDDING, EMBEDDING)
        )

    def project(self, pooled: Tensor) -> Tensor:
        """Time mean of the pooled columns (B, 512) -> unit embedding (B, 256)."""
        return functional.normalize(self.mlp(self.standardise(levelled(pooled, self.pooling))).float(), dim=-1)

    def pooled(self, differences: Tensor) -> Tensor:
        """Time mean of the pooled columns (B, 512) of differences (B, C, T-1, 16, 16)."""
        return pool_width(self.net(differences).mean(dim=2))

    def forward(self, differences: Tensor) -> Tensor:
        return self.project(self.pooled(differences))
