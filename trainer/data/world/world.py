"""The world: batches of clips of many drivers on a few faces, made as they are asked for."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from trainer.data.world.casting import Cast, Split
from trainer.data.world.circumstances import Circumstances, RecordingSession
from trainer.data.world.drivers import Driver, RealDriver
from trainer.data.world.looks import Looks
from trainer.data.world.prior import Prior
from trainer.data.world.rendering import Alter, Rendering, as_drawn
from trainer.data.world.warp import Family

_PERFORMANCE = 120
"""Frames of a performance that time-lapse clips are cut from."""
LAPSES = (1, 1, 2, 3)
"""Frames of performance from one frame of a time-lapse clip to the next, each as likely as it stands here."""

AS_RECORDED = "as recorded"
"""The activity of real drivers: whatever they did."""


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
    session: NDArray[np.int64]
    """Which recording session of its driver; real drivers have one."""
    activity: NDArray[np.str_]
    """What the driver is doing: one of ACTIVITIES, or AS_RECORDED."""
    family: NDArray[np.str_]
    """Of the generator that shows the clip."""


@dataclass(frozen=True)
class Scenes:
    """Clips whose motion is known: frames (C, T, 128, 128) uint8 and places (C, T, 8, 16, 16), see `face_places`."""

    frames: NDArray[np.uint8]
    places: NDArray[np.float32]


class World:
    """Drivers, faces and generators of one split, with or without real motion (`motion`) and portraits (`targets`).

    `fold` and `seed` say which real drivers and portraits are held out of training; families of generators that are
    `held_out` are seen by validation alone, and validation then sees no others. Raises ValueError if all are held out.
    Cheap to construct, in every worker process and again: files and what faces need are kept once they are read.
    """

    def __init__(
        self,
        motion: Path | None = None,
        targets: Path | None = None,
        split: Split = "train",
        seed: int = 0,
        fold: int = 0,
        held_out: frozenset[Family] = frozenset(),
    ) -> None:
        cv2.setNumThreads(1)  # workers are processes; threads inside them would only fight
        self._prior = Prior.load()
        self.cast = Cast(motion, split, seed, fold)
        self.looks = Looks(targets, split, seed, fold, held_out)

    def batch(
        self, rng: np.random.Generator, identities: int, clips: int, frames: int, strength: float = 1.0
    ) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
        """`clips` clips of each of `identities` drivers: frames (N*M, frames, 128, 128) uint8 and labels (N*M,) 0..N-1.

        A few faces serve the whole batch, so the nearest wrong answer of a clip is its own face under another driver.
        A driver's clips come from a few recording sessions. `strength` (0 to 1) is that of artefacts and channel: a
        curriculum begins with clean pictures.
        """
        acts = self._acts(rng, identities, clips, frames, strength)
        shown = [rendering.clip(rng, performance, frames) for rendering, performance in acts]
        return np.stack(shown), np.repeat(np.arange(identities), clips)

    def filmed(
        self, rng: np.random.Generator, identities: int, clips: int, frames: int
    ) -> tuple[Scenes, NDArray[np.int64]]:
        """Such a batch at full strength, with the motion that it shows, and its labels."""
        acts = self._acts(rng, identities, clips, frames, 1.0)
        scenes = [rendering.scene(rng, performance, frames, self._prior.shape) for rendering, performance in acts]
        shown, places = (np.stack(parts) for parts in zip(*scenes, strict=True))
        return Scenes(shown, places), np.repeat(np.arange(identities), clips)

    def imagined(
        self, rng: np.random.Generator, identities: int, clips: int, frames: int
    ) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
        """Places (N*M, frames, 8, 16, 16) of such clips and their labels; no picture is made of them."""
        acts = self._acts(rng, identities, clips, frames, 1.0)
        places = [rendering.places(rng, performance, frames, self._prior.shape) for rendering, performance in acts]
        return np.stack(places), np.repeat(np.arange(identities), clips)

    def _acts(
        self, rng: np.random.Generator, identities: int, clips: int, frames: int, strength: float
    ) -> Iterator[tuple[Rendering, NDArray[np.float32]]]:
        """What each clip of a batch is rendered from, driver by driver; the caller draws from `rng` in between."""
        drivers = self.cast.some(rng, identities)
        faces = [self.looks.some(rng) for _ in range(int(rng.integers(clips, 2 * clips + 1)))]
        for driver in drivers:
            sessions = [RecordingSession.drawn(rng, self._prior) for _ in range(1 + clips // 2)]
            for face in rng.permutation(len(faces))[:clips]:
                met = Circumstances.drawn(rng, self._prior, sessions[int(rng.integers(len(sessions)))])
                performance = driver.motion(rng, Rendering.frames_needed(frames), met)
                yield Rendering.drawn(rng, faces[face], strength), performance

    def scenes(self, rng: np.random.Generator, clips: int, frames: int, strength: float = 1.0) -> Scenes:
        """`clips` clips of many drivers on many faces, in time lapse, with the motion that they show.

        From each frame to the next it is one of LAPSES: the temporal head compares frames at most nine apart.
        """
        performances = []
        for driver in self.cast.some(rng, -(-clips // 4)):
            met = Circumstances.drawn(rng, self._prior, RecordingSession.drawn(rng, self._prior))
            performances.append(driver.motion(rng, _PERFORMANCE, met))
        shown, places = [], []
        for number in range(clips):
            performance = performances[number % len(performances)]
            motion = _time_lapse(rng, performance, Rendering.frames_needed(frames))
            rendering = Rendering.drawn(rng, self.looks.some(rng), strength)
            clip, at = rendering.scene(rng, motion, frames, self._prior.shape)
            shown.append(clip)
            places.append(at)
        return Scenes(np.stack(shown), np.stack(places))

    def validation_trials(
        self,
        rng: np.random.Generator,
        frames: int = 64,
        drivers: int = 24,
        faces: int = 3,
        clips: int = 2,
        sessions: int = 2,
        family: Family | None = None,
        alter: Alter = as_drawn,
    ) -> Trials:
        """Every real driver of this split (and `drivers` procedural ones) on each of `faces` faces, `clips` times.

        Procedural drivers have `sessions` recording sessions. No two faces are alike, and they are shown by generators
        of the split's families in turn, or with `family` all by that one; `alter` fixes what a table is about in every
        clip's channel.
        """
        cast: list[Driver] = [*self.cast.real, *(self.cast.procedural(rng) for _ in range(drivers))]
        generators = self.looks.several(rng, faces, (family,) if family else self.looks.families)
        shown, rows, needed = [], [], Rendering.frames_needed(frames)
        for who, driver in enumerate(cast):
            held = [RecordingSession.drawn(rng, self._prior) for _ in range(sessions)]
            for number in range(faces * clips):
                face, session = number // clips, _session(number // clips, number % clips, sessions)
                met = Circumstances.drawn(rng, self._prior, held[session])
                if isinstance(driver, RealDriver):
                    motion, part = driver.stretch(number, needed)
                    rows.append((who, face, "real", part, driver.tracks[0].source_fps, 0, AS_RECORDED))
                else:
                    motion = driver.motion(rng, needed, met)
                    rows.append((who, face, "procedural", number, 0.0, session, met.activity))
                shown.append(Rendering.drawn(rng, generators[face], alter=alter).clip(rng, motion, frames))
        who, face, kind, part, group, session, activity = (np.array(column) for column in zip(*rows, strict=True))
        families = np.array([generator.family for generator in generators])[face]
        group = group.astype(np.float32)
        return Trials(np.stack(shown), who, face, kind, part, group, session, activity, families)


def _session(face: int, clip: int, sessions: int) -> int:
    """The recording session of clip number `clip` on a face: two clips a session on even faces, one on odd ones.

    So pairs of one session and of two are to be had on one face as well as across faces, with as few as two clips.
    """
    return (clip if face % 2 else clip // 2) % sessions


def _time_lapse(rng: np.random.Generator, motion: NDArray[np.float32], frames: int) -> NDArray[np.float32]:
    """`frames` frames of a performance, each one of LAPSES (at most what it holds) after the one before."""
    lapse = min(int(rng.choice(LAPSES)), (len(motion) - 1) // frames)
    first = int(rng.integers(len(motion) - frames * lapse + 1))
    return motion[first : first + frames * lapse : lapse]
