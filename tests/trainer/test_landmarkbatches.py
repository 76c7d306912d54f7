"""Batches of landmarks: whose they are, and that the shuffled ones are the same in another order."""

from dataclasses import replace

import numpy as np
import pytest

from tests.trainer.clipsets import nvfair_videos
from trainer.landmarkbatches import LandmarkBatches
from trainer.presets import PRESETS
from trainer.worldlandmarks import Landmarks

pytestmark = pytest.mark.slow

TINY = replace(PRESETS["cpu"], identities=2, clips=3, frames=5)


@pytest.fixture
def batches() -> tuple[LandmarkBatches, list]:
    """Landmarks whose first value is the video's row and whose second the frame's number."""
    videos = [video for video in nvfair_videos() if video.split == "train" and not video.original]
    values = np.zeros((len(videos), 8, 126, 2), np.float32)
    values[:, :, 0, 0], values[:, :, 0, 1] = np.arange(len(videos))[:, None], np.arange(8)
    return LandmarkBatches(Landmarks(values, videos), videos, TINY, seed=0), videos


def test_labels_are_of_the_very_clips(batches: tuple[LandmarkBatches, list]) -> None:
    source, videos = batches
    names = {name: sorted({getattr(video, name) for video in videos}) for name in ("driver", "target")}
    for step in range(3):
        batch = source.batch(step)
        assert batch.clips.shape == (6, 5, 126, 2)
        shown = [videos[int(clip[0, 0, 0])] for clip in batch.clips]
        assert [names["driver"][n] for n in batch.drivers] == [video.driver for video in shown]
        assert [names["target"][n] for n in batch.targets] == [video.target for video in shown]


def test_shuffled_clips_have_the_same_frames_in_another_order(batches: tuple[LandmarkBatches, list]) -> None:
    batch = batches[0].batch(0)
    times, others = batch.clips[:, :, 0, 1], batch.shuffled[:, :, 0, 1]
    np.testing.assert_array_equal(np.diff(times), 1)
    np.testing.assert_array_equal(np.sort(others), times)
    np.testing.assert_array_equal(batch.shuffled[:, :, 0, 0], batch.clips[:, :, 0, 0])
    assert (others != times).any(axis=1).sum() >= 4
    assert len(np.unique(others - others[:, :1], axis=0)) > 1  # not one order for all


def test_a_step_gives_the_same_again_and_another_step_another(batches: tuple[LandmarkBatches, list]) -> None:
    first, again, other = (batches[0].batch(step) for step in (4, 4, 5))
    assert all(np.array_equal(one, two) for one, two in zip(first, again, strict=True))
    assert not np.array_equal(first.shuffled, other.shuffled)
