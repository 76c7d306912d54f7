"""F5C, the frame encoder: ConvStack -> FCC -> CCC, one frame (1, 128, 128) to one feature (128, 16, 16).

Paper section III-B; where it is silent (paddings, positional embeddings, residuals) the authors' code decides.
"""

from typing import Any, Literal

import torch
from torch import Tensor, nn
from torch.nn import functional

from trainer.models.contrast import local_contrast

Scale = Literal["fixed", "local"]
CHANNELS = (1, 8, 32, 64, 128)
SIDE = 16
"""Height and width of a feature."""
META_TAPS = 32
"""Length of FCC's meta-kernels and positional embeddings; cropped to SIDE."""
NEIGHBOURS = 4
GROUPS = 4
_IN_CACHE = 4 * SIDE**2
"""Rows of 128 values, those of four frames, of which a few copies stay in a processor's cache."""


class ConvStack(nn.Module):
    """(N, 1, 128, 128) -> (N, 128, 16, 16) by way of sides 63, 31, 16, 16."""

    def __init__(self) -> None:
        super().__init__()
        kernels, strides, paddings = (4, 3, 2, 1), (2, 2, 2, 1), (0, 0, 1, 0)
        layers: list[nn.Module] = []
        for i, (kernel, stride, padding) in enumerate(zip(kernels, strides, paddings, strict=True)):
            convolution = nn.Conv2d(CHANNELS[i], CHANNELS[i + 1], kernel, stride, padding)
            layers += [convolution, nn.BatchNorm2d(CHANNELS[i + 1]), nn.ReLU(inplace=True)]
        self.net = nn.Sequential(*layers)

    def forward(self, frames: Tensor) -> Tensor:
        return self.net(frames)


def circulant(kernel: Tensor) -> Tensor:
    """Kernels (C, L) -> matrices (C, L, L) with row i, column j holding tap (j - i) mod L: circular correlation."""
    taps = torch.arange(kernel.shape[1], device=kernel.device)
    return kernel[:, (taps[None, :] - taps[:, None]) % kernel.shape[1]]


class GlobalStage(nn.Module):
    """One circular depthwise convolution over the whole height (or width), after adding a positional embedding.

    Written as a product with circulant matrices, which is several times faster on a CPU than a padded convolution.
    """

    def __init__(self, channels: int, vertical: bool) -> None:
        super().__init__()
        self.vertical = vertical
        self.kernel = nn.Parameter(torch.empty(channels, META_TAPS))
        self.position = nn.Parameter(torch.empty(channels, META_TAPS))
        self.bias = nn.Parameter(torch.zeros(channels))
        # A depthwise kernel reaches over SIDE values; this is nn.Conv2d's own bound for that fan-in.
        nn.init.uniform_(self.kernel, -(SIDE**-0.5), SIDE**-0.5)
        nn.init.trunc_normal_(self.position, std=0.02)

    def embed(self, x: Tensor) -> Tensor:
        """Add the positional embedding along the axis that the kernel runs over."""
        position = self.position[:, :SIDE]
        return x + (position[:, :, None] if self.vertical else position[:, None, :])

    def convolve(self, x: Tensor) -> Tensor:
        """(N, C, 16, 16) -> (N, C, 16, 16)."""
        matrix = circulant(self.kernel[:, :SIDE])
        mixed = matrix @ x if self.vertical else x @ matrix.mT
        return mixed + self.bias[:, None, None]


class Branch(nn.Module):
    """Half of FCC: two stages along different axes and a residual, (N, 64, 16, 16) -> the same."""

    def __init__(self, channels: int, vertical_first: bool) -> None:
        super().__init__()
        self.norm = nn.BatchNorm2d(channels)
        self.first = GlobalStage(channels, vertical_first)
        self.second = GlobalStage(channels, not vertical_first)

    def forward(self, x: Tensor) -> Tensor:
        mixed = self.first.convolve(self.norm(self.first.embed(x)))
        return x + self.second.convolve(self.second.embed(mixed))


class FCC(nn.Module):
    """Fully-connected convolution: every position sees its whole row and column. (N, 128, 16, 16) -> the same."""

    def __init__(self) -> None:
        super().__init__()
        half = CHANNELS[-1] // 2
        self.down_first = Branch(half, vertical_first=True)
        self.across_first = Branch(half, vertical_first=False)
        self.fusion = nn.Conv2d(CHANNELS[-1], CHANNELS[-1], 1)

    def forward(self, x: Tensor) -> Tensor:
        upper, lower = x.chunk(2, dim=1)
        return self.fusion(torch.cat((self.down_first(upper), self.across_first(lower)), dim=1))


