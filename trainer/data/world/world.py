"""The world: batches of clips of many drivers on a few faces, made as they are asked for."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Literal

import cv2
import numpy as np
from numpy.typing import NDArray

from trainer.data.world.channel import Channel
from trainer.data.world.drawn import drawn_face
from trainer.data.world.drivers import Driver, RealDriver, RestyledDriver
from trainer.data.world.faces import Face, load_portraits, split_portraits
from trainer.data.world.places import face_places
from trainer.data.world.prior import Prior
from trainer.data.world.procedural import ProceduralDriver
from trainer.data.world.render import Bend, Generator
from trainer.data.world.tracks import Track, by_driver, load_tracks, validation_drivers

Split = Literal["train", "validation"]

SEEDS = {"train": 0, "validation": 1 << 31}
"""Where each split's numbers for procedural drivers and drawn faces begin, 2^31 of them each: they never meet."""

_DRAWN_FACES = 200
"""Drawn faces in use by a split: enough to differ, few enough to keep their matrices."""


_PERFORMANCE = 320
"""Frames of a performance that time-lapse clips are cut from."""

_ENOUGH = 300
"""Frames of material from which on a real driver is as welcome in a batch as any."""


@dataclass(frozen=True)
class Trials:
    """Clips for verification trials: frames (C, T, 128, 128) uint8 and for each clip who drives what."""

    frames: NDArray[np.uint8]
    driver: NDArray[np.int64]
    face: NDArray[np.int64]
    kind: NDArray[np.str_]
    """The driver's kind: "real" or "procedural". Compare within a kind: the kinds themselves are easy to tell apart."""
    performance: NDArray[np.int64]
    """Which performance of its driver a clip shows; the same one twice makes no genuine trial, only a copy."""
    group: NDArray[np.float32]
    """The source's frame rate for real drivers, 0 otherwise. Compare within a group, for the same reason."""


@dataclass(frozen=True)
class Scenes:
    """Clips whose motion is known: frames (C, T, 128, 128) uint8 and places (C, T, 8, 16, 16), see `face_places`."""

    frames: NDArray[np.uint8]
    places: NDArray[np.float32]


