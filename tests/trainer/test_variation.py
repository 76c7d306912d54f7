"""What clips are varied by: whose are mirrored, and which stretches are cut."""

import numpy as np
import torch

from trainer.variation import SHORTEST, cut_short, some_mirrored


def test_all_clips_of_a_driver_are_mirrored_or_none() -> None:
    driver = torch.arange(40).repeat_interleave(3)
    mirror = torch.diag(torch.tensor([1.0, -1.0]))
    varied = some_mirrored(torch.ones((120, 5, 2)), driver, mirror, np.random.default_rng(0))
    assert (varied[..., 0] == 1).all()
    by_driver = varied[..., 1].reshape(40, -1)
    assert set(by_driver.mean(dim=1).tolist()) == {-1.0, 1.0}
    assert 10 <= (by_driver[:, 0] == -1).sum() <= 30


def test_clips_are_cut_alike_and_every_length_and_place_comes() -> None:
    clips = torch.arange(63.0)[None, :, None] + 100 * torch.arange(2)[:, None, None]
    rng = np.random.default_rng(0)
    cut = [cut_short(clips, rng) for _ in range(2000)]
    assert {one.shape[1] for one in cut} == set(range(SHORTEST - 1, 64))
    for one in cut:
        assert torch.equal(one[1] - one[0], torch.full_like(one[0], 100.0))
        assert (one[0].diff(dim=0) == 1).all()
    short = [one[0, :, 0] for one in cut if one.shape[1] < 40]
    assert {int(one[0]) for one in short} >= set(range(30))
    assert {int(one[-1]) for one in short} >= set(range(33, 63))


def test_what_is_shorter_stays_whole() -> None:
    clips = torch.ones((2, 7, 3))
    assert cut_short(clips, np.random.default_rng(0)).shape == clips.shape
