"""Exact landmarks of the simulated world's clips, computed once and kept beside the cache of its pictures."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from guard.core.errors import InputError
from trainer.data.videos import Video
from trainer.data.world.mesh import TRACKED
from trainer.worldset import Size, tracked, world_videos


class Landmarks:
    """Landmarks (videos, frames, 126, 2) in sides of the face's picture, to be had by `Video.path`."""

    def __init__(self, values: NDArray[np.float32], videos: Sequence[Video]) -> None:
        self._values = values
        self._rows = {video.path: row for row, video in enumerate(videos)}

    def clip(self, path: str) -> NDArray[np.float32]:
        """(frames, 126, 2) of a video. KeyError: it is not here."""
        return self._values[self._rows[path]]

    def state(self, path: str) -> list[int]:
        """How many frames: all else that they depend on is in the path. KeyError: it is not here."""
        return [len(self.clip(path))]


def open_landmarks(folder: Path, size: Size, seed: int) -> Landmarks:
    """Those of all videos of the set of this size and seed, in a file in `folder`, made if it is not there.

    No picture is rendered for them. A kill loses all: making them takes seconds a hundred clips. Raises InputError.
    """
    videos = world_videos(size, seed)
    path = folder / f"landmarks-{seed}-{size.train}-{size.val}-{size.test}-{size.performances}-{size.others}.npy"
    shape = (len(videos), size.frames, len(TRACKED), 2)
    try:
        kept = path.exists() and np.load(path, "r").shape == shape
        if not kept:
            _write(path, shape, videos, seed)
        return Landmarks(np.load(path, "r"), videos)
    except (OSError, ValueError, EOFError) as error:
        raise InputError(str(path), f"cannot be used: {error}", "delete it; it is made anew") from error


def _write(path: Path, shape: tuple[int, ...], videos: Sequence[Video], seed: int) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_suffix(".part")
    values = np.lib.format.open_memmap(part, "w+", np.float32, shape)
    for row, video in enumerate(tqdm(videos, unit="clip", desc="landmarks")):
        values[row] = tracked(video, shape[1], seed)
    values.flush()
    part.replace(path)
