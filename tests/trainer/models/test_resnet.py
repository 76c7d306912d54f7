"""ResNet18 for gray pictures: its size, its maps, and each block against a slow version."""

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional

from tests.trainer.models.helpers import noise_clips
from trainer.models.f5c import scaled
from trainer.models.resnet import WIDTHS, BasicBlock, ResNet18


def test_it_has_the_published_networks_parameters_less_its_classifier_and_two_colours() -> None:
    whole, classifier, colours = 11_689_512, 512 * 1000 + 1000, 2 * 64 * 7 * 7
    assert sum(p.numel() for p in ResNet18().parameters()) == whole - classifier - colours == 11_170_240


@torch.no_grad()
def test_sides_of_the_stages_are_those_of_the_published_network() -> None:
    x, sides = torch.zeros(1, 1, 128, 128), []
    for layer in ResNet18().eval().net:
        x = layer(x)
        if isinstance(layer, BasicBlock | nn.MaxPool2d):
            sides.append((x.shape[1], x.shape[2]))
    assert sides == [(64, 32)] * 3 + [(128, 16)] * 2 + [(256, 8)] * 2 + [(512, 4)] * 2
    assert WIDTHS == (64, 128, 256, 512)


@pytest.mark.slow
@torch.no_grad()
def test_each_four_channels_become_the_quarters_of_one_map() -> None:
    model, pictures = ResNet18().eval(), noise_clips(1, 2)[0]
    deep, found = model.net(scaled(pictures)), model(pictures)
    assert found.shape == (2, 128, 16, 16)
    small = torch.empty(2, 128, 8, 8)
    for quarter in range(4):
        small[:, :, quarter // 2 :: 2, quarter % 2 :: 2] = deep[:, quarter::4]
    expected = torch.empty(2, 128, 16, 16)
    for y in range(16):
        for x in range(16):
            expected[:, :, y, x] = between(small, (y + 0.5) / 2 - 0.5, (x + 0.5) / 2 - 0.5)
    torch.testing.assert_close(found, expected, rtol=1e-4, atol=1e-4)


def between(maps: Tensor, y: float, x: float) -> Tensor:
    """Linear interpolation at one place; beyond the outermost centres their value."""
    y, x = min(max(y, 0.0), 7.0), min(max(x, 0.0), 7.0)
    top, left = min(int(y), 6), min(int(x), 6)
    low, right = y - top, x - left
    upper = maps[:, :, top, left] * (1 - right) + maps[:, :, top, left + 1] * right
    lower = maps[:, :, top + 1, left] * (1 - right) + maps[:, :, top + 1, left + 1] * right
    return upper * (1 - low) + lower * low


@pytest.mark.parametrize(("channels", "stride"), [(6, 1), (4, 1), (6, 2)])
@torch.no_grad()
def test_a_block_adds_two_convolutions_to_what_it_is_given(channels: int, stride: int) -> None:
    block, x = BasicBlock(channels, 6, stride).train(), torch.randn(3, channels, 8, 8)
    first, _, _, second, _ = block.residual
    inner = functional.relu(standardised(functional.conv2d(x, first.weight, stride=stride, padding=1)))
    residual = standardised(functional.conv2d(inner, second.weight, padding=1))
    changes = channels != 6 or stride != 1
    kept = standardised(functional.conv2d(x, block.shortcut[0].weight, stride=stride)) if changes else x
    torch.testing.assert_close(block(x), functional.relu(residual + kept), rtol=1e-4, atol=1e-4)


def standardised(x: Tensor) -> Tensor:
    """What a fresh BatchNorm does in training."""
    mean, variance = x.mean(dim=(0, 2, 3), keepdim=True), x.var(dim=(0, 2, 3), keepdim=True, unbiased=False)
    return (x - mean) / (variance + 1e-5).sqrt()
