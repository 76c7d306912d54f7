"""Caches of small clips in the shape of a data set, without videos: of each clip who drives whom is in its pictures."""

from collections.abc import Iterable
from itertools import product
from pathlib import Path

import numpy as np

from trainer.data.cache import Cache, CacheWriter, Stamp
from trainer.data.decode import Clip
from trainer.data.nvfair import GENERATORS
from trainer.data.videos import Video

PEOPLE = {"train": ("id011", "id012", "id013"), "val": ("id029", "id030"), "test": ("id001", "id002")}


def nvfair_videos(clips: int = 2) -> list[Video]:
    """Every person of a split drives every face of it, by every generator, `clips` times; and one original each."""
    videos = []
    for split, people in PEOPLE.items():
        for target, driver, generator, n in product(people, people, GENERATORS.items(), range(clips)):
            folder, name = generator
            path = f"NVIDIA-VC-subset/{folder}/{target}/{target}--{driver}_{n}--{driver}.mp4"
            videos.append(Video(path, target, driver, f"{driver}_{n}", name, split, False))
        for who in people:
            path = f"NVIDIA-VC-subset/originals/{who}/{who}_0.mp4"
            videos.append(Video(path, who, who, f"{who}_0", None, split, True))
    return videos


def filled(folder: Path, videos: Iterable[Video], frames: int = 6, layout: str = "nvfair") -> Cache:
    """A cache of them: noise whose first pixel is the frame's number, whose second is the video's."""
    rng = np.random.default_rng(0)
    with CacheWriter(folder, layout) as writer:
        for number, video in enumerate(videos):
            pictures = rng.integers(0, 256, (frames, 128, 128), dtype=np.uint8)
            pictures[:, 0, 0], pictures[:, 0, 1] = np.arange(frames), number
            writer.add(video, Stamp(1, 1), Clip(pictures, 0, ""))
    return Cache(folder)
