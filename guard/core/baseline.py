"""How a call's own driver moves: what later windows of the same call are compared with.

Camera, light and mood of the occasion are in it, as they are in what is compared with it, and cancel.
"""

from collections import deque
from dataclasses import dataclass

import numpy as np

from guard.core.items import FPS, Floats
from guard.core.scoring import EMBEDDING, directions, make_template

_SLACK = 0.02
"""Seconds, half a slot of the grid: what the rounding of times adds or takes does not decide."""
LAG = 10.0
"""Seconds after which a window is admitted: who has just taken over must not become what they are compared with."""
LEAST = 4
"""Windows that share no frame before anything is compared: ten seconds of a horizon of 64 frames."""
MOST = 24
"""Windows at which it is frozen, a minute: nobody can lead it away slowly."""


@dataclass(frozen=True, slots=True, eq=False)
class _Waiting:
    direction: Floats
    llr: float
    run: int
    time: float


class Baseline:
    """Windows of one stream and one horizon, counted once they are old enough and nothing speaks of a change."""

    def __init__(self, horizon: int, centre: Floats | None, *, lag: float = LAG, least: int = LEAST, most: int = MOST):
        self._horizon, self._centre = horizon, centre
        self._lag, self._least, self._most = lag, least, most
        self._sum = np.zeros(EMBEDDING)  # of the directions that count
        self._llr = 0.0  # of the same windows against the claimed person's template, summed
        # Those that do not count yet. While there is suspicion the oldest are dropped.
        self._waiting: deque[_Waiting] = deque(maxlen=2 + int(lag * FPS / horizon))
        self._newest: _Waiting | None = None  # of all that ever waited
        # Windows that count.
        self.count = 0
        # What windows are compared with (256,), of unit norm; None while too few count.
        self.template: Floats | None = None

    def see(self, embedding: Floats, llr: float, run: int, time: float, *, calm: bool) -> None:
        """The embedding (256,) of a window at `time` (s) that the driver is taken to be known in, its LLR by template.

        While it is not `calm`, because something speaks of another driver, nothing that waits is admitted.
        """
        if self.frozen:
            return
        last = self._newest
        if last is None or last.run != run or round((time - last.time) * FPS) >= self._horizon:
            self._newest = _Waiting(directions(embedding[None], self._centre)[0], llr, run, time)
            self._waiting.append(self._newest)
        while calm and self._waiting and time - self._waiting[0].time >= self._lag - _SLACK and self.count < self._most:
            self._admit(self._waiting.popleft())

    def doubt(self) -> None:
        """Somebody else may drive: what waits is not to count."""
        self._waiting.clear()

    def _admit(self, window: _Waiting) -> None:
        self._sum += window.direction
        self._llr += window.llr
        self.count += 1
        if self.count >= self._least:
            self.template = make_template(self._sum[None].astype(np.float32), None)

    @property
    def frozen(self) -> bool:
        """Whether no further window will count."""
        return self.count >= self._most

    @property
    def llr(self) -> float:
        """Mean LLR against the claimed person's template of the windows that count."""
        return self._llr / max(1, self.count)
