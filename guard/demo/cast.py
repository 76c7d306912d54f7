"""Who plays in the demo: everything that differs from run to run, drawn from one seed."""

from dataclasses import dataclass
from random import Random

NAMES = (
    *("Amara", "Bela", "Chidi", "Dalia", "Emre", "Freya", "Goran", "Hana", "Ines", "Jonas", "Kenji", "Leila"),
    *("Mateo", "Nadia", "Oskar", "Priya", "Quentin", "Rosa", "Samir", "Tove", "Uma", "Viktor", "Wanda", "Yusuf"),
)
REFERENCES = 3
"""Reference clips per person: one clip alone would make a template of one mood."""
SWAP_WINDOW = (24.0, 32.0)
"""Seconds of the stream between which the driver changes; long enough before it for both to be verified."""


@dataclass(frozen=True)
class Clip:
    """One performance of a driver on a face; the numbers seed the world."""

    face: int
    take: int


@dataclass(frozen=True)
class Actor:
    """One participant: `driver` moves the face of `clip`; from `swap_after` seconds on, `swap_driver` does."""

    name: str
    driver: int
    clip: Clip
    references: tuple[Clip, ...]
    swap_after: float | None = None
    swap_driver: int | None = None


def draw_cast(seed: int) -> tuple[Actor, Actor]:
    """Two actors, the second of whom loses its driver mid-call. The same seed gives the same two."""
    random = Random(seed)
    names = random.sample(NAMES, 2)
    drivers = [_number(random) for _ in range(3)]
    clips = [Clip(_number(random), _number(random)) for _ in range(2)]
    references = [tuple(Clip(clip.face, _number(random)) for _ in range(REFERENCES)) for clip in clips]
    swap_after = round(random.uniform(*SWAP_WINDOW), 1)
    honest = Actor(names[0], drivers[0], clips[0], references[0])
    taken_over = Actor(names[1], drivers[1], clips[1], references[1], swap_after, drivers[2])
    return honest, taken_over


def _number(random: Random) -> int:
    return random.randrange(2**31)
