"""ResNet18 for gray pictures, the generic encoder that F5C is compared with. Paper section IV-C 3 and Table VIII.

He et al., "Deep Residual Learning for Image Recognition" (2016), Table 1, 18 layers, without its classifier and with
one input channel, from random weights. Sixty lines instead of a dependency: no pretrained weights are used (Table I).

The paper keeps the temporal head and does not say how ResNet's 512 maps of 4x4 become the 128 of 16x16 that the head
takes. Here they are rearranged (each four channels are the quarters of one of 128 maps of 8x8) and enlarged twofold,
which takes no parameters: encoder and head have 11,644,128, the paper's 11.6 M; a projection would make it 11.7 M.
The authors' code has another head for ResNet18: it averages over place and time before an MLP (11,565,248 parameters,
11.6 M as well). There FEAT_DIFF's mean of differences is (last - first) / (T - 1), whatever was in between.
"""

import torch
from torch import Tensor, nn
from torch.nn import functional

from trainer.models.f5c import SIDE, scaled

WIDTHS = (64, 128, 256, 512)
"""Channels of the four stages; each but the first halves height and width."""


class BasicBlock(nn.Module):
    """Two 3x3 convolutions and a shortcut, which is a 1x1 convolution where the shape changes."""

    def __init__(self, channels: int, width: int, stride: int) -> None:
        super().__init__()
        self.residual = nn.Sequential(
            nn.Conv2d(channels, width, 3, stride, padding=1, bias=False),
            nn.BatchNorm2d(width),
            nn.ReLU(inplace=True),
            nn.Conv2d(width, width, 3, padding=1, bias=False),
            nn.BatchNorm2d(width),
        )
        self.shortcut: nn.Module = nn.Identity()
        if stride != 1 or channels != width:
            self.shortcut = nn.Sequential(nn.Conv2d(channels, width, 1, stride, bias=False), nn.BatchNorm2d(width))

    def forward(self, x: Tensor) -> Tensor:
        return functional.relu(self.shortcut(x) + self.residual(x))


class ResNet18(nn.Module):
    """Pictures (N, 128, 128), as F5C takes them -> features (N, 128, 16, 16)."""

    def __init__(self) -> None:
        super().__init__()
        stem = [nn.Conv2d(1, WIDTHS[0], 7, 2, padding=3, bias=False), nn.BatchNorm2d(WIDTHS[0]), nn.ReLU(inplace=True)]
        stages: list[nn.Module] = []
        for channels, width in zip((WIDTHS[0], *WIDTHS), WIDTHS, strict=False):
            stride = 1 if width == WIDTHS[0] else 2
            stages += [BasicBlock(channels, width, stride), BasicBlock(width, width, 1)]
        self.net = nn.Sequential(*stem, nn.MaxPool2d(3, 2, padding=1), *stages)
        for module in self.modules():
            if isinstance(module, nn.Conv2d):
                nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")

    def forward(self, pictures: Tensor) -> Tensor:
        maps = functional.pixel_shuffle(self.net(scaled(pictures).contiguous(memory_format=torch.channels_last)), 2)
        return functional.interpolate(maps, size=(SIDE, SIDE), mode="bilinear")
