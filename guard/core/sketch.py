"""What the motion of one stream says of its source: a loop, a recording played again, a still picture.

Each frame's flow is added to a sketch of the call, in memory, and every CHECK frames the newest ten seconds are looked
for in it and in earlier calls of the claimed person.
"""

import numpy as np

from guard.core.flow import CELLS, flow, reduced
from guard.core.items import Floats, Gray, Reason
from guard.core.noise import is_noise
from guard.core.recollection import ALIKE, MODES, PERIOD, SPAN, Recollection, Rows
from guard.core.rigid import is_rigid
from guard.core.ring import Ring

CHECK = 64
"""Frames from one look to the next."""
KEPT = 22_500
"""Rows of this call that are kept, the newest 30 minutes."""
EARLIER = 22_500
"""Rows of earlier calls that are compared with."""
WINDOW = 128
"""Frames in which a still picture is seen."""
MOMENT = 64
"""Frames in which anybody moves; for less, people do keep still."""

_LINE = np.cos(np.pi * np.arange(2)[:, None] * (np.arange(CELLS) + 0.5) / CELLS)
_LOW = (_LINE / np.linalg.norm(_LINE, axis=1, keepdims=True)).astype(np.float32)
_SCALE = np.array([39, 65, 63, 97, 41, 85, 56, 89], np.float32)
"""By mode: 24 over the root of its standard deviation in drivers of the simulated world, so that none outshouts all."""


class Sketch:
    """The motion of one stream; `finding` is what the newest look found."""

    def __init__(self, call: Recollection | None = None) -> None:
        # Of this call; grows with every second frame.
        self._call = call or Recollection(KEPT)
        # Earlier calls of the claimed person; None while none is known.
        self._earlier: Recollection | None = None
        # Flow of the newest frames of the run.
        self._flows: Ring[np.float32] = Ring(WINDOW, (2, CELLS, CELLS), np.float32)
        # The mean of the pictures that they are between, in gray levels.
        self._lights: Ring[np.float32] = Ring(WINDOW + 1, (), np.float32)
        # The newest picture, reduced; None before the first of a run.
        self._before: Floats | None = None
        self._pair = np.zeros(MODES, np.float32)  # modes of the last two frames that were put together
        self.finding: Reason | None = None

    def push(self, picture: Gray) -> None:
        """Take the next picture (128, 128) uint8 of the run."""
        now = reduced(picture)
        if self._before is not None:
            self._flows.push(flow(self._before, now))
        self._lights.push(float(now.mean()))
        self._before = now
        count = len(self._flows)
        if count and count % PERIOD == 0:
            self._add_row()
        if count >= WINDOW and count % CHECK == 0:
            self.finding = self._look()

    def _add_row(self) -> None:
        """A row overlaps the one before by half: recordings need not begin on an even frame to be alike."""
        pair = (_LOW @ self._flows.newest(PERIOD).sum(axis=0) @ _LOW.T).reshape(-1) * _SCALE
        row = np.clip(np.rint(self._pair + pair), -127, 127).astype(np.int8)
        self._pair = pair
        self._call.push(row)

    def _look(self) -> Reason | None:
        flows = self._flows.newest(WINDOW)
        if is_noise(flows, self._lights.newest(WINDOW + 1)) or is_rigid(flows):
            return Reason.STILL_PICTURE
        window = self._call.window()
        if window is None:
            return None
        if self._earlier is not None and self._earlier.alike_mirrored(window) > ALIKE:
            return Reason.REPLAYED
        return Reason.LOOPED if self._call.alike(window, apart=SPAN) > ALIKE else None

    def stands_still(self, frames: int) -> bool:
        """Whether nothing but noise moved in the newest `frames` pictures; not asked of less than MOMENT of them."""
        steps = min(frames - 1, WINDOW)
        if frames < MOMENT or len(self._flows) < steps:
            return False
        return is_noise(self._flows.newest(steps), self._lights.newest(steps + 1))

    def remember(self, earlier: Rows) -> None:
        """Earlier calls of the claimed person: rows (N, 8), none of somebody unknown."""
        self._earlier = Recollection.of(earlier, EARLIER) if len(earlier) else None

    @property
    def rows(self) -> Rows:
        """The sketch of this call so far."""
        return self._call.rows

    def restart(self) -> None:
        """A new run begins. What was seen stays, and a loop across the cut is found."""
        self._flows.clear()
        self._lights.clear()
        self._before = None
        self._pair = np.zeros(MODES, np.float32)
        self._call.restart()
        self.finding = None
