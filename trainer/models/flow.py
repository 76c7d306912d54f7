"""Feature flow: how far each cell's picture moved, solved from what changed in its feature.

A difference of features says how much a cell changed, which is its texture times its motion. Lucas and Kanade (1981)
solve pixels' changes for the motion that explains them; here the changes and the slopes of the texture are 64 values
that a linear map each reads in a cell's feature, learned together with the encoder. Without it the encoder would have
to know from one frame which place of the face a cell shows: what that costs is in docs/benchmarks.md.
"""

import torch
from torch import Tensor, nn
from torch.nn import functional

from trainer.models.f5c import CHANNELS

TEXTURES = 64
"""Values by which a cell's texture is known: as many equations for its motion."""
WINDOWS = (9, 5, 3, 1)
"""Sides, in cells, of the windows that are taken to move as one; what a larger one finds, a smaller one expects."""


class FeatureFlow(nn.Module):
    """Features (B, T, 128, 16, 16) -> flow (B, T-1, 2, 16, 16), x before y; its unit is what it was trained in."""

    def __init__(self) -> None:
        super().__init__()
        self.slopes = nn.Conv2d(CHANNELS[-1], 2 * TEXTURES, 1, bias=False)
        self.changes = nn.Conv2d(CHANNELS[-1], TEXTURES, 1, bias=False)
        # Logarithms of how stiffly the flow of each window holds on to what the larger one expects.
        self.stiffness = nn.Parameter(torch.full((len(WINDOWS),), -3.0))

    def forward(self, features: Tensor) -> Tensor:
        before, after = features[:, :-1].flatten(0, 1), features[:, 1:].flatten(0, 1)
        return self.between(before, after).unflatten(0, (features.shape[0], -1))

    def between(self, before: Tensor, after: Tensor) -> Tensor:
        """The flow (N, 2, 16, 16) between features (N, 128, 16, 16) of two frames.

        Least squares over each window: (sum s s' + stiffness) f = sum s c + stiffness f_larger, with the slopes s of
        the mean of both features and the changes c of their difference.
        """
        across, down = self.slopes((before + after) / 2).chunk(2, dim=1)
        changes = self.changes(after - before)
        products = (across * changes, down * changes, across * across, across * down, down * down)
        sums = torch.stack([product.mean(dim=1) for product in products], dim=1)
        x, y = torch.zeros_like(sums[:, 0]), torch.zeros_like(sums[:, 0])
        for side, stiffness in zip(WINDOWS, self.stiffness.exp(), strict=True):
            right_x, right_y, xx, xy, yy = window_means(sums, side).unbind(dim=1)
            left_x, left_y = right_x - xx * x - xy * y, right_y - xy * x - yy * y
            xx, yy = xx + stiffness, yy + stiffness
            determinant = xx * yy - xy * xy
            x = x + (yy * left_x - xy * left_y) / determinant
            y = y + (xx * left_y - xy * left_x) / determinant
        return torch.stack((x, y), dim=1)


def window_means(cells: Tensor, side: int) -> Tensor:
    """Means (N, C, 16, 16) over the `side` x `side` cells about each; beyond the edge there are none to count."""
    if side == 1:
        return cells
    return functional.avg_pool2d(cells, side, stride=1, padding=side // 2, count_include_pad=False)
