"""What poor cameras, trackers and networks make of motion, beyond what every rendering of the world has of it.

Whoever a threshold is tried on is spoilt by other strengths than those that it was chosen on.
"""

from dataclasses import dataclass, fields, replace

import numpy as np
from numpy.typing import NDArray

from trainer.data.world.channel import Channel
from trainer.data.world.timing import astray, read_at
from trainer.data.world.wobble import wobble

STRENGTHS: dict[str, tuple[tuple[float, ...], tuple[float, ...]]] = {
    "noise": ((0.003, 0.01), (0.002, 0.006, 0.015)),
    "smoothing": ((2.0, 4.0), (1.5, 3.0)),
    "unevenness": ((1.0, 2.0), (0.7, 1.5)),
    "fps": ((16, 18), (15, 20)),
    "bit_rate": ((40_000, 90_000), (60_000, 120_000)),
}
"""Of each way, as in Spoilage: those to fit on, and those to test on."""
SECOND = 1 / 3
"""Share of what is spoilt in one way that is spoilt in a second, too."""


@dataclass(frozen=True)
class Spoilage:
    """What is done to motion and channel; 0 does nothing. Times are frames of 25 a second."""

    noise: float = 0.0
    """Standard deviation of the landmarks, face heights, new in every frame."""
    smoothing: float = 0.0
    """Standard deviation in time."""
    unevenness: float = 0.0
    """By which pictures run ahead and behind."""
    fps: int = 0
    """The source's frames a second."""
    bit_rate: int = 0
    """Bits a second of a 640x360 call."""

    @classmethod
    def drawn(cls, rng: np.random.Generator, first: int, *, testing: bool) -> "Spoilage":
        """Way number `first`, and at times a second one, each at some strength."""
        ways = list(STRENGTHS)
        chosen = {ways[first % len(ways)]}
        if rng.random() < SECOND:
            chosen.add(ways[int(rng.integers(len(ways)))])
        return cls(**{way: rng.choice(STRENGTHS[way][testing]).item() for way in sorted(chosen)})

    def __str__(self) -> str:
        found = {field.name: getattr(self, field.name) for field in fields(self)}
        return ", ".join(f"{name} {value:g}" for name, value in found.items() if value)

    def motion(self, rng: np.random.Generator, motion: NDArray[np.float32]) -> NDArray[np.float32]:
        """Displacement (T, 478, 3) of landmarks so spoilt."""
        noisy = motion + wobble(rng, len(motion), self.noise) if self.noise else motion
        if not self.smoothing and not self.unevenness:
            return np.asarray(noisy, np.float32)
        moments = np.arange(len(motion)) + astray(rng, len(motion), self.unevenness)
        return read_at(noisy, moments, self.smoothing)

    def channel(self, channel: Channel) -> Channel:
        """The channel so spoilt."""
        if self.fps:
            channel = replace(channel, source_fps=int(self.fps))
        if self.bit_rate:
            channel = replace(channel, codec=channel.codec or "vp8", bit_rate=int(self.bit_rate))
        return channel


UNSPOILT = Spoilage()
