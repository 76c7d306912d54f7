"""How much enrolling from a webcam costs where an avatar is verified: guard's own measurements on the simulated world.

A webcam shows the driver's own face, without a generator's artefacts, through a real channel. An avatar shows a face
that others wear too.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from guard.core.extractor import Engine
from guard.core.items import FPS, Floats
from guard.core.scoring import directions, make_template
from guard.core.verifier import Settings
from trainer.data.world.artefacts import Artefacts
from trainer.data.world.channel import Channel
from trainer.data.world.circumstances import Circumstances, RecordingSession
from trainer.data.world.drivers import Driver
from trainer.data.world.prior import Prior
from trainer.data.world.render import Generator
from trainer.data.world.rendering import Rendering
from trainer.data.world.warp import Family
from trainer.data.world.world import World
from trainer.enrolment import measured
from trainer.measures import weighted_auc
from trainer.trials import Interval, Pairs, bootstrap

SECONDS = 8
"""Of each clip, which has a recording session of its own."""
CLIPS = 3
"""Of each driver before a webcam and before each avatar's face; two enrol, the last is verified."""
WARP: Family = "thin-plate"
"""The family that, without artefacts, bends a face least in ways of its own."""
SEED = 11


@dataclass(frozen=True)
class Seen:
    """Directions (N, 256) of each clip's windows: before the webcam, and on each of two faces that all drivers wear."""

    webcam: list[Floats]
    avatars: list[list[Floats]]


@dataclass(frozen=True)
class Row:
    """One way to enrol and to be verified: AUC of single windows, and mean cosines of genuine people and impostors."""

    name: str
    auc: Interval
    genuine: float
    impostor: float


def film(
    world: World, faces: Sequence[Generator], engine: Engine, settings: Settings, rng: np.random.Generator
) -> Seen:
    """A new procedural driver, before a webcam with a face of their own and as each of the avatars."""
    driver, own, prior = world.cast.procedural(rng), world.looks.some(rng, WARP), Prior.load()

    def clips(face: Generator, webcam: bool) -> list[Floats]:
        return [_directions(_rendering(rng, face, webcam), driver, prior, engine, settings, rng) for _ in range(CLIPS)]

    return Seen(clips(own, True), [clips(face, False) for face in faces])


def _rendering(rng: np.random.Generator, face: Generator, webcam: bool) -> Rendering:
    if not webcam:
        return Rendering.drawn(rng, face)
    return Rendering(face, Artefacts.drawn(rng, face.family, 0.0), Channel.drawn(rng, float(rng.uniform(0.3, 1.0))))


def _directions(
    rendering: Rendering, driver: Driver, prior: Prior, engine: Engine, settings: Settings, rng: np.random.Generator
) -> Floats:
    met = Circumstances.drawn(rng, prior, RecordingSession.drawn(rng, prior))
    frames = SECONDS * FPS
    motion = driver.motion(rng, Rendering.frames_needed(frames), met)
    clip = measured(rendering.clip(rng, motion, frames), engine, settings, "clip")
    return directions(clip.embeddings, settings.centre)


def rows(people: Sequence[Seen]) -> list[Row]:
    """The same amounts of material in each row; what is verified is of another recording session, avatars of a face
    that nobody enrolled with."""
    webcam = [one.webcam[:-1] for one in people]
    avatar = [one.avatars[0][:-1] for one in people]
    last = [one.avatars[1][-1] for one in people]
    return [
        _row("enrolled and verified before a webcam", webcam, [one.webcam[-1] for one in people]),
        _row("enrolled as an avatar, verified as another avatar", avatar, last),
        _row("enrolled before a webcam, verified as an avatar", webcam, last),
        _row(
            "both enrolled, verified as an avatar",
            [[*one, *two] for one, two in zip(webcam, avatar, strict=True)],
            last,
        ),
    ]


def shift(people: Sequence[Seen]) -> tuple[float, float]:
    """Mean cosine of a person's webcam template with their avatar's, and of their templates as two avatars."""
    pairs = [(one.webcam, one.avatars[0], one.avatars[1]) for one in people]
    made = [[make_template(np.concatenate(clips), None) for clips in three] for three in pairs]
    across = [float(webcam @ first) for webcam, first, _ in made]
    within = [float(first @ second) for _, first, second in made]
    return float(np.mean(across)), float(np.mean(within))


def _row(name: str, enrolled: Sequence[Sequence[Floats]], verified: Sequence[Floats]) -> Row:
    pairs = _pairs([make_template(np.concatenate(clips), None) for clips in enrolled], verified)
    found = bootstrap(pairs, weighted_auc, np.random.default_rng(SEED))
    genuine, impostor = pairs.score[pairs.genuine].mean(), pairs.score[~pairs.genuine].mean()
    return Row(name, found, float(genuine), float(impostor))


def _pairs(templates: Sequence[Floats], verified: Sequence[Floats]) -> Pairs:
    """Every template against every window."""
    scores, drivers = [], []
    for (claimed, template), (who, windows) in _each(templates, verified):
        scores.append(windows @ template)
        drivers.append(np.tile([claimed, who], (len(windows), 1)))
    both = np.concatenate(drivers)
    return Pairs(np.concatenate(scores), both[:, 0] == both[:, 1], both)


def _each(
    templates: Sequence[Floats], verified: Sequence[Floats]
) -> Iterator[tuple[tuple[int, Floats], tuple[int, Floats]]]:
    for claim in enumerate(templates):
        for seen in enumerate(verified):
            yield claim, seen
