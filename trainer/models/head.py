"""The temporal head: differences of one clip to one unit embedding. Paper section III-D."""

from collections.abc import Sequence
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


def summed_taps(taps: Sequence[Tensor]) -> Tensor:
    """The three taps (B, D, ...) at all times -> their sums at times j-1, j, j+1, with zeros outside the clip."""
    before, at, after = taps
    zero = torch.zeros_like(at[:, :1])
    return at + torch.cat((zero, before[:, :-1]), dim=1) + torch.cat((after[:, 1:], zero), dim=1)


class TemporalConvolution(nn.Conv3d):
    """A Conv3d over 3 times, padded by one and of stride 1 in time, (B, C, D, H, W) -> (B, K, D, H', W').

    Its three temporal taps are one 2-D convolution with channels last, which on a CPU takes three quarters of the time
    of Conv3d, forward and backward; the result equals Conv3d's to float32 rounding.
    """

    def forward(self, x: Tensor) -> Tensor:
        frames = x.transpose(1, 2).flatten(0, 1).contiguous(memory_format=torch.channels_last)
        kernels = torch.cat(self.weight.unbind(dim=2)).contiguous(memory_format=torch.channels_last)
        taps = functional.conv2d(frames, kernels, stride=self.stride[1:], padding=self.padding[1:])
        summed = summed_taps(taps.unflatten(0, (-1, x.shape[2])).chunk(3, dim=2))
        return summed.transpose(1, 2) + self.bias[:, None, None, None]


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
            TemporalConvolution(channels, 64, 3, stride=(1, 2, 1), padding=1),
            nn.BatchNorm3d(64),
            nn.ReLU(inplace=True),
            TemporalConvolution(64, 32, 3, stride=(1, 2, 1), padding=1),
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