@torch.no_grad()
def nearest(positions: Tensor, itself: Tensor) -> Tensor:
    """Indices (N, P, 4) of the positions nearest in channel space by cosine; positions is (N, P, C).

    `itself` (P, P) is 1 on the diagonal and 0 elsewhere: a position is not its own neighbour, so it is put out of a
    cosine's reach. No gradient flows through the choice.
    """
    unit = positions / positions.norm(dim=-1, keepdim=True).clamp_min(1e-12)
    similarity = unit @ unit.transpose(1, 2) - 4 * itself
    return similarity.topk(NEIGHBOURS, dim=-1, sorted=False).indices


def neighbour_rows(neighbours: Tensor) -> Tensor:
    """Indices (N, P, 4) within each frame -> indices (N * P, 4) of rows in the flattened (N * P, C) positions."""
    offsets = torch.arange(neighbours.shape[0], device=neighbours.device).view(-1, 1, 1) * SIDE**2
    return (neighbours + offsets).view(-1, NEIGHBOURS)


def gathered_maximum(positions: Tensor, rows: Tensor) -> Tensor:
    """Largest value of each channel over the rows named: (M, C), (M, 4) -> (M, C).

    Whole rows are gathered; gathering single elements takes several times as long.
    """
    gathered = positions.index_select(0, rows.view(-1))
    return gathered.view(-1, NEIGHBOURS, positions.shape[1]).amax(dim=1)


class GatheredMaximum(torch.autograd.Function):
    """gathered_maximum for training: gathers again on the way back instead of keeping four copies of every feature."""

    @staticmethod
    def forward(ctx: Any, positions: Tensor, rows: Tensor) -> Tensor:
        maximum = gathered_maximum(positions, rows)
        ctx.save_for_backward(positions, rows, maximum)
        return maximum

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, None]:
        positions, rows, maximum = ctx.saved_tensors
        passed_on = torch.zeros_like(positions)
        parts = (whole.split(_IN_CACHE) for whole in (rows, maximum, gradients[0]))
        for some, largest, gradient in zip(*parts, strict=True):
            for column in some.unbind(dim=1):
                # In place, the comparison writes numbers that a product can take: a third of the time of a choice.
                passed_on.index_add_(0, column, positions.index_select(0, column).eq_(largest).mul_(gradient))
        return passed_on, None


class CCC(nn.Module):
    """Channel correspondence convolution: f + relu(norm(grouped 1x1(max over neighbours of f_j - f_i)))."""

    itself: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.convolution = nn.Conv2d(CHANNELS[-1], CHANNELS[-1], 1, groups=GROUPS)
        self.norm = nn.BatchNorm2d(CHANNELS[-1])
        self.register_buffer("itself", torch.eye(SIDE**2), persistent=False)

    def forward(self, x: Tensor) -> Tensor:
        positions = x.permute(0, 2, 3, 1).flatten(1, 2)
        # max_j (f_j - f_i) = (max_j f_j) - f_i, so the differences need not be written out.
        flat = positions.flatten(0, 1)
        maximum = GatheredMaximum.apply(flat, neighbour_rows(nearest(positions, self.itself)))
        contrast = (maximum - flat).view(-1, SIDE, SIDE, CHANNELS[-1]).permute(0, 3, 1, 2)
        return x + functional.relu(self.norm(self.convolution(contrast)))


def scaled(pictures: Tensor) -> Tensor:
    """Frames (N, 128, 128) uint8 to about -2 .. 2, or differences of frames int16 by as much: (N, 1, 128, 128).

    A constant scale: statistics of the clip would change with every frame and make cached features stale.
    """
    offset = 0.5 if pictures.dtype == torch.uint8 else 0.0  # which a difference has lost
    return (pictures.unsqueeze(1).float() / 255.0 - offset) / 0.25


class F5C(nn.Module):
    """Pictures (N, 128, 128), frames uint8 or their differences int16 -> features (N, 128, 16, 16).

    `scale` "local" takes frames by their local contrast, which a difference has none of.
    """

    def __init__(self, scale: Scale = "fixed") -> None:
        super().__init__()
        self.scale = scale
        self.conv_stack = ConvStack()
        self.fcc = FCC()
        self.ccc = CCC()

    def forward(self, pictures: Tensor) -> Tensor:
        levels = local_contrast(pictures) if self.scale == "local" else scaled(pictures)
        return self.ccc(self.fcc(self.conv_stack(levels.contiguous(memory_format=torch.channels_last))))
