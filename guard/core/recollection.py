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
SPAN = 128
"""Rows that are looked at, 10.24 s: shorter stretches are too often alike by chance. Every second one is compared, for
rows overlap by half."""
ALIKE = 0.75
"""Correlation of what is compared above which it is the same motion: see docs/benchmarks.md."""
STILL = 4.0 * (SPAN // 2 * MODES) ** 0.5
"""Norm of what is compared, whose root mean square is 4 then, below which there is too little motion to recognise."""
BLOCK = 2048
"""Rows that are compared at once: their products fit a cache."""
BREAK = -128
_MIRROR = np.array([-1, 1, -1, 1, 1, -1, 1, -1], np.float32)
"""Signs of the modes in a picture whose left and right are exchanged."""


class Recollection:
    """The newest `capacity` rows of one or several runs."""

    def __init__(self, capacity: int) -> None:
        self._capacity = capacity
        # Twice the capacity, so that the newest rows always lie in one piece and are moved seldom.
        self._rows = np.zeros((2 * capacity, MODES), np.int8)
        # Of what is compared when each row is the newest: its norm, 0 where the run is too short.
        self._norms = np.zeros(2 * capacity, np.float32)
        self._end = 0
        # Rows of the present run.
        self._run = 0

    @classmethod
    def of(cls, rows: Rows, capacity: int) -> "Recollection":
        """One that holds the newest of `rows`, as if they had been pushed."""
        kept, rows = cls(capacity), rows[-capacity:]
        places = np.arange(len(rows))
        run = places - np.maximum.accumulate(np.where(rows[:, 0] == BREAK, places, -1))
        sums, squares = _by_twos(rows.astype(float)), _by_twos(np.square(rows.astype(float)))
        ends = places[run >= SPAN]
        means = sums[ends] ** 2 / (SPAN // 2)
        kept._norms[ends] = np.sqrt((squares[ends] - means).sum(axis=1).clip(0))
        kept._rows[: len(rows)], kept._end = rows, len(rows)
        kept._run = int(run[-1]) if len(rows) else 0
        return kept

    @property
    def rows(self) -> Rows:
        """A copy of what is kept, behind a break: what others kept does not go on in it."""
        kept = self._rows[self._start : self._end]
        if len(kept) and kept[0, 0] == BREAK:
            return kept.copy()
        return np.concatenate([np.full((1, MODES), BREAK, np.int8), kept]) if len(kept) else kept.copy()

    def push(self, row: Rows) -> None:
        """Take the next row (8,) of the run."""
        self._append(row)
        self._run += 1
        if self._run >= SPAN:
            self._norms[self._end - 1] = np.linalg.norm(self._compared())

    def restart(self) -> None:
        """What comes does not follow what came."""
        if self._run:
            self._append(np.full(MODES, BREAK, np.int8))
        self._run = 0

    def window(self) -> Floats | None:
        """What is compared of the newest SPAN rows, (64, 8) less their mean and of norm 1; None: too few, too still."""
        norm = self._norms[self._end - 1] if self._end else 0.0
        return None if norm < STILL else np.asarray(self._compared() / norm, np.float32)

    def alike(self, window: Floats, apart: int = 0) -> float:
        """The highest correlation of `window` with SPAN rows that ended `apart` or more rows ago; 0 without any."""
        last = self._end - apart
        return max(
            (self._alike(window, first, min(last, first + BLOCK)) for first in range(self._start, last, BLOCK)),
            default=0.0,
        )

    def _alike(self, window: Floats, first: int, last: int) -> float:
        """The highest correlation with SPAN rows the newest of which is one of first..last."""
        before = max(self._start, first - SPAN + 2)
        count = last - before - SPAN + 2
        if count < 1:
            return 0.0
        products = window @ self._rows[before:last].T.astype(np.float32)
        total = np.zeros(count, np.float32)
        for place, row in enumerate(products):
            total += row[2 * place : 2 * place + count]
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

    def _compared(self) -> Floats:
        found = self._rows[self._end - SPAN + 1 : self._end : 2].astype(np.float32)
        return np.asarray(found - found.mean(axis=0), np.float32)


def nothing_moved() -> Rows:
    """No row at all."""
    return np.empty((0, MODES), np.int8)


def rows_of(plain: bytes) -> Rows:
    """Rows of what `tobytes` made of them."""
    return np.frombuffer(plain, np.int8).reshape(-1, MODES)


def _by_twos(rows: NDArray[np.float64]) -> NDArray[np.float64]:
    """(N, 8): of each row the sum of what is compared when it is the newest, as far back as there are rows."""
    even = np.concatenate([np.zeros((SPAN, MODES)), rows, np.zeros((len(rows) % 2, MODES))])
    sums = even.reshape(-1, 2, MODES).cumsum(axis=0).reshape(-1, MODES)
    return np.asarray(sums[SPAN:] - sums[:-SPAN])[: len(rows)]
