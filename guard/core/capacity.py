"""How many streams can be scored: from what steps of the model are measured to take, never from a configured number.

At the start a few steps of each batch size are timed. From then on every step is compared with what its size took at
the start: other programs, the service's own decoding and a slower clock all show as a slowdown.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace

from guard.core.items import FPS

SAFETY = 0.85
"""Share of the measured capacity that is promised: a queue at full use never shrinks again."""
MEMORY = 2.0
"""Seconds of steps after which what was measured before counts for a third."""
WORST = 20.0
"""Slowdown of one step that is believed; more is a machine that slept, and says nothing about the next step."""
LEAST_SHARE = 1 / 3
"""Share of the time that a duty-cycled stream is on at least; newcomers who would take it below are refused."""


@dataclass(frozen=True, slots=True)
class Capacity:
    """`costs` are seconds of one step by its number of frames, as measured at the start; one size at least.

    `slowdown` is how many times longer steps take now.
    """

    costs: Mapping[int, float]
    slowdown: float = 1.0

    @property
    def streams(self) -> float:
        """Streams at 25 frames a second that can be scored all the time."""
        frames_a_second = max(frames / seconds for frames, seconds in self.costs.items()) / self.slowdown
        return SAFETY * frames_a_second / FPS

    @property
    def admitted(self) -> int:
        """Streams that are let in: all of them get at least LEAST_SHARE of the time."""
        return max(1, int(self.streams / LEAST_SHARE))


def after_step(capacity: Capacity, frames: int, seconds: float) -> Capacity:
    """What is known after a step of `frames` frames that took `seconds`.

    A step weighs as much as it took, so that many small steps count like few large ones.
    """
    measured = min(seconds / expected(capacity.costs, frames), WORST)
    weight = 1 - math.exp(-seconds / MEMORY)
    return replace(capacity, slowdown=capacity.slowdown + weight * (measured - capacity.slowdown))


def expected(costs: Mapping[int, float], frames: int) -> float:
    """Seconds of a step of `frames` frames: on the line between the nearest measured sizes, else in proportion."""
    below = max((size for size in costs if size <= frames), default=min(costs))
    above = min((size for size in costs if size >= frames), default=max(costs))
    if not below < frames < above:
        nearest = above if frames <= above else below
        return costs[nearest] * frames / nearest
    share = (frames - below) / (above - below)
    return costs[below] + share * (costs[above] - costs[below])
