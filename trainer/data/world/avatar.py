"""An avatar: a face, a driver, and the pictures that come of them one by one, at any frame rate."""

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from trainer.data.world.drawn import drawn_face
from trainer.data.world.drivers import Driver, RealDriver
from trainer.data.world.faces import Face, load_portraits
from trainer.data.world.prior import Prior
from trainer.data.world.procedural import ProceduralDriver
from trainer.data.world.render import Generator
from trainer.data.world.spectra import FPS
from trainer.data.world.timing import read_at
from trainer.data.world.tracks import load_tracks

LIVE_SEEDS = 1 << 32
"""Added to the numbers of drivers and faces here: no training and no validation draws any from there on."""


def live_driver(number: int) -> ProceduralDriver:
    """Procedural driver `number`, whom no training has seen."""
    return ProceduralDriver(LIVE_SEEDS + number)


def track_driver(motion: Path, clip: int) -> RealDriver:
    """The person of clip number `clip` of a tracks.npz, in that clip. IndexError: there is no such clip."""
    return RealDriver([load_tracks(motion)[clip]])


def avatar_face(number: int, size: int, targets: Path | None = None) -> Face:
    """Drawn face `number`, or that portrait of a targets.npz, `size` x `size`. IndexError: no such portrait."""
    return drawn_face(LIVE_SEEDS + number, size) if targets is None else load_portraits(targets)[number].resized(size)


def avatar_frames(
    driver: Driver, face: Face, rng: np.random.Generator, frames: int, fps: Fraction = Fraction(25)
) -> Iterator[NDArray[np.uint8]]:
    """`frames` pictures (S, S) uint8 of one performance, each rendered when it is asked for."""
    generator = Generator.of(face, Prior.load())
    pace = FPS / float(fps)
    motion = driver.motion(rng, int(np.ceil(frames * pace)) + 2)
    for number in range(frames):
        moment = number * pace
        near = max(0, int(moment) - 1)
        pose = read_at(motion[near : near + 4], np.array([moment - near]))
        yield generator.render(pose)[0]
