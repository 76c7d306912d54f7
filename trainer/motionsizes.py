"""What the temporal head begins with: 32 detectors of local motion whose sizes it averages over the clip.

Trained from random weights on few thousand clips, the head's first layers pass on half waves: how much a place went up,
apart from how much it went down. In a window of two or three seconds that is mostly chance. Here each pair of channels
of the first layer holds a detector and its negative, and the second layer adds both halves: the size of a motion.
"""

import torch
from torch import Tensor

from trainer.models.head import TemporalHead

_AT_ONCE = 16
_LEFT_RIGHT = torch.tensor([[-1.0, 0.0, 1.0], [-2.0, 0.0, 2.0], [-1.0, 0.0, 1.0]]) / 4
_UP_DOWN = _LEFT_RIGHT.T.contiguous()
_AROUND = torch.tensor([[1.0, 2.0, 1.0], [2.0, 4.0, 2.0], [1.0, 2.0, 1.0]]) / 16
_HERE = torch.tensor([[0.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 0.0]])
_THREE, _ONE, _TURN = torch.tensor([1.0, 1.0, 1.0]), torch.tensor([0.0, 1.0, 0.0]), torch.tensor([1.0, 0.0, -1.0])
"""Over three frames, over one, and how that changes."""
_X, _Y = torch.tensor([1.0, 0.0] * 4) / 4, torch.tensor([0.0, 1.0] * 4) / 4
"""Of the four quarters of a cell, as `trainer.data.world.places` has them."""
_WITHIN = [torch.tensor(signs) / 4 for signs in ([-1.0, 0, 1, 0] * 2, [0, -1.0, 0, -1, 0, 1, 0, 1])]
_WITHIN += [torch.tensor(signs) / 4 for signs in ([0, -1.0, 0, 1] * 2, [-1.0, 0, -1, 0, 1, 0, 1, 0])]


def detectors() -> Tensor:
    """Linear detectors (32, 8, 3, 3, 3) of places' motion: channel, time, height, width.

    Displacement and acceleration along x, y and both diagonals; how it differs from place to place, singly and as
    expansion, two shears and rotation; and how it differs within a cell.
    """
    along = [(time, axis, _AROUND) for time in (_THREE, _ONE, _TURN) for axis in (_X, _Y)]
    along += [(time, axis, _HERE) for time in (_THREE, _ONE) for axis in (_X, _Y)]
    along += [(_THREE, (_X + _Y) / 2**0.5, _AROUND), (_THREE, (_X - _Y) / 2**0.5, _AROUND)]
    along += [(time, axis, slope) for time in (_THREE, _ONE) for axis in (_X, _Y) for slope in (_LEFT_RIGHT, _UP_DOWN)]
    found = [_product(*factors) for factors in along] + [_product(_THREE, axis, _AROUND) for axis in _WITHIN]
    for time in (_THREE, _ONE):
        for sign in (1.0, -1.0):
            found.append((_product(time, _X, _LEFT_RIGHT) + sign * _product(time, _Y, _UP_DOWN)) / 2**0.5)
            found.append((_product(time, _X, _UP_DOWN) + sign * _product(time, _Y, _LEFT_RIGHT)) / 2**0.5)
    return torch.stack(found)


def _product(time: Tensor, axis: Tensor, space: Tensor) -> Tensor:
    return axis[:, None, None, None] * time[None, :, None, None] * space[None, None]


@torch.no_grad()
def measure_sizes(head: TemporalHead, motion: Tensor) -> None:
    """Make the two convolutions of a head for 8 channels the detectors and their sizes.

    Their norms are set by read motion (C, 8, T-1, 16, 16), so that detectors count alike and no size is cut off.
    """
    first, first_norm, _, second, second_norm, _ = head.net
    found = detectors()
    first.weight.copy_(torch.stack([found, -found], dim=1).flatten(0, 1))
    second.weight.zero_()
    average = torch.tensor([0.25, 0.5, 0.25])[:, None, None] * _AROUND
    for detector in range(len(found)):
        second.weight[detector, 2 * detector : 2 * detector + 2] = average
    for convolution in (first, second):
        convolution.bias.zero_()
    detected = torch.cat([first(part) for part in motion.split(_AT_ONCE)])
    first_norm.running_mean.zero_()
    first_norm.running_var.copy_(_by_channel(detected).var(dim=1))
    sizes = torch.cat([second(torch.relu(first_norm.eval()(part))) for part in detected.split(_AT_ONCE)])
    mean, spread = _by_channel(sizes).mean(dim=1), _by_channel(sizes).std(dim=1)
    second_norm.running_mean.copy_(mean)
    second_norm.running_var.copy_(spread**2)
    # Gives back what the norm takes off: sizes stay sizes.
    second_norm.bias.copy_(mean / torch.sqrt(spread**2 + second_norm.eps))


def _by_channel(columns: Tensor) -> Tensor:
    return columns.transpose(0, 1).flatten(1)
