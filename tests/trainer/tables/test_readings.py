"""What is read of a clip, with a system so simple that each reading can be told."""

import numpy as np
import pytest

from trainer.baselines import Vector
from trainer.clips import Frames
from trainer.tables.readings import EVIDENCE, centre, energy, first, read


def clip(length: int) -> Frames:
    """Frame n is n all over."""
    return np.broadcast_to(np.arange(length, dtype=np.uint8)[:, None, None], (length, 128, 128))


def ends(frames: Frames) -> Vector:
    """The first and the last frame's number, and how many there are."""
    return np.array([frames[0, 0, 0], frames[-1, 0, 0], len(frames)], np.float32)


def test_centres_and_first_seconds_of_a_long_clip() -> None:
    found = read(ends, [clip(200)], lengths=(16, 64), longest=192)
    assert found[centre(16)].tolist() == [[92, 107, 16]]
    assert found[centre(64)].tolist() == [[68, 131, 64]]
    assert found[first(16)].tolist() == [[0, 15, 16]]
    windows = [(0, 63, 64), (64, 127, 64), (128, 191, 64)]
    for count in (1, 2, 3):
        np.testing.assert_allclose(found[first(64 * count)][0], np.mean(windows[:count], axis=0))
    np.testing.assert_allclose(found[EVIDENCE], found[first(192)])


def test_the_mean_of_window_scores_is_the_score_of_the_means() -> None:
    rng = np.random.default_rng(0)
    clips = [rng.integers(0, 99, (150, 128, 128), dtype=np.uint8) for _ in range(2)]

    def thirds(frames: Frames) -> Vector:
        return frames[::20, :3, 0].mean(axis=0).astype(np.float32)

    found = read(thirds, clips, longest=128)
    slow = [thirds(clips[0][a : a + 64]) @ thirds(clips[1][b : b + 64]) for a in (0, 64) for b in (0, 64)]
    assert found[EVIDENCE][0] @ found[first(128)][1] == pytest.approx(np.mean(slow), rel=1e-5)


def test_only_the_centre_is_read_unless_more_is_asked_for() -> None:
    assert list(read(ends, [clip(70)])) == [centre(64)]


def test_a_short_clip_is_one_window() -> None:
    found = read(ends, [clip(20)], longest=64)
    assert found[EVIDENCE].tolist() == found[first(64)].tolist() == [[0, 19, 64]]


def test_energy_is_the_mean_change_of_a_pixel() -> None:
    assert energy(clip(80)) == 1.0
    assert energy(np.full((80, 128, 128), 3, np.uint8)) == 0.0
    blinking = np.zeros((64, 128, 128), np.uint8)
    blinking[::2, :64] = 200
    assert energy(blinking) == 100.0
