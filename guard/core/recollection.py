"""Motion that was seen: kept as a few bytes a frame, and recognised when it comes again in the same order.

A row says how two frames more have moved the whole picture: 8 numbers of 8 bits, the lowest modes of its flow. That is
enough to tell a performance from any other, of the same person too, and far too little for a picture or a face.
"""

import numpy as np
from numpy.typing import NDArray

from guard.core.items import Floats

Rows = NDArray[np.int8]
"""(N, 8), oldest first; a row of BREAK parts what does not follow each other."""

MODES = 8
"""Numbers in a row."""
PERIOD = 2
"""Frames from one row to the next."""
LENGTH = 64
"""Rows that are compared, 5.12 s. Shorter ones are too often alike by chance."""
ALIKE = 0.7
"""Correlation of LENGTH rows above which it is the same motion: see docs/benchmarks.md."""
STILL = 4.0 * (LENGTH * MODES) ** 0.5
"""Norm of LENGTH rows, whose root mean square is 4 then, below which there is too little motion to recognise."""
BLOCK = 2048
"""Rows that are compared at once."""
BREAK = -128
_MIRROR = np.array([-1, 1, -1, 1, 1, -1, 1, -1], np.float32)
"""Signs of the modes in a picture whose left and right are exchanged."""


class Recollection:
    """The newest `capacity` rows of one or several runs."""

    def __init__(self, capacity: int) -> None:
        self._capacity = capacity
        # Twice the capacity, so that the newest rows always lie in one piece and are moved seldom.
        self._rows = np.zeros((2 * capacity, MODES), np.int8)
        # Of the window that ends with each row: its root mean square times the root of its size, 0 where a run began.
        self._norms = np.zeros(2 * capacity, np.float32)
        self._end = 0
        # Rows of the present run.
        self._run = 0

    @classmethod
    def of(cls, rows: Rows, capacity: int) -> "Recollection":
        """One that holds the newest of `rows`."""
        kept = cls(capacity)
        for row in rows[-capacity:]:
            if row[0] == BREAK:
                kept.restart()
            else:
                kept.push(row)
        return kept

    @property
    def rows(self) -> Rows:
        """A copy of what is kept."""
        return self._rows[self._start : self._end].copy()

    def push(self, row: Rows) -> None:
        """Take the next row (8,) of the run."""
        self._append(row)
        self._run += 1
        if self._run >= LENGTH:
            self._norms[self._end - 1] = np.linalg.norm(_centred(self._rows[self._end - LENGTH : self._end]))

    def restart(self) -> None:
        """What comes does not follow what came."""
        if self._run:
            self._append(np.full(MODES, BREAK, np.int8))
        self._run = 0

    def window(self) -> Floats | None:
        """The newest LENGTH rows of the run, less their mean and of norm 1; None: too few of them, or too still."""
        norm = self._norms[self._end - 1] if self._end else 0.0
        if norm < STILL:
            return None
        found: Floats = _centred(self._rows[self._end - LENGTH : self._end]) / norm
        return found

    def alike(self, window: Floats, apart: int = 0) -> float:
        """The highest correlation of `window` with LENGTH rows that ended `apart` or more rows ago; 0 without any."""
        last = self._end - apart
        return max(
            (self._alike(window, first, min(last, first + BLOCK)) for first in range(self._start, last, BLOCK)),
            default=0.0,
        )

    def _alike(self, window: Floats, first: int, last: int) -> float:
        """The highest correlation with LENGTH rows that end in first..last; a block's products fit a cache."""
        before = max(self._start, first - LENGTH + 1)
        count = last - before - LENGTH + 1
        if count < 1:
            return 0.0
        products = window @ self._rows[before:last].T.astype(np.float32)
        total = np.zeros(count, np.float32)
        for place, row in enumerate(products):
            total += row[place : place + count]
        norms = self._norms[last - count : last]
        return float((total / np.where(norms >= STILL, norms, np.inf)).max())

    def alike_mirrored(self, window: Floats) -> float:
        """The same, whichever way round the picture was shown."""
        return max(self.alike(window), self.alike(window * _MIRROR))

    @property
    def _start(self) -> int:
        return max(0, self._end - self._capacity)

    def _append(self, row: Rows) -> None:
        if self._end == len(self._rows):
            for kept in (self._rows, self._norms):
                kept[: self._capacity] = kept[self._capacity :]
            self._end = self._capacity
        self._rows[self._end], self._norms[self._end] = row, 0.0
        self._end += 1


def _centred(rows: Rows) -> Floats:
    found = rows.astype(np.float32)
    return np.asarray(found - found.mean(axis=0), np.float32)
