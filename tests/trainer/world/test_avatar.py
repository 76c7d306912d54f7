from fractions import Fraction

import numpy as np
import pytest

from trainer.data.world.avatar import LIVE_SEEDS, avatar_face, avatar_frames, live_driver, track_driver
from trainer.data.world.casting import SEEDS


def frames_of(driver, seed=0, frames=6, fps=25, size=64):
    return list(avatar_frames(driver, avatar_face(1, size), np.random.default_rng(seed), frames, Fraction(fps)))


def test_avatars_are_nobody_from_training_or_validation():
    assert max(SEEDS.values()) + 2**31 <= LIVE_SEEDS


def test_frames_come_one_by_one_and_move():
    frames = frames_of(live_driver(3))
    assert len(frames) == 6
    assert frames[0].shape == (64, 64)
    assert any((frames[0] != frame).any() for frame in frames[1:])


def test_a_performance_is_its_seed():
    first, again, other = (frames_of(live_driver(3), seed) for seed in (0, 0, 1))
    np.testing.assert_array_equal(first, again)
    assert not np.array_equal(first, other)


def test_twice_the_rate_shows_every_frame_and_those_between(motion_file):
    """Of one stretch: the clip is 100 frames long and the seeds are the same, so both begin at the same place."""
    slow = frames_of(live_driver(3), frames=4, fps=25)
    fast = frames_of(live_driver(3), frames=8, fps=50)
    np.testing.assert_allclose(np.stack(fast[::2]).astype(int), slow, atol=1)


def test_a_real_clip_drives(motion_file):
    assert len(track_driver(motion_file, 2).tracks[0]) == 100
    with pytest.raises(IndexError):
        track_driver(motion_file, 99)


@pytest.mark.slow
def test_portraits_take_the_place_of_drawn_faces(targets_file):
    face = avatar_face(2, 96, targets_file)
    assert face.picture.shape == (96, 96)
    with pytest.raises(IndexError):
        avatar_face(10, 96, targets_file)
