"""Drivers who enrol, and what a guard sees when they, or somebody in their name, appear disguised."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from guard.core.extractor import Engine, Extractor
from guard.core.items import FPS, Floats, Frame, Measurement
from guard.core.scoring import directions, make_template
from guard.core.verifier import Settings
from trainer.attacks.disguises import LONGER, Disguise, Motion
from trainer.data.world.circumstances import Circumstances, RecordingSession
from trainer.data.world.drivers import Driver
from trainer.data.world.prior import Prior
from trainer.data.world.rendering import Rendering
from trainer.data.world.world import World
from trainer.enrolment import measured

CLIPS = 3
"""To enrol from, each of a recording session of its own."""
SECONDS = 10.4
"""Of every clip: ten, and the window that ends then."""
FACES = 2
"""Drivers share them in turn: who drives the same face is an impostor of the others."""
AIMS = 2
"""People whom an impostor with footage aims at, one after the other."""
AT_ONCE = 8
"""Streams that the engine steps together."""

FRAMES = round(SECONDS * FPS)


@dataclass(frozen=True, eq=False)
class Person:
    """A driver with a face and a template; `motion` is that of one more session, `footage` of yet another one."""

    face: int
    template: Floats
    windows: int
    """Of the references that the template is the mean of."""
    motion: Motion
    footage: Motion
    rendering: Rendering
    seed: int

    def shown(self, disguise: Disguise, footage: Motion) -> NDArray[np.uint8]:
        """The clip (FRAMES, 128, 128) of the motion so disguised; all else is alike in every clip of a person."""
        needed = Rendering.frames_needed(FRAMES)
        disguised = disguise.applied(np.random.default_rng([self.seed, 1]), self.motion, footage, needed)
        return self.rendering.clip(np.random.default_rng(self.seed), disguised, FRAMES)


@dataclass(frozen=True, eq=False)
class Appearance:
    """What the guard measured of a driver (`who`, by number); `aim` is whom the disguise imitates, None for nobody."""

    who: int
    aim: int | None
    seen: list[Measurement]


def cast(world: World, drivers: int, engine: Engine, settings: Settings, rng: np.random.Generator) -> Iterator[Person]:
    """So many procedural drivers, enrolled as guard asks, before FACES faces."""
    faces = [world.looks.some(rng) for _ in range(FACES)]
    needed = Rendering.frames_needed(FRAMES)
    for who in range(drivers):
        driver, face = world.cast.procedural(rng), who % FACES

        motions = [_performance(driver, rng, needed) for _ in range(CLIPS)]
        clips = [Rendering.drawn(rng, faces[face]).clip(rng, motion, FRAMES) for motion in motions]
        windows = np.concatenate([measured(clip, engine, settings, "").embeddings for clip in clips])
        template = make_template(directions(windows, settings.centre), None)
        motion, footage = _performance(driver, rng, round(LONGER * needed)), _performance(driver, rng, needed)
        yield Person(
            face, template, len(windows), motion, footage, Rendering.drawn(rng, faces[face]), int(rng.integers(1 << 31))
        )


def _performance(driver: Driver, rng: np.random.Generator, frames: int) -> Motion:
    """In a recording session of its own."""
    prior = Prior.load()
    return driver.motion(rng, frames, Circumstances.drawn(rng, prior, RecordingSession.drawn(rng, prior)))


def appearances(
    people: Sequence[Person], disguise: Disguise, engine: Engine, settings: Settings
) -> Iterator[Appearance]:
    """Everybody in that disguise; with footage, in turn as each of AIMS others of the same face."""
    acts = [(who, aim) for who in range(len(people)) for aim in aims(people, who, disguise)]
    for first in range(0, len(acts), AT_ONCE):
        some = acts[first : first + AT_ONCE]
        clips = [people[who].shown(disguise, people[who if aim is None else aim].footage) for who, aim in some]
        for (who, aim), seen in zip(some, watched(clips, engine, settings), strict=True):
            yield Appearance(who, aim, seen)


def aims(people: Sequence[Person], who: int, disguise: Disguise) -> list[int | None]:
    """Whom a driver imitates in that disguise."""
    if disguise.footage is None:
        return [None]
    others = [one for one in range(len(people)) if one != who and people[one].face == people[who].face]
    place = sum(one < who for one in others)
    return [others[(place + step) % len(others)] for step in range(min(AIMS, len(others)))]


def watched(clips: Sequence[NDArray[np.uint8]], engine: Engine, settings: Settings) -> list[list[Measurement]]:
    """What a guard measures of clips (T, 128, 128) of one length, all at once."""
    rhythm = settings.horizons, settings.verdict_stride
    extractor = Extractor(engine, *rhythm, settings.motion_floor, settings.least_fps, edge=settings.edge)
    streams = [extractor.open() for _ in clips]
    found: list[list[Measurement]] = [[] for _ in clips]
    for number, pictures in enumerate(zip(*clips, strict=True)):
        frames = [Frame(picture, number / FPS) for picture in pictures]
        for seen, more in zip(found, extractor.step(list(zip(streams, frames, strict=True))), strict=True):
            seen.extend(more)
    return found
