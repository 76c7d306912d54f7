"""Landmarks of the world in the shape of NVFAIR: those of the rendered clips, made once."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from guard.core.errors import InputError
from trainer.worldlandmarks import open_landmarks
from trainer.worldset import Size, tracked, world_videos

pytestmark = pytest.mark.slow

SMALL = Size(train=1, val=1, test=1, performances=1, others=0, frames=6)


def test_they_are_made_once_and_had_by_the_videos_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def counting(video, frames: int, seed: int) -> np.ndarray:
        asked.append(video.path)
        return tracked(video, frames, seed)

    monkeypatch.setattr("trainer.worldlandmarks.tracked", counting)
    videos = world_videos(SMALL, seed=2)
    first = open_landmarks(tmp_path / "cache", SMALL, seed=2)
    again = open_landmarks(tmp_path / "cache", SMALL, seed=2)
    assert asked == [video.path for video in videos]
    for video in videos[::4]:
        assert again.clip(video.path).shape == (6, 126, 2)
        np.testing.assert_array_equal(again.clip(video.path), tracked(video, 6, 2))
        np.testing.assert_array_equal(again.clip(video.path), first.clip(video.path))
    assert open_landmarks(tmp_path / "cache", replace(SMALL, frames=4), 2).clip(videos[0].path).shape == (4, 126, 2)
    assert len(asked) == 2 * len(videos)
    with pytest.raises(KeyError):
        again.clip("elsewhere")


def test_a_damaged_file_is_one_line(tmp_path: Path) -> None:
    open_landmarks(tmp_path, SMALL, seed=2)
    (file,) = tmp_path.glob("landmarks-*.npy")
    file.write_bytes(file.read_bytes()[:200])
    with pytest.raises(InputError, match=r"landmarks-.* cannot be used: .*; delete it; it is made anew"):
        open_landmarks(tmp_path, SMALL, seed=2)
