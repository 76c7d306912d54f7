"""Local contrast: gray levels of one frame less the light around them, over how much they differ there.

A fixed scale passes on how bright and how strongly marked a place of the face is; what a place then adds to a
difference of features is its contrast times its motion. Divided by the contrast around it, motion weighs the same on
every skin and in every light. The scale of a frame depends on that frame alone, so cached features stay right, which
the authors' scale, by the statistics of the whole clip, does not allow. What is known of it is in docs/benchmarks.md.
"""

import torch
from torch import Tensor
from torch.nn import functional

CELL = 4
"""Side of the squares over which light and contrast are averaged first."""
SPREADING = 2
"""Times that the averages are averaged again over 3x3 squares: a place is compared with some 20 pixels about it."""
FLOOR = 6.0
"""Gray levels. Differences much smaller than these are noise, and are not blown up."""


def local_contrast(frames: Tensor) -> Tensor:
    """Frames (N, 128, 128) uint8 -> (N, 1, 128, 128), about -3 to 3."""
    levels = frames.unsqueeze(1).float()
    light = local_mean(levels)
    contrast = torch.rsqrt(local_mean(levels * levels) - light * light + FLOOR**2)
    return (levels - enlarged(light)) * enlarged(contrast)


def local_mean(levels: Tensor) -> Tensor:
    """(N, 1, 128, 128) -> (N, 1, 32, 32): means over CELL x CELL pixels, spread over their neighbours."""
    means = functional.avg_pool2d(levels, CELL)
    for _ in range(SPREADING):
        means = functional.avg_pool2d(means, 3, stride=1, padding=1, count_include_pad=False)
    return means


def enlarged(cells: Tensor) -> Tensor:
    """(N, 1, 32, 32) -> (N, 1, 128, 128), linear between the middles of cells."""
    return functional.interpolate(cells, scale_factor=CELL, mode="bilinear", align_corners=False)
