"""The head's beginning: detectors measure sizes, whichever way the motion goes."""

import pytest
import torch

from trainer.models.head import TemporalHead
from trainer.motionsizes import detectors, measure_sizes


def still(frames: int = 12) -> torch.Tensor:
    return torch.zeros(1, 8, frames, 16, 16)


def nodding(amount: float = 1.0) -> torch.Tensor:
    """The whole picture goes down and up, four differences each; channels are x and y in turn."""
    motion = still(32)
    motion[:, 1::2] = amount * torch.where(torch.arange(32) % 8 < 4, 1.0, -1.0)[:, None, None]
    return motion


def noise(seed: int = 0) -> torch.Tensor:
    return torch.randn(4, 8, 12, 16, 16, generator=torch.Generator().manual_seed(seed))


@pytest.fixture(scope="module")
def head() -> TemporalHead:
    made = TemporalHead(8, "log")
    measure_sizes(made, noise())
    return made.eval()


def test_there_is_a_detector_for_each_pair_of_channels_and_no_two_are_alike() -> None:
    found = detectors().flatten(1)
    unit = found / found.norm(dim=1, keepdim=True)
    assert found.shape == (32, 8 * 27)
    assert (unit @ unit.T - torch.eye(32)).abs().max() < 0.95


def test_a_nod_is_seen_by_detectors_of_y_and_by_none_of_x_or_of_bending() -> None:
    seen = torch.nn.functional.conv3d(nodding(), detectors(), padding=0).abs().mean(dim=(0, 2, 3, 4))
    along_x, along_y = seen[[0, 2, 4, 6, 8]], seen[[1, 3, 5, 7, 9]]
    assert along_x.max() == 0
    assert along_y.min() > 0.1
    assert seen[12:].max() < 1e-6  # differences between places and within cells


def test_sizes_do_not_know_up_from_down_or_left_from_right(head: TemporalHead) -> None:
    with torch.no_grad():
        torch.testing.assert_close(head.pooled(noise(1)), head.pooled(-noise(1)))


def test_sizes_grow_with_the_motion_in_proportion(head: TemporalHead) -> None:
    with torch.no_grad():
        one, three = head.pooled(noise(1)), head.pooled(3 * noise(1))
    torch.testing.assert_close(three, 3 * one, rtol=1e-4, atol=1e-4)


def test_where_nothing_moves_sizes_are_nothing(head: TemporalHead) -> None:
    with torch.no_grad():
        assert head.pooled(still()).abs().max() < 1e-5
