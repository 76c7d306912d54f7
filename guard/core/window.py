"""The head's cached results, from which the whole window of any horizon is put together without computing it again.

The temporal head is two convolutions over time and a mean. In a window of differences s..e the results of the second
convolution at s+2 .. e-2 are the same as in every other window that holds them: the engine hands out one such column
a frame and they are summed here. Only the two at each edge see the window's zero padding. Those at the end (e-1, e)
follow from the newest differences, which the engine's state knows; those at the start (s, s+1) follow from
differences s .. s+3, so the engine hands out their sum, the start pair, once, three frames after s.

Frame n gives difference n, column n-2 and the start pair of s = n-3. A window of T frames that ends with frame n has
s = n-T+2 and e = n: its columns came with the newest T-5 frames, its start pair with the frame T-5 back. The oldest
difference it touches is s >= 1, so nothing computed across a cut is ever used, and T is at least 5.

Of another head's window other columns may lie inside: filters over 9 differences give one with each frame from the
ninth difference on, the newest T-9. That number, 5 or 9, is the window's `edge`.
"""

import numpy as np

from guard.core.items import Floats
from guard.core.ring import Ring

COLUMN = 512
"""Values of a pooled column and of a start pair: 32 channels of 4x4."""
EDGE = 5
"""Frames of the shortest window in which start and end pair are different columns: that of the paper's head."""


class Window:
    """Columns and start pairs of one run; serves every horizon from `edge` up to `longest` frames."""

    def __init__(self, longest: int, edge: int = EDGE) -> None:
        self._edge = edge
        self._columns: Ring[np.float32] = Ring(longest - edge + 1, (COLUMN,), np.float32)
        self._starts: Ring[np.float32] = Ring(longest - edge + 1, (COLUMN,), np.float32)

    def push(self, column: Floats, start: Floats) -> None:
        """Take what the engine handed out for the next frame: `column` (512,) and `start` (512,)."""
        self._columns.push(column)
        self._starts.push(start)

    def holds(self, horizon: int) -> bool:
        """Whether `horizon` frames have come since the last cut."""
        return len(self._columns) >= horizon

    def pooled(self, horizon: int) -> Floats:
        """(512,) float32: start pair and interior columns, summed, of the window of the newest `horizon` frames.

        Summed afresh each time: a running sum would be cheaper by microseconds and would drift.
        """
        if not self.holds(horizon):
            raise AssertionError(f"a window of {horizon} frames reaches across the cut {len(self._columns)} frames ago")
        back = horizon - self._edge
        total: Floats = self._starts.back(back) + self._columns.newest(back).sum(axis=0)
        return total

    def restart(self) -> None:
        """A new run begins."""
        self._columns.clear()
        self._starts.clear()
