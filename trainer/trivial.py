"""The trivial systems as rows of the paper's tables: measured as every other system is, with nothing to train."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from torch import nn

from trainer.baselines import Untrained, Vector, motion_energy, pixels
from trainer.clips import Frames
from trainer.models.fingerprint import PAPER
from trainer.papertables import MOTION_ENERGY, PIXELS, UNTRAINED
from trainer.presets import Preset
from trainer.protocols import Embeddings

FRAMES = 64
"""Of a clip, whatever a table's rows have: a trivial system is measured once for all tables."""


@dataclass(frozen=True)
class Trivial:
    """What trainer.systems.measured asks of a run. `model` tells it from others by its weights, where it has any."""

    system: Callable[[Frames], Vector]
    preset: Preset
    model: nn.Module = field(default_factory=nn.Identity)

    def embed(self, frames: NDArray[Any]) -> Embeddings:
        """Clips (C, T, 128, 128) -> rows (C, D)."""
        return np.stack([self.system(clip) for clip in frames])


def trivial_systems(base: Preset) -> Iterator[tuple[str, str, Trivial]]:
    """Each one's row in a table, the name of its folder, and the system itself."""
    preset = replace(base, frames=FRAMES)
    yield MOTION_ENERGY, f"motion-energy-t{FRAMES}", Trivial(motion_energy, preset)
    yield PIXELS, f"pixels-t{FRAMES}", Trivial(pixels, preset)
    network = Untrained(PAPER)
    yield UNTRAINED, f"untrained-t{FRAMES}", Trivial(network, preset, network.model)
