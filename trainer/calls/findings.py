"""What the guard finds at many moments of a recording at once, as columns: guard.core.judge, vectorised."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from guard.core.calibration import Calibration, Quality
from guard.core.items import Verdict
from guard.core.settings import Settings
from guard.core.stream import Stream
from trainer.calls.bank import Recording
from trainer.calls.fitting import applied

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Findings:
    """N moments of a call: `time` (N,) s, `run` (N,), frames of the window scored (`horizon`, 0 where none was).

    `llr` (N,) is of the claimed person over another one, `change` (N,) of the driver so far over another one; NaN where
    there is none.
    """

    time: Floats
    run: Ints
    horizon: Ints
    llr: Floats
    change: Floats

    @classmethod
    def of(cls, verdict: Verdict, run: int) -> "Findings":
        """The one moment that led to a verdict."""
        scored = verdict.reason is None and verdict.score is not None
        llr, change = (np.nan if value is None else value for value in (verdict.llr, verdict.change_llr))
        horizon = verdict.horizon if scored else 0
        return cls(np.array([verdict.time]), np.array([run]), np.array([horizon]), np.array([llr]), np.array([change]))

    @classmethod
    def joined(cls, parts: Sequence["Findings"]) -> "Findings":
        """One after the other."""
        if not parts:
            return cls(np.empty(0), np.empty(0, np.int64), np.empty(0, np.int64), np.empty(0), np.empty(0))
        return cls(*(np.concatenate([getattr(part, field.name) for part in parts]) for field in fields(cls)))


@dataclass(frozen=True, eq=False)
class Known:
    """What a call whose baseline is settled finds at each moment of a recording, by the longest window there."""

    scored: Mapping[int, NDArray[np.bool_]]
    llr: Mapping[int, Floats]
    change: Mapping[int, Floats]
    horizon: Mapping[int, int]

    def at(self, moments: Ints, filled: Ints, time: Floats, run: int) -> Findings:
        """At the `moments` (n,), with windows of up to `filled` (n,) frames, as moments `time` (n,) of the call."""
        horizon, llr, change = np.zeros(len(moments), np.int64), *np.full((2, len(moments)), np.nan)
        for length, scored in self.scored.items():
            here = (filled == length) & scored[moments]
            horizon[here] = self.horizon[length]
            llr[here], change[here] = self.llr[length][moments[here]], self.change[length][moments[here]]
        return Findings(time, np.full(len(moments), run), horizon, llr, change)


def findings_of(recording: Recording, stream: Stream, settings: Settings) -> Known:
    """Of all moments of a recording, by each of the horizons; `stream` has a template or follows its opening."""
    claimed = stream.template is not None
    change, baseline = settings.change if claimed else settings.continuity, stream.baseline
    scored, llrs, changes, told = {}, {}, {}, {}
    for horizon in settings.horizons:
        measured = recording.scored(horizon)
        nothing = np.full(len(measured), np.nan)
        llr, against = nothing, nothing
        if stream.template is not None:
            score = _cosines(recording, horizon, stream.template, settings)
            assert stream.windows, "whoever is enrolled in the bank is so by windows"
            llr = _llrs(recording, horizon, score, settings.calibration[horizon], stream.windows)
        if change is not None and baseline is not None and horizon >= change.horizon:
            assert baseline.template is not None, "a settled baseline has one"
            score = _cosines(recording, change.horizon, baseline.template, settings)
            against = _llrs(recording, horizon, score, change.line, baseline.count)
            against = against + change.lean * (llr - baseline.llr) if claimed else against
        elif not claimed:
            measured = np.zeros(len(measured), bool)  # too few frames to compare
        scored[horizon] = measured
        told[horizon] = horizon if claimed or change is None else change.horizon
        llrs[horizon], changes[horizon] = llr.astype(np.float32).astype(float), against.astype(np.float32).astype(float)
    return Known(scored, llrs, changes, told)


def _cosines(recording: Recording, horizon: int, template: NDArray[np.float32], settings: Settings) -> Floats:
    embeddings = recording.embedding[:, recording.column(horizon)]
    centred = embeddings if settings.centre is None else embeddings - settings.centre
    norms = np.linalg.norm(template) * np.linalg.norm(centred, axis=1)
    return np.asarray(np.clip((centred @ template) / np.where(norms > 0, norms, 1.0), -1, 1), float)


def _llrs(recording: Recording, horizon: int, score: Floats, line: Calibration, windows: int) -> Floats:
    column = recording.column(horizon)
    with np.errstate(divide="ignore"):
        motion = np.log(recording.motion[:, column])
    known = {
        Quality.MOTION: motion,
        Quality.FILLER: recording.filler[:, column],
        Quality.WINDOWS: np.full(len(score), np.log(windows)),
        Quality.SMOOTHNESS: recording.smoothness[:, column],
    }
    return applied(line, score, known)
