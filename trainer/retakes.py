"""What a guard should and should not find: calls of one person, and recordings, loops and photographs of them."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from guard.core.items import FPS, Gray
from guard.core.sketch import WINDOW
from trainer.data.world.casting import Cast
from trainer.data.world.channel import Channel
from trainer.data.world.circumstances import Circumstances, RecordingSession
from trainer.data.world.drivers import Driver
from trainer.data.world.prior import Prior
from trainer.data.world.render import Generator
from trainer.data.world.rendering import Rendering
from trainer.data.world.timing import read_at
from trainer.data.world.world import World

CALLS = 3
"""Genuine calls of each driver; the first is known when the others are made."""
REPLAY = 25 * FPS
"""Frames of a replay."""
PIECE = 900
"""Frames that are rendered at once."""
LOOPS = (3, 8, 20)
"""Seconds after which a loop begins anew."""
SHAKES = (0.0, 0.3, 1.0, 3.0)
"""Pixels by which a hand shakes a picture, standard deviation."""
TEMPI = (1.01, 1.02, 1.05)
"""Of a replay, against what is replayed."""
LATE = (1.0, 2.0, 4.0)
"""Frames, standard deviation, by which a gesture made again is early or late; people are rarely within 2."""

Motion = NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Person:
    """A driver, whose first call is known: what they did then, how it was shown, and what was seen of it."""

    driver: Driver
    sessions: list[RecordingSession]
    motion: Motion
    shown: Rendering
    call: Gray


def clip(rendering: Rendering, rng: np.random.Generator, motion: Motion, frames: int) -> Gray:
    """Rendering.clip of any length, in pieces: OpenCV takes no pictures of 1,024 times 32 cells and more."""
    pieces = []
    for first in range(0, frames, PIECE):
        length = min(PIECE, frames - first)
        pieces.append(rendering.clip(rng, motion[first : first + Rendering.frames_needed(length)], length))
    return np.concatenate(pieces)


def steady(channel: Channel) -> Channel:
    """Tempo and frame rate as they are: a replay of another tempo is a row of its own."""
    return replace(channel, stretch=1.0, source_fps=FPS)


def person(world: World, frames: int, rng: np.random.Generator) -> Person:
    """A procedural driver and a first call of so many frames."""
    driver, prior = world.cast.procedural(rng), Prior.load()
    sessions = [RecordingSession.drawn(rng, prior) for _ in range(CALLS)]
    motion = performed(driver, sessions[0], frames, rng)
    shown = Rendering.drawn(rng, world.looks.some(rng), alter=steady)
    return Person(driver, sessions, motion, shown, clip(shown, rng, motion, frames))


def performed(driver: Driver, session: RecordingSession, frames: int, rng: np.random.Generator) -> Motion:
    """A performance long enough for a clip of `frames`."""
    met = Circumstances.drawn(rng, Prior.load(), session)
    return driver.motion(rng, Rendering.frames_needed(frames), met)


def genuine(one: Person, frames: int, rng: np.random.Generator) -> Iterator[Gray]:
    """The driver's other calls, each another session, activity, artefacts and channel, on the same face."""
    for session in one.sessions[1:]:
        motion = performed(one.driver, session, frames, rng)
        yield clip(Rendering.drawn(rng, one.shown.generator), rng, motion, frames)


def replays(one: Person, other: Generator, rng: np.random.Generator) -> Iterator[tuple[str, Gray]]:
    """The first call once more, by kind."""
    motion = one.motion[: Rendering.frames_needed(REPLAY)]

    def shown(played: Motion, rendering: Rendering, alter: Callable[[Channel], Channel] = steady) -> Gray:
        return replace(rendering, channel=alter(rendering.channel)).clip(rng, played, REPLAY)

    again = Rendering.drawn(rng, one.shown.generator)
    yield "another channel", shown(motion, again)
    poor = replace(steady(one.shown.channel), codec="h264", bit_rate=100_000, brightness=25.0, gamma=1.3)
    yield "H.264 at 100 kbit/s, brighter", shown(motion, one.shown, lambda channel: poor)
    yield "mirrored", shown(motion, again)[:, :, ::-1]
    yield "another face and generator", shown(motion, Rendering.drawn(rng, other))
    for fps in (15, 30):
        yield f"from {fps} frames a second", shown(motion, again, lambda channel, fps=fps: at(channel, fps))  # type: ignore[misc]
    for tempo in TEMPI:
        yield f"at {tempo} of its tempo", shown(read_at(motion, np.arange(len(motion)) * tempo), again)


