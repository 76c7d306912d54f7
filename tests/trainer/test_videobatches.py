"""Batches of videos: who is in them, what of each video, and the same ones whenever a step is asked for."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from guard.core.errors import InputError
from tests.trainer.clipsets import filled, nvfair_videos
from trainer.data.cache import Cache
from trainer.data.videos import Video
from trainer.presets import PRESETS
from trainer.videobatches import VideoBatches

PRESET = replace(PRESETS["cpu"], identities=2, clips=3, frames=4)


@pytest.fixture
def videos() -> list[Video]:
    return [video for video in nvfair_videos() if video.split == "train" and not video.original]


@pytest.fixture
def cache(tmp_path: Path, videos: list[Video]) -> Cache:
    return filled(tmp_path / "cache", videos)


def test_a_batch_is_clips_of_a_few_drivers_and_each_clip_a_stretch_of_one_video(
    cache: Cache, videos: list[Video]
) -> None:
    batches, starts = VideoBatches(cache, videos, PRESET, seed=3), set()
    for step in range(12):
        frames, labels = batches.batch(step)
        assert (frames.shape, frames.dtype, labels.dtype) == ((6, 4, 128, 128), np.uint8, np.int64)
        assert np.bincount(labels, minlength=3).tolist() in ([3, 3, 0], [3, 0, 3], [0, 3, 3])
        for clip, label in zip(frames, labels, strict=True):
            video, start = videos[clip[0, 0, 1]], int(clip[0, 0, 0])
            assert video.driver == ("id011", "id012", "id013")[label]
            np.testing.assert_array_equal(clip, cache.clip(video.path)[start : start + 4])
            starts.add(start)
    assert starts == {0, 1, 2}


def test_a_step_gives_the_same_batch_whenever_it_is_asked_for(cache: Cache, videos: list[Video]) -> None:
    first, late = VideoBatches(cache, videos, PRESET, seed=3), VideoBatches(cache, videos, PRESET, seed=3)
    straight = [first.batch(step) for step in range(4)]
    for one, other in zip(straight[3], late.batch(3), strict=True):
        np.testing.assert_array_equal(one, other)
    assert not np.array_equal(straight[2][0], straight[3][0])
    assert not np.array_equal(VideoBatches(cache, videos, PRESET, seed=4).batch(3)[0], straight[3][0])


def test_short_videos_end_in_their_last_frame_repeated(cache: Cache, videos: list[Video]) -> None:
    frames, _ = VideoBatches(cache, videos, replace(PRESET, frames=9), seed=0).batch(0)
    assert frames[:, :, 0, 0].tolist() == [[0, 1, 2, 3, 4, 5, 5, 5, 5]] * 6


def test_a_preset_gets_all_drivers_where_it_asks_for_more(cache: Cache, videos: list[Video]) -> None:
    _, labels = VideoBatches(cache, videos, replace(PRESET, identities=12), seed=0).batch(0)
    assert np.bincount(labels).tolist() == [3, 3, 3]


def test_one_driver_is_not_enough(cache: Cache, videos: list[Video]) -> None:
    alone = [video for video in videos if video.driver == "id011"]
    with pytest.raises(InputError, match="show 1 drivers"):
        VideoBatches(cache, alone, PRESET, seed=0)