class World:
    """Drivers and faces of one split, with or without real motion (`motion`) and portraits (`targets`).

    Cheap to construct, in every worker process and again: files and what faces need are kept once they are read.
    """

    def __init__(
        self,
        motion: Path | None = None,
        targets: Path | None = None,
        split: Split = "train",
        seed: int = 0,
        fold: int = 0,
    ) -> None:
        cv2.setNumThreads(1)  # workers are processes; threads inside them would only fight
        self.split, self._prior, self._targets = split, Prior.load(), (targets, split, seed, fold)
        self.real = _real_drivers(motion, split, seed, fold) if motion else []
        self._portraits = len(_portraits(*self._targets))

    def batch(
        self, rng: np.random.Generator, identities: int, clips: int, frames: int, strength: float = 1.0
    ) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
        """`clips` clips of each of `identities` drivers: frames (N*M, frames, 128, 128) uint8 and labels (N*M,) 0..N-1.

        A few faces serve the whole batch, so the nearest wrong answer of a clip is its own face under another driver.
        `strength` (0 to 1) is the channel's: a curriculum begins with clean pictures.
        """
        drivers = self._drivers(rng, identities)
        faces = [self._any_face(rng) for _ in range(int(rng.integers(clips, 2 * clips + 1)))]
        shown, labels = [], []
        for label, driver in enumerate(drivers):
            for face in rng.permutation(len(faces))[:clips]:
                shown.append(self._clip(rng, driver, faces[face], frames, strength))
                labels.append(label)
        return np.stack(shown), np.asarray(labels, np.int64)

    def scenes(self, rng: np.random.Generator, clips: int, frames: int, strength: float = 1.0) -> Scenes:
        """`clips` clips of many drivers on many faces, in time lapse, with the motion that they show.

        A lapse of 1, 4, 8 or 16 frames from each frame to the next makes motion large enough to be seen early on.
        """
        performances = [driver.motion(rng, _PERFORMANCE) for driver in self._drivers(rng, -(-clips // 4))]
        shown, places = [], []
        for number in range(clips):
            motion = _time_lapse(rng, performances[number % len(performances)], Channel.frames_needed(frames))
            face, channel = self._any_face(rng), Channel.drawn(rng, strength * float(rng.uniform(0.3, 1.0)))
            played, camera = channel.played(motion, frames), channel.camera(rng, frames)
            shown.append(channel.seen(rng, face.render(played, camera)))
            places.append(face_places(face, self._prior.shape, played, camera))
        return Scenes(np.stack(shown), np.stack(places))

    def validation_trials(
        self, rng: np.random.Generator, frames: int = 64, drivers: int = 24, faces: int = 3, clips: int = 2
    ) -> Trials:
        """Every real driver of this split (and `drivers` procedural ones) on each of `faces` faces, `clips` times."""
        cast: list[Driver] = [*self.real]
        cast += [ProceduralDriver(self._seed(rng), self._prior) for _ in range(drivers)]
        generators = [self._any_face(rng) for _ in range(faces)]
        shown, rows, needed = [], [], Channel.frames_needed(frames)
        for who, driver in enumerate(cast):
            for number in range(faces * clips):
                motion, part = _performance(driver, rng, number, needed)
                shown.append(self._rendered(rng, motion, generators[number // clips], frames))
                rows.append((who, number // clips, part))
        who, face, performance = np.asarray(rows, np.int64).T
        groups = np.array([driver.tracks[0].source_fps if isinstance(driver, RealDriver) else 0.0 for driver in cast])
        kinds = np.where(groups > 0, "real", "procedural")
        return Trials(np.stack(shown), who, face, kinds[who], performance, groups[who].astype(np.float32))

    def _drivers(self, rng: np.random.Generator, count: int) -> list[Driver]:
        """`count` different drivers: with tracks about 40 % real, 30 % restyled and 30 % procedural.

        Restyled drivers are made of the real ones of the same batch: same content, another style. Many tracks are so
        short that clips of one driver share content, and this keeps a network from matching that instead.
        """
        real = min(round(0.4 * count), len(self.real))
        restyled = round(0.3 * count) if self.real and self.split == "train" else 0
        people = [self.real[index] for index in self._weighted(rng, real)]
        chosen: list[Driver] = [*people]
        for index in rng.choice(real, restyled) if real else ():
            chosen.append(RestyledDriver(people[index], self._prior, self._seed(rng)))
        chosen += [ProceduralDriver(self._seed(rng), self._prior) for _ in range(count - len(chosen))]
        return chosen

    def _weighted(self, rng: np.random.Generator, count: int) -> Sequence[int]:
        """Real drivers without repetition, those with more material more often."""
        if not count:
            return []
        material = np.array([min(driver.material, _ENOUGH) for driver in self.real], float)
        return [int(index) for index in rng.choice(len(self.real), count, replace=False, p=material / material.sum())]

    def _seed(self, rng: np.random.Generator) -> int:
        return SEEDS[self.split] + int(rng.integers(1 << 31))

    def _any_face(self, rng: np.random.Generator) -> Generator:
        bend: Bend = "gaussian" if rng.random() < 0.6 else "thin-plate"
        portrait = self._portraits > 0 and rng.random() < 0.6
        number = int(rng.integers(self._portraits if portrait else _DRAWN_FACES))
        return _generator(self._targets if portrait else None, SEEDS[self.split] + number, bend)

    def _clip(
        self, rng: np.random.Generator, driver: Driver, face: Generator, frames: int, strength: float
    ) -> NDArray[np.uint8]:
        """One rendering of a new performance through a channel of its own: (frames, 128, 128)."""
        return self._rendered(rng, driver.motion(rng, Channel.frames_needed(frames)), face, frames, strength)

    @staticmethod
    def _rendered(
        rng: np.random.Generator, motion: NDArray[np.float32], face: Generator, frames: int, strength: float = 1.0
    ) -> NDArray[np.uint8]:
        channel = Channel.drawn(rng, strength * float(rng.uniform(0.3, 1.0)))
        played = channel.played(motion, frames)
        return channel.seen(rng, face.render(played, channel.camera(rng, frames)))


def _time_lapse(rng: np.random.Generator, motion: NDArray[np.float32], frames: int) -> NDArray[np.float32]:
    """`frames` frames of a performance, each 1, 4, 8 or 16 (at most what it holds) after the one before."""
    lapse = min(int(rng.choice([1, 4, 8, 16])), (len(motion) - 1) // frames)
    first = int(rng.integers(len(motion) - frames * lapse + 1))
    return motion[first : first + frames * lapse : lapse]


Targets = tuple[Path | None, Split, int, int]
"""What decides which portraits a world shows: file, split, seed, fold."""


@lru_cache(maxsize=4)
def _portraits(targets: Path | None, split: Split, seed: int, fold: int) -> list[Face]:
    if targets is None:
        return []
    training, validation = split_portraits(load_portraits(targets), fold, seed)
    return training if split == "train" else validation


@lru_cache(maxsize=640)
def _generator(targets: Targets | None, number: int, bend: Bend) -> Generator:
    """The generator of a portrait, or of drawn face `number`; kept, 0.9 MB each, because making one takes 50 ms."""
    prior = Prior.load()
    face = _portraits(*targets)[number % (1 << 31)] if targets else drawn_face(number, prior=prior)
    return Generator.of(face, prior.shape, bend, mouth=40 if number % 3 else None)


def _performance(driver: Driver, rng: np.random.Generator, number: int, frames: int) -> tuple[NDArray[np.float32], int]:
    """Motion (frames, 478, 3) of performance `number` and which one it is: tracks are short, and theirs come again."""
    return driver.stretch(number, frames) if isinstance(driver, RealDriver) else (driver.motion(rng, frames), number)


_tracks = lru_cache(maxsize=2)(load_tracks)


def _real_drivers(motion: Path, split: Split, seed: int, fold: int) -> list[RealDriver]:
    tracks = _tracks(motion)
    held_out = validation_drivers(tracks, fold, seed)
    if split == "train":
        chosen = [track for track in tracks if track.driver not in held_out and track.may_train]
    else:
        chosen = [track for track in tracks if track.driver in held_out]
    return [RealDriver(_comparable(clips)) for clips in by_driver(chosen).values()]


def _comparable(clips: list[Track]) -> list[Track]:
    """The clips at the driver's first frame rate: it leaves a trace, so a driver should have one."""
    return [clip for clip in clips if clip.source_fps == clips[0].source_fps]