def at(channel: Channel, fps: int) -> Channel:
    """The channel from a source of so many frames a second."""
    return replace(steady(channel), source_fps=fps)


def again(one: Person, rng: np.random.Generator) -> Iterator[tuple[str, Gray]]:
    """Everything done in the first call done once more by the person: the same gestures, as people time them."""
    motion = one.motion[: Rendering.frames_needed(REPLAY)]
    for late in LATE:
        knots = rng.standard_normal(len(motion) // FPS + 2) * late
        moments = np.arange(len(motion)) + np.interp(np.arange(len(motion)), np.arange(len(knots)) * FPS, knots)
        played = read_at(motion, moments) * np.float32(np.exp(rng.normal(0.0, 0.1)))
        rendering = Rendering.drawn(rng, one.shown.generator, alter=steady)
        yield f"gestures made again, {late:g} frames off", rendering.clip(rng, played, REPLAY)


def loops(one: Person, rng: np.random.Generator) -> Iterator[tuple[str, Gray]]:
    """The beginning of the first call, again and again, for REPLAY and twice the loop."""
    for seconds in LOOPS:
        turns = 2 + REPLAY // (seconds * FPS)
        part = one.motion[: seconds * FPS]
        looped = np.concatenate([part] * (turns + 1))
        yield f"a loop of {seconds} s", clip(one.shown, rng, looped, turns * seconds * FPS)


def stills(one: Person, rng: np.random.Generator) -> Iterator[tuple[str, Gray]]:
    """One moment of the first call, held before a camera by a hand."""
    rendering = Rendering.drawn(rng, one.shown.generator, alter=steady)
    for shake in SHAKES:
        channel = replace(rendering.channel, shake=0.0)
        held = replace(rendering, channel=replace(channel, codec=None, noise=0.0))
        picture = held.clip(rng, np.repeat(one.motion[50:51], Rendering.frames_needed(1), axis=0), 1)[0]
        yield f"a still picture, shaken by {shake:g} pixels", channel.seen(rng, shaken(picture, shake, rng))


def shaken(picture: Gray, shake: float, rng: np.random.Generator) -> Gray:
    """(REPLAY, 128, 128) of a picture (128, 128) that shifts and turns about as hands do, some 2 times a second."""
    sway = np.hanning(15)
    steps = rng.standard_normal((REPLAY + 28, 3)) * shake
    sways = np.stack([np.convolve(one, sway / np.linalg.norm(sway), "same")[14:-14] for one in steps.T], axis=1)
    middle = (len(picture) - 1) / 2
    frames = []
    for right, down, turn in sways:
        view = cv2.getRotationMatrix2D((middle, middle), 0.3 * turn, 1.0)
        view[:, 2] += right, down
        frames.append(cv2.warpAffine(picture, view, picture.shape, borderMode=cv2.BORDER_REFLECT))
    return np.stack(frames).astype(np.uint8)


def recorded(
    cast: Cast, world: World, rng: np.random.Generator, least: int = WINDOW + 1
) -> Iterator[tuple[Driver, Gray]]:
    """Each stretch of a real driver of so many frames; as many as by default can be looked at once."""
    for driver in cast.real:
        for track in driver.tracks:
            frames = len(track) - 12
            if frames >= least:
                rendering = Rendering.drawn(rng, world.looks.some(rng), alter=steady)
                yield driver, clip(rendering, rng, track.motion(0, len(track)), frames)
