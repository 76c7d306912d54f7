"""How fast a run is and what it costs."""

import time
from collections.abc import Callable

from trainer.presets import Preset

_SETTLED = 3
"""Steps after which the speed is worth saying; the first ones wait for clips and warm up."""


class Pace:
    """Frames per second of a run of so many steps, without its reports."""

    def __init__(self, steps: int, clock: Callable[[], float] = time.perf_counter) -> None:
        self._run, self._clock = steps, clock
        self._said = False
        self.frames_per_second = 0.0
        """Of the steps since the last pause."""
        self.pause_over()

    def pause_over(self) -> None:
        """Count from now on."""
        self._began, self._steps, self._frames = self._clock(), 0, 0

    def advanced(self, frames: int) -> None:
        """A step was made, with so many frames."""
        self._steps += 1
        self._frames += frames
        self.frames_per_second = self._frames / (self._clock() - self._began)

    def outlook(self, step: int) -> str | None:
        """What is left of the run after `step` steps, once it is known."""
        if self._said or self._steps < _SETTLED:
            return None
        self._said = True
        left = (self._run - step) * self._frames / self._steps
        hours = left / self.frames_per_second / 3600
        return f"{self.frames_per_second:.0f} frames/s: {hours:.1f} hours for the {left / 1e6:.2f} M frames left"


def cost(preset: Preset) -> str:
    """What the whole run takes, whatever it runs on."""
    batch = f"{preset.identities} drivers x {preset.clips} clips x {preset.frames} frames"
    return f"{preset.steps} steps of {batch}: {preset.steps * preset.frames_per_step / 1e6:.2f} M frames in all"
