"""The trained network rewritten for inference: the same function with fewer operations.

BatchNorm and the input scale vanish into the convolutions next to them. In inference FCC is linear, and both of its
branches have the form A_c x_c B_c + x_c + constant for each channel c, so FCC and its fusion become two batched matrix
products, a sum, and one matrix product whose result CCC can use as it is.
"""

import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.nn.utils.fusion import fuse_conv_bn_eval

from trainer.models.contrast import local_contrast
from trainer.models.f5c import (
    CCC,
    CHANNELS,
    F5C,
    FCC,
    SIDE,
    Branch,
    ConvStack,
    Scale,
    circulant,
    gathered_maximum,
    nearest,
    neighbour_rows,
)
from trainer.models.head import TemporalHead, pool_width

FEATURE = CHANNELS[-1]
TAPS = 3


class FoldedEncoder(nn.Module):
    """Frames (N, 128, 128) uint8 -> features (N, 128, 16, 16), equal to F5C in eval mode."""

    left: Tensor
    right: Tensor
    fusion: Tensor
    constant: Tensor
    itself: Tensor
    ccc_weight: Tensor
    ccc_bias: Tensor

    def __init__(self, encoder: F5C) -> None:
        super().__init__()
        self.scale = encoder.scale
        self.convolutions = fold_conv_stack(encoder.conv_stack, encoder.scale)
        left, right, constant = fold_branches(encoder.fcc)
        fusion, bias = encoder.fcc.fusion.weight[:, :, 0, 0], encoder.fcc.fusion.bias
        self.register_buffer("left", left)
        self.register_buffer("right", right)
        self.register_buffer("fusion", fusion.T.contiguous())
        self.register_buffer("constant", constant.flatten(1).T @ fusion.T + bias)
        weight, bias = fold_ccc(encoder.ccc)
        self.register_buffer("itself", encoder.ccc.itself.bool())  # a quarter of the size, in the bundle
        self.register_buffer("ccc_weight", weight)
        self.register_buffer("ccc_bias", bias)

    def forward(self, frames: Tensor) -> Tensor:
        x = self.convolutions(local_contrast(frames) if self.scale == "local" else frames.unsqueeze(1).float())
        mixed = x + self.left @ x @ self.right
        positions = mixed.view(-1, FEATURE, SIDE**2).transpose(1, 2) @ self.fusion + self.constant
        rows = positions.view(-1, FEATURE)
        maximum = gathered_maximum(rows, neighbour_rows(nearest(positions, self.itself)))
        answer = functional.relu((maximum - rows) @ self.ccc_weight + self.ccc_bias)
        return (rows + answer).view(-1, SIDE**2, FEATURE).transpose(1, 2).reshape(-1, FEATURE, SIDE, SIDE)


def fold_conv_stack(stack: ConvStack, scale: Scale) -> nn.Sequential:
    """ConvStack with BatchNorm in the weights, and with the fixed scale, to take raw gray levels."""
    layers: list[nn.Module] = []
    for i in range(0, len(stack.net), 3):
        layers += [fuse_conv_bn_eval(stack.net[i], stack.net[i + 1]), nn.ReLU()]
    if scale == "local":
        return nn.Sequential(*layers)
    first = layers[0]
    # (pixel / 255 - 0.5) / 0.25 = pixel * 4 / 255 - 2, and the first convolution has no padding to disagree with.
    first.bias.data -= 2 * first.weight.data.sum(dim=(1, 2, 3))
    first.weight.data *= 4 / 255
    return nn.Sequential(*layers)


def fold_branches(fcc: FCC) -> tuple[Tensor, Tensor, Tensor]:
    """Matrices (128, 16, 16) left and right of every channel, and what comes out of FCC for an input of zeros."""
    half = FEATURE // 2
    zeros = torch.zeros(1, half, SIDE, SIDE)
    branches = (fcc.down_first, fcc.across_first)
    sides = [branch_matrices(branch) for branch in branches]
    left, right = (torch.cat(matrices) for matrices in zip(*sides, strict=True))
    return left, right, torch.cat([branch(zeros)[0] for branch in branches])


def branch_matrices(branch: Branch) -> tuple[Tensor, Tensor]:
    """Left (64, 16, 16) and right matrix of each channel of a branch, its BatchNorm's scale in the first."""
    norm = branch.norm
    scale = norm.weight / torch.sqrt(norm.running_var + norm.eps)
    first = circulant(branch.first.kernel[:, :SIDE]) * scale[:, None, None]
    second = circulant(branch.second.kernel[:, :SIDE])
    return (first, second.mT) if branch.first.vertical else (second, first.mT)


def fold_ccc(ccc: CCC) -> tuple[Tensor, Tensor]:
    """The grouped convolution as one matrix (128, 128) to multiply rows with, and its bias; BatchNorm in both."""
    convolution = fuse_conv_bn_eval(ccc.convolution, ccc.norm)
    blocks = convolution.weight[:, :, 0, 0].chunk(convolution.groups)
    return torch.block_diag(*blocks).T.contiguous(), convolution.bias


def fold_standardise(head: TemporalHead) -> nn.Sequential:
    """The head's MLP with the standardisation of its inputs in the first linear layer."""
    linear, norm = head.mlp[0], head.standardise
    folded = nn.Linear(linear.in_features, linear.out_features)
    folded.weight.data = linear.weight.data / torch.sqrt(norm.running_var + norm.eps)
    folded.bias.data = linear.bias.data - folded.weight.data @ norm.running_mean
    return nn.Sequential(folded, *head.mlp[1:])


class FoldedHead(nn.Module):
    """The head's Conv3d layers as 2-D convolutions whose outputs hold the temporal taps one after the other."""

    first: Tensor
    second: Tensor
    first_bias: Tensor
    second_bias: Tensor

    def __init__(self, head: TemporalHead) -> None:
        super().__init__()
        for name, at in (("first", 0), ("second", 3)):
            convolution = fuse_conv_bn_eval(head.net[at], head.net[at + 1])
            taps = torch.cat(convolution.weight.unbind(dim=2)).contiguous()
            self.register_buffer(name, taps)
            self.register_buffer(f"{name}_bias", convolution.bias[:, None, None].detach())
        self.mlp = fold_standardise(head)

    def motion_taps(self, difference: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """A0 d, A1 d and A2 d, each (N, 64, 8, 16), of differences (N, 128, 16, 16)."""
        return functional.conv2d(difference, self.first, stride=(2, 1), padding=1).split(len(self.first) // TAPS, dim=1)

    def identity_taps(self, hidden: Tensor, first: int, last: int) -> tuple[Tensor, ...]:
        """B_first a ... B_last a, each (N, 32, 4, 16), of hidden columns (N, 64, 8, 16)."""
        kernels = len(self.second) // TAPS
        weight = self.second[first * kernels : (last + 1) * kernels]
        return functional.conv2d(hidden, weight, stride=(2, 1), padding=1).split(kernels, dim=1)

    def hidden(self, summed: Tensor) -> Tensor:
        """A column of layer 1 from the sum of its taps."""
        return functional.relu(summed + self.first_bias)

    def column(self, summed: Tensor) -> Tensor:
        """A column of layer 2 from the sum of its taps, pooled: (N, 32, 4, 16) -> (N, 512)."""
        return pool_width(functional.relu(summed + self.second_bias))

    def project(self, mean: Tensor) -> Tensor:
        """Mean column (B, 512) -> unit embedding (B, 256)."""
        return functional.normalize(self.mlp(mean), dim=-1)
