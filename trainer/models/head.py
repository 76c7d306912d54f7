"""The temporal head: differences of one clip to one unit embedding. Paper section III-D."""

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional

EMBEDDING = 256
POOLED = 512
"""Values that remain of one clip after pooling: 32 channels x 4 x 4."""


def pool_width(x: Tensor) -> Tensor:
    """Average the 16 columns in fours and flatten: (N, 32, 4, 16) -> (N, 512)."""
    return x.reshape(-1, POOLED, 4).mean(dim=-1)


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
    """(B, 128, T-1, 16, 16) -> (B, 256) of unit norm; height goes 16-8-4, width and time keep their length."""

    def __init__(self) -> None:
        super().__init__()
        self.net = nn.Sequential(
            TemporalConvolution(128, 64, 3, stride=(1, 2, 1), padding=1),
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
        return functional.normalize(self.mlp(self.standardise(pooled)).float(), dim=-1)

    def pooled(self, differences: Tensor) -> Tensor:
        """Time mean of the pooled columns (B, 512) of differences (B, 128, T-1, 16, 16)."""
        return pool_width(self.net(differences).mean(dim=2))

    def forward(self, differences: Tensor) -> Tensor:
        return self.project(self.pooled(differences))
