"""Calls of any length from a bank of a minute a session: pieces of its performances, one after the other, as the guard
would measure them.

Rules for this file: a piece is longer than scores remember, and begins a run of its own, so no window reaches across a
join. What a call is compared with later, its opening, is not played again: a window would be compared with itself.
"""

from bisect import bisect_left
from collections.abc import Callable, Sequence
from typing import NamedTuple
from weakref import WeakKeyDictionary

import numpy as np

from guard.core.baseline import MOST
from guard.core.finding import Finding
from guard.core.items import FPS, Verdict
from guard.core.judge import Judge
from guard.core.stream import Stream
from trainer.calls.bank import HORIZONS, Recording

PIECE = 20.0
"""Seconds of a performance that are played in one go."""
EVERY = 2
"""Moments from one that is judged to the next: in between, windows share all but a tenth of their frames."""


class Heard(NamedTuple):
    """What the guard found at one moment of a call, and where that brought it; see guard.core.items.Verdict."""

    finding: Finding
    verdict: Verdict


class Call:
    """One participant's call, judged as it is played; `heard` is every moment so far that could be measured."""

    def __init__(self, judge: Judge, stream: Stream, horizons: Sequence[int], rng: np.random.Generator) -> None:
        self._judge, self._stream, self._rng = judge, stream, rng
        self._horizons = tuple(sorted(horizons))
        self._run = 0
        # Verdicts by recording, moment and horizon, once nothing changes any more that their scores depend on.
        self._known: dict[tuple[int, int, int], Verdict] = {}
        # Seconds played.
        self.time = 0.0
        self.heard: list[Heard] = []

    def play(self, performances: Sequence[Recording], until: Callable[["Call"], bool]) -> None:
        """Pieces of any of the performances, until a piece has been played at whose end `until` holds."""
        while True:
            recording = performances[int(self._rng.integers(len(performances)))]
            self._piece(recording)
            if until(self):
                return

    @property
    def settled(self) -> bool:
        """Whether the call's own baseline is there for good."""
        return self._stream.baseline is not None and self._stream.baseline.count >= MOST

    def _piece(self, recording: Recording) -> None:
        times, filled = _material(recording, self._horizons)
        length = times[-1] + 1 / FPS
        start = float(self._rng.uniform(0.0, max(0.0, length - PIECE)))
        for moment in range(bisect_left(times, start), bisect_left(times, start + PIECE), EVERY):
            since = times[moment] - start
            # Windows that reach back beyond the beginning of the piece are not there.
            there = [one for one in filled[moment] if one <= since * FPS + 1]
            if there:
                self._hear(recording, moment, there, self.time + since)
        self.time += min(PIECE, length)
        self._run += 1

    def _hear(self, recording: Recording, moment: int, filled: list[int], time: float) -> None:
        place = (id(recording), moment, filled[-1])
        known = self._known.get(place)
        if known is None:
            settled = self.settled  # before it is judged: the last window of the baseline is compared with the others
            verdict = self._judge.judge(self._stream, recording.measurement(moment, filled, time, self._run))
            finding = found(verdict, time, self._run)
            if settled:
                self._known[place] = verdict
        else:
            finding = found(known, time, self._run)
            verdict = self._judge.conclude(self._stream, finding)
        self.heard.append(Heard(finding, verdict))


_filled: WeakKeyDictionary[Recording, dict[tuple[int, ...], tuple[list[float], list[list[int]]]]] = WeakKeyDictionary()


def _material(recording: Recording, horizons: tuple[int, ...]) -> tuple[list[float], list[list[int]]]:
    """Of each moment its time and which of the horizons are filled, shortest first; kept, for pieces are many."""
    kept = _filled.setdefault(recording, {})
    if horizons not in kept:
        there = ~np.isnan(recording.motion)
        filled = [[one for one in horizons if row[HORIZONS.index(one)]] for row in there]
        kept[horizons] = (recording.time.tolist(), filled)
    return kept[horizons]


def found(verdict: Verdict, time: float, run: int) -> Finding:
    """The finding that led to a verdict, at the `time` and in the `run` of another moment that shows the same."""
    return Finding(
        time,
        run,
        verdict.horizon,
        verdict.score,
        verdict.llr,
        verdict.change_llr,
        verdict.reason,
        verdict.motion,
        verdict.filler,
    )
