"""Long performances of held-out drivers, filmed for the bank: procedural ones without end, real ones as far as they go.

Everybody drives one face, which some others drive as well. Procedural drivers enrol from three clips of three recording
sessions and call in two others. All who drive a face call by the same generator, artefacts and channel, one for the
first session and one for the second: who takes over a call must be told by how they move, not by another camera.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from trainer.calls.films import Film, Films, Label
from trainer.data.world.circumstances import Circumstances, RecordingSession
from trainer.data.world.drivers import RealDriver
from trainer.data.world.prior import Prior
from trainer.data.world.render import Generator
from trainer.data.world.rendering import Rendering
from trainer.data.world.timing import grid_frames
from trainer.data.world.warp import FAMILIES
from trainer.data.world.world import AS_RECORDED, World

SEED = 23
FACES = 10
"""Faces of procedural drivers, two of each family: the first half of them is for fitting, the other for testing."""
REFERENCES, SESSIONS, PERFORMANCES = 3, 2, 2
"""Of each procedural driver: sessions that enrol, sessions of calls, and performances in each of the latter."""
REFERENCE_FRAMES, CALL_FRAMES = 300, 750
"""Grid frames of each clip: 12 and 30 s."""
REAL_FACES = 3
"""Faces that all real drivers drive; they have one session."""
SHORTEST_HALF = 72
"""Frames of half a real driver's track from which on it enrols: a window of 64, played at most 5 % faster."""


@dataclass(frozen=True)
class Take:
    """One clip to be filmed."""

    label: Label
    rendering: Rendering
    motion: NDArray[np.float32]
    frames: int


def procedural(number: int, world: World) -> Films:
    """Driver `number`, who drives face `number % FACES`; the same in every bank."""
    face = number % FACES
    generator = world.looks.some(np.random.default_rng([SEED, 1, face]), FAMILIES[face % len(FAMILIES)])
    shared = [_rendering(face, session, generator) for session in range(SESSIONS)]
    rng = np.random.default_rng([SEED, 2, number])
    takes = _performances(rng, world, generator, shared)
    return Films("procedural", number, face, tuple(_filmed(take, rng) for take in takes))


def _rendering(face: int, session: int, generator: Generator) -> Rendering:
    """What all calls of this session before the face are shown by."""
    return Rendering.drawn(np.random.default_rng([SEED, 5, face, session]), generator)


def _performances(
    rng: np.random.Generator, world: World, generator: Generator, shared: list[Rendering]
) -> Iterator[Take]:
    driver, prior = world.cast.procedural(rng), Prior.load()
    for number in range(REFERENCES + SESSIONS):
        reference = number < REFERENCES
        session = RecordingSession.drawn(rng, prior)
        rendering = Rendering.drawn(rng, generator) if reference else shared[number - REFERENCES]
        for _ in range(1 if reference else PERFORMANCES):
            met = Circumstances.drawn(rng, prior, session)
            frames = REFERENCE_FRAMES if reference else CALL_FRAMES
            motion = driver.motion(rng, Rendering.frames_needed(frames), met)
            yield Take(_label(number, rendering, met.activity, reference=reference), rendering, motion, frames)


def real(number: int, world: World) -> Films:
    """Held-out real driver `number // REAL_FACES`, before face `number % REAL_FACES`."""
    who, face = divmod(number, REAL_FACES)
    generator = world.looks.some(np.random.default_rng([SEED, 3, face]))
    rng = np.random.default_rng([SEED, 4, number])
    takes = _stretches(rng, world.cast.real[who], generator, _rendering(FACES + face, 0, generator))
    return Films("real", who, FACES + face, tuple(_filmed(take, rng) for take in takes))


def _stretches(rng: np.random.Generator, driver: RealDriver, generator: Generator, shared: Rendering) -> Iterator[Take]:
    """The first half of each long track enrols and the other calls; short tracks only call."""
    for track in driver.tracks:
        half = len(track) // 2
        for reference in (True, False) if half >= SHORTEST_HALF else (False,):
            first, last = (0, half) if reference else (half if half >= SHORTEST_HALF else 0, len(track))
            frames = int((last - first - 5) / 1.06)
            rendering = Rendering.drawn(rng, generator) if reference else shared
            motion = track.motion(first, Rendering.frames_needed(frames))
            yield Take(_label(0, rendering, AS_RECORDED, reference=reference), rendering, motion, frames)


def _label(session: int, rendering: Rendering, activity: str, *, reference: bool) -> Label:
    return Label(session, reference, rendering.generator.family, str(rendering.channel.codec or "none"), activity)


def _filmed(take: Take, rng: np.random.Generator) -> Film:
    """What the source sends, at its own rate: the grid makes the filler."""
    clip = take.rendering.clip(rng, take.motion, take.frames)
    fps = take.rendering.channel.source_fps
    numbers, slots = np.unique(grid_frames(fps, take.frames), return_index=True)
    return Film(take.label, numbers / fps, clip[slots])
