"""The simulated world as a data set in the shape of NVFAIR: rendered once into a cache, for `trainer reproduce`.

Everybody has a face of their own and gives a few performances, each in a recording session of its own. A performance is
rendered onto the driver's own face and onto the next people's, by generators of three families that work like the
paper's three. As in NVFAIR, videos of one performance share their driving clip, whoever renders it onto whom.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from trainer.clips import Frames
from trainer.data.cache import Cache, CacheWriter, Stamp
from trainer.data.decode import Clip
from trainer.data.videos import Video
from trainer.data.world.casting import SEEDS
from trainer.data.world.circumstances import Circumstances, RecordingSession
from trainer.data.world.drawn import drawn_face
from trainer.data.world.mesh import TRACKED
from trainer.data.world.prior import Prior
from trainer.data.world.procedural import ProceduralDriver
from trainer.data.world.render import Generator
from trainer.data.world.rendering import Rendering
from trainer.data.world.warp import Family
from trainer.videosets import VideoSet, sorted_out

LAYOUT = "world"
FAMILIES: tuple[Family, ...] = ("keypoint", "thin-plate", "latent")
"""The families that stand for Face-vid2vid, TPS and LIA."""
_SEED = 8
"""Keeps the random numbers of this set apart from those of training batches."""


@dataclass(frozen=True)
class Size:
    """How many people of each split, how many performances of each, on how many faces, of how many frames."""

    train: int = 16
    val: int = 4
    test: int = 8
    performances: int = 3
    others: int = 2
    """Faces of other people that a performance is rendered onto, besides the driver's own."""
    frames: int = 136

    def people(self) -> Iterator[tuple[str, list[str]]]:
        """Each split and its people, who are numbered through: nobody is in two."""
        first = 0
        for split, count in (("train", self.train), ("val", self.val), ("test", self.test)):
            yield split, [f"p{number:04}" for number in range(first, first + count)]
            first += count


def open_world(folder: Path, size: Size, seed: int) -> VideoSet:
    """The set of this size and seed, rendered into the cache `folder` as far as it is missing there.

    A kill loses the clip being rendered and nothing else. Raises InputError if `folder` cannot be such a cache.
    """
    cv2.setNumThreads(1)  # as trainer.data.world does: threads of its own slow small pictures down
    videos = world_videos(size, seed)
    with CacheWriter(folder, LAYOUT) as writer:
        kept = {path for path, entry in writer.entries.items() if entry.count == size.frames}
        for video in tqdm([video for video in videos if video.path not in kept], unit="clip", desc="rendering"):
            writer.add(video, Stamp(0, seed), Clip(rendered(video, size.frames, seed), 0, ""))
    return sorted_out(LAYOUT, Cache(folder), videos)


def world_videos(size: Size, seed: int) -> list[Video]:
    """All videos of the set, those of one face together."""
    videos = []
    for split, people in size.people():
        for place, target in enumerate(people):
            drivers = [people[place - step] for step in range(min(size.others + 1, len(people)))]
            for family in FAMILIES:
                for driver in drivers:
                    for number in range(size.performances):
                        path = f"{seed}/{split}/{family}/{target}/{target}--{driver}_{number}--{driver}.mp4"
                        videos.append(Video(path, target, driver, f"{driver}_{number}", family, split, False))
    return videos


def rendered(video: Video, frames: int, seed: int) -> Frames:
    """The clip (frames, 128, 128) uint8 of a video of the set: its performance through artefacts and a channel."""
    rendering, rng, motion = _prepared(video, frames, seed)
    return rendering.clip(rng, motion, frames)


def tracked(video: Video, frames: int, seed: int) -> NDArray[np.float32]:
    """The landmarks (frames, 126, 2) of the same clip, those of TRACKED: see `Rendering.landmarks`."""
    rendering, rng, motion = _prepared(video, frames, seed)
    return rendering.landmarks(rng, motion, frames)[:, list(TRACKED)]


def _prepared(video: Video, frames: int, seed: int) -> tuple[Rendering, np.random.Generator, NDArray[np.float32]]:
    """A video's rendering, the random numbers that it goes on with, and its performance."""
    motion = _performance(video.driver, video.clip or "", video.split or "", frames, seed)
    rng = np.random.default_rng([seed, _SEED, 1, *video.path.encode()])
    family = next(family for family in FAMILIES if family == video.generator)
    generator = _generator(video.target, video.split or "", family, seed)
    return Rendering.drawn(rng, generator), rng, motion


@lru_cache(maxsize=16)
def _performance(driver: str, clip: str, split: str, frames: int, seed: int) -> NDArray[np.float32]:
    """Displacement of a performance, as long as a rendering needs; the same for all its renderings."""
    rng, prior = np.random.default_rng([seed, _SEED, 0, *clip.encode()]), Prior.load()
    met = Circumstances.drawn(rng, prior, RecordingSession.drawn(rng, prior))
    return ProceduralDriver(_number(driver, split, seed), prior).motion(rng, Rendering.frames_needed(frames), met)


@lru_cache(maxsize=4)
def _generator(target: str, split: str, family: Family, seed: int) -> Generator:
    number, prior = _number(target, split, seed), Prior.load()
    return Generator.of(drawn_face(number, prior=prior), prior, family, seed=number)


def _number(who: str, split: str, seed: int) -> int:
    """A person's number among the world's drivers and faces, on its split's side of them."""
    return SEEDS["train" if split == "train" else "validation"] + 10_000 * seed + int(who[1:])
