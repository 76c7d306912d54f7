"""Long performances of held-out drivers, filmed for the bank: procedural ones without end, real ones as far as they go.

Everybody drives one face, which some others drive as well. Procedural drivers enrol from three clips of three recording
sessions and call in three others. All who drive a face call by the same generator, artefacts and channel in each of the
sessions: who takes over a call must be told by how they move, not by another camera. For the same reason they are
spoilt alike (spoiling.py): one session in three is, as a whole before half of the faces, from its middle before the
others. Some references are spoilt as well, each in its own way.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from trainer.calls.films import Film, Films, Label
from trainer.calls.spoiling import STRENGTHS, UNSPOILT, Spoilage
from trainer.data.world.circumstances import Circumstances, RecordingSession
from trainer.data.world.drivers import RealDriver
from trainer.data.world.prior import Prior
from trainer.data.world.render import Generator
from trainer.data.world.rendering import Rendering
from trainer.data.world.timing import grid_frames
from trainer.data.world.warp import FAMILIES
from trainer.data.world.world import AS_RECORDED, World

SEED = 23
FACES = 20
"""Faces of procedural drivers, four of each family: one half of them is for fitting, the other for testing."""
REFERENCES, SESSIONS, PERFORMANCES = 3, 3, 2
"""Of each procedural driver: sessions that enrol, sessions of calls, and performances in each of the latter."""
REFERENCE_FRAMES, CALL_FRAMES = 300, 750
"""Grid frames of each clip: 12 and 30 s."""
WHOLE, BROKEN = 1, 2
"""Sessions of calls that are spoilt: as a whole before faces of even numbers, the second performance before others."""
SPOILT_REFERENCES = 1 / 6
"""Share of the references that are spoilt."""
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
    rng = np.random.default_rng([SEED, 2, number])
    takes = _performances(rng, world, generator, face)
    return Films("procedural", number, face, tuple(_filmed(take, rng) for take in takes))


def _rendering(face: int, session: int, generator: Generator) -> Rendering:
    """What all calls of this session before the face are shown by."""
    return Rendering.drawn(np.random.default_rng([SEED, 5, face, session]), generator)


def _performances(rng: np.random.Generator, world: World, generator: Generator, face: int) -> Iterator[Take]:
    driver, prior = world.cast.procedural(rng), Prior.load()
    for number in range(REFERENCES + SESSIONS):
        reference, call = number < REFERENCES, number - REFERENCES
        session = RecordingSession.drawn(rng, prior)
        rendering = Rendering.drawn(rng, generator) if reference else _rendering(face, call, generator)
        for performance in range(1 if reference else PERFORMANCES):
            met = Circumstances.drawn(rng, prior, session)
            frames = REFERENCE_FRAMES if reference else CALL_FRAMES
            spoilage = _of_reference(rng, face) if reference else spoilage_of(face, call, performance)
            motion = spoilage.motion(rng, driver.motion(rng, Rendering.frames_needed(frames), met))
            shown = replace(rendering, channel=spoilage.channel(rendering.channel))
            label = _label(number, shown, met.activity, reference=reference)
            yield Take(replace(label, spoilt=str(spoilage)), shown, motion, frames)


def spoilage_of(face: int, session: int, performance: int) -> Spoilage:
    """What is wrong with a performance in session 0, 1, .. of calls, whoever of those drives who share the face."""
    whole, broken = session == WHOLE and face % 2 == 0, session == BROKEN and face % 2 == 1 and performance > 0
    if not whole and not broken:
        return UNSPOILT
    rng = np.random.default_rng([SEED, 6, face])
    way = face + face // len(FAMILIES)  # another one for each face of a family
    return Spoilage.drawn(rng, way, testing=for_testing(face))


def for_testing(face: int) -> bool:
    """Whether who drives the face is to be tested on; nothing is fitted on them."""
    return face < FACES // 2


def _of_reference(rng: np.random.Generator, face: int) -> Spoilage:
    if rng.random() >= SPOILT_REFERENCES:
        return UNSPOILT
    return Spoilage.drawn(rng, int(rng.integers(len(STRENGTHS))), testing=for_testing(face))


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
