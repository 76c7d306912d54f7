"""Calls of any length from a bank of a minute a session: pieces of its performances, one after the other, as the guard
would measure them.

Rules for this file: a piece is longer than scores remember, and begins a run of its own, so no window reaches across a
join. What a call is compared with later, its opening, is not played again: a window would be compared with itself.
Until that opening stands the guard's own judge decides, window by window. From then on nothing changes that a window's
LLRs depend on, so the rest is computed at once (following.py), and only the decisions are made one by one again.
"""

from bisect import bisect_left
from collections.abc import Callable, Sequence
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from guard.core.decision import on_comparison, on_no_score, on_score
from guard.core.items import FPS, Decision
from guard.core.judge import Judge
from guard.core.settings import Settings
from guard.core.stream import Stream
from trainer.calls.bank import Recording
from trainer.calls.findings import Findings, Known, findings_of
from trainer.calls.following import evidence, suspicion

PIECE = 20.0
"""Seconds of a performance that are played in one go."""
EVERY = 2
"""Moments from one that is judged to the next: in between, windows share all but a tenth of their frames."""

Floats = NDArray[np.float64]


class Call:
    """One participant's call; what the guard made of it can be asked for once all of it has been played."""

    def __init__(self, settings: Settings, stream: Stream, rng: np.random.Generator) -> None:
        self._settings, self._stream, self._rng = settings, stream, rng
        self._judge = Judge(settings)
        self._horizons = tuple(sorted(settings.horizons))
        self._run = 0
        self._found: list[Findings] = []
        # Of those that the judge saw.
        self._early: list[Decision] = []
        # Of each recording what the settled call finds in it.
        self._known: dict[int, Known] = {}
        # Seconds played.
        self.seconds = 0.0

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
        return self._stream.baseline is not None and self._stream.baseline.frozen

    def _piece(self, recording: Recording) -> None:
        start, moments, filled = piece(recording, self._horizons, self._rng)
        time = self.seconds - start + recording.time[moments]
        while len(moments) and not self.settled:
            self._hear(recording, int(moments[0]), int(filled[0]), float(time[0]))
            moments, filled, time = moments[1:], filled[1:], time[1:]
        if len(moments):
            known = self._known.get(id(recording)) or findings_of(recording, self._stream, self._settings)
            self._known[id(recording)] = known
            self._found.append(known.at(moments, filled, time, self._run))
        self.seconds += min(PIECE, length(recording))
        self._run += 1

    def _hear(self, recording: Recording, moment: int, filled: int, time: float) -> None:
        horizons = [one for one in self._horizons if one <= filled]
        verdict = self._judge.judge(self._stream, recording.measurement(moment, horizons, time, self._run))
        self._found.append(Findings.of(verdict, self._run))
        self._early.append(verdict.decision)

    @cached_property
    def findings(self) -> Findings:
        """Every moment that could be measured, with or without a score."""
        return Findings.joined(self._found)

    @property
    def time(self) -> Floats:
        """(n,) seconds of those moments."""
        return self.findings.time

    @cached_property
    def evidence(self) -> Floats:
        """(n,) at those moments, of the claim; zeros where nobody is claimed."""
        found, settings = self.findings, self._settings
        told = ~np.isnan(found.llr)
        values = (found.time, found.run, found.horizon, found.llr)
        at = evidence(*(column[told] for column in values), settings.sessions, settings.thresholds)
        return _held(at, told)

    @cached_property
    def suspicion(self) -> Floats:
        """(n,) of a change of driver."""
        found = self.findings
        told = ~np.isnan(found.change)
        change = self._settings.continuity if np.isnan(found.llr).all() else self._settings.change
        if change is None:
            return np.zeros(len(told))
        return _held(suspicion(found.time[told], found.run[told], found.change[told], change), told)

    @cached_property
    def decisions(self) -> list[Decision]:
        """(n,) after each of those moments."""
        told, first = [*self._early], len(self._early)
        standing, thresholds = self._stream.standing, self._settings.thresholds
        found = self.findings
        columns = (found.time, found.horizon > 0, np.isnan(found.llr), self.evidence, self.suspicion)
        for time, scored, unclaimed, said, suspected in zip(*(one[first:].tolist() for one in columns), strict=True):
            if not scored:
                standing = on_no_score(standing, time)
            elif unclaimed:
                standing = on_comparison(standing, time, thresholds, suspected)
            else:
                standing = on_score(standing, said, time, thresholds, suspected)
            told.append(standing.decision)
        return told


def _held(values: Floats, told: NDArray[np.bool_]) -> Floats:
    """Values of the moments that are `told` (n,), held until the next; 0 before the first."""
    return np.append(0.0, values)[np.cumsum(told)]


def piece(
    recording: Recording, horizons: Sequence[int], rng: np.random.Generator
) -> tuple[float, NDArray[np.int64], NDArray[np.int64]]:
    """A piece that begins anywhere: where (s), its moments (n,), and frames (n,) of the longest window at each.

    Windows that reach back beyond its beginning are not there, nor are moments without any.
    """
    times, start = recording.time, float(rng.uniform(0.0, max(0.0, length(recording) - PIECE)))
    moments = np.arange(bisect_left(times, start), bisect_left(times, start + PIECE), EVERY)
    filled = _filled(recording, moments, times[moments] - start, horizons)
    return start, moments[filled > 0], filled[filled > 0]


def length(recording: Recording) -> float:
    """Seconds of a recording."""
    return float(recording.time[-1]) + 1 / FPS


def _filled(recording: Recording, moments: NDArray[np.int64], since: Floats, horizons: Sequence[int]) -> NDArray:
    """(n,) frames of the longest window that is there at each of the moments, `since` s after the piece began; or 0."""
    filled = np.zeros(len(moments), np.int64)
    for horizon in horizons:
        there = ~np.isnan(recording.motion[moments, recording.column(horizon)]) & (horizon <= since * FPS + 1)
        filled[there] = horizon
    return filled
