"""The generators of a split: faces and families of warps, each in one split only where it was asked to be."""

from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

import numpy as np

from trainer.data.world.casting import SEEDS, Split
from trainer.data.world.drawn import drawn_face
from trainer.data.world.faces import Face, load_portraits, split_portraits
from trainer.data.world.prior import Prior
from trainer.data.world.render import Generator
from trainer.data.world.warp import FAMILIES, RESERVED, Family

_DRAWN_FACES = 200
"""Drawn faces in use by a split: enough to differ, few enough to keep their matrices."""

_FAMILIES_A_FACE = 2
"""Families that show a drawn face, for the same reason; portraits are few and shown by all."""


class Looks:
    """Faces of one split, portraits of a targets.npz among them where there are any, in the split's families.

    Families that are `held_out` are validation's alone, and then validation has no others.
    """

    def __init__(
        self, targets: Path | None, split: Split, seed: int, fold: int, held_out: frozenset[Family] = frozenset()
    ) -> None:
        kept = held_out if split == "validation" and held_out else set(FAMILIES) - held_out
        if not kept:
            raise ValueError("every family of generators is held out, so that training has none")
        self.families = tuple(family for family in (*FAMILIES, *RESERVED) if family in kept)
        self._split, self._targets = split, (targets, split, seed, fold)
        self._portraits = len(_portraits(*self._targets))

    def some(self, rng: np.random.Generator, family: Family | None = None) -> Generator:
        """Any generator, or any of `family`. Raises ValueError for a family of the other split."""
        if family and family not in self.families:
            raise ValueError(f"generators of the family {family!r} are not of the {self._split} split")
        portrait = self._portraits > 0 and rng.random() < 0.6
        number = int(rng.integers(self._portraits if portrait else _DRAWN_FACES))
        spread = len(self.families) if portrait else _FAMILIES_A_FACE
        turn = number + int(rng.integers(spread))
        shown = family or self.families[turn % len(self.families)]
        return _generator(self._targets if portrait else None, SEEDS[self._split] + number, shown)

    def several(self, rng: np.random.Generator, faces: int, families: Sequence[Family]) -> list[Generator]:
        """Generators of so many different faces, of these families in turn. Raises ValueError as `some` does."""
        found: dict[bytes, Generator] = {}
        while len(found) < faces:
            generator = self.some(rng, families[len(found) % len(families)])
            found.setdefault(generator.face.picture.tobytes(), generator)
        return list(found.values())


Targets = tuple[Path | None, Split, int, int]
"""What decides which portraits are shown: file, split, seed, fold."""


@lru_cache(maxsize=4)
def _portraits(targets: Path | None, split: Split, seed: int, fold: int) -> list[Face]:
    if targets is None:
        return []
    training, validation = split_portraits(load_portraits(targets), fold, seed)
    return training if split == "train" else validation


@lru_cache(maxsize=700)
def _generator(targets: Targets | None, number: int, family: Family) -> Generator:
    """The generator of a portrait, or of drawn face `number`; kept, 0.8 MB each, because making one takes 50 ms."""
    prior = Prior.load()
    face = _portraits(*targets)[number % (1 << 31)] if targets else drawn_face(number, prior=prior)
    return Generator.of(face, prior, family, mouth=40 if number % 3 else None, seed=number)
