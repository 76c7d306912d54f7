"""Evidence and suspicion of a whole call at once: guard.core.evidence and guard.core.change, a moment a row.

The guard's own fold does the same window by window, and takes a second for what this does in ten milliseconds.
"""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from guard.core.change import STRETCHES, Change
from guard.core.items import FPS, Thresholds
from guard.core.session import ASSUMED, SessionModel, Spread, separation

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


def news(run: Ints, time: Floats, most: Ints) -> Ints:
    """New grid frames (n,) of windows in `run` (n,) at `time` (n,) s since the one before, at most `most` (n,)."""
    since = np.round(np.diff(time, prepend=0.0) * FPS).astype(np.int64)
    fresh = np.append(True, run[1:] != run[:-1]) if len(run) else np.empty(0, bool)
    return np.where(fresh, most, np.clip(since, 0, most))


def evidence(
    time: Floats,
    run: Ints,
    horizon: Ints,
    llr: Floats,
    models: Mapping[int, SessionModel],
    thresholds: Thresholds,
) -> Floats:
    """(n,) what `accumulate` has come to after each of n windows."""
    frames = news(run, time, horizon)
    best, value = np.full(len(time), -np.inf), np.zeros(len(time))
    for length in sorted(set(horizon.tolist())):
        seconds = np.where(horizon == length, frames, 0) / FPS
        stood = _fading(seconds, time, thresholds.memory)
        total = _fading(seconds * llr, time, thresholds.memory)
        model = models.get(length, ASSUMED)
        beyond = np.maximum(0.0, stood - length / FPS)
        apart = np.array([separation(float(one), model) for one in beyond])
        speaks = (stood > 0) & (apart >= best)
        with np.errstate(invalid="ignore", divide="ignore"):
            found = call_llrs(np.where(stood > 0, total / stood, 0.0), beyond, model)
        best, value = np.where(speaks, apart, best), np.where(speaks, found, value)
    return np.clip(value, -thresholds.limit, thresholds.limit)


def suspicion(time: Floats, run: Ints, llr: Floats, change: Change) -> Floats:
    """(n,) what `suspect` has come to after each of n windows that were compared."""
    frames = news(run, time, np.full(len(time), change.horizon))
    starts = _starts(frames, change.horizon)
    after, total = np.cumsum(frames), np.cumsum(frames * llr)
    found = np.zeros(len(time))
    for back in range(STRETCHES):
        # Of each moment the stretch that began `back` beginnings ago, as far as there were so many.
        number = np.searchsorted(starts, np.arange(len(time)), side="right") - 1 - back
        there = (number >= 0) & (frames >= 0)
        start = starts[np.maximum(number, 0)] if len(starts) else np.zeros(len(time), np.int64)
        shown = after - after[start] + frames[start]
        mean = (total - total[start] + frames[start] * llr[start]) / np.maximum(shown, 1)
        against = -call_llrs(mean, (after - after[start]) / FPS, change.spread)
        found = np.where(there, np.maximum(found, against), found)
    return found


def _starts(frames: Ints, every: int) -> Ints:
    """Windows with which a stretch begins: the first, and the one after `every` frames or more of the last stretch."""
    after, found = np.cumsum(frames), []
    at = int(np.argmax(frames > 0)) if (frames > 0).any() else len(frames)
    while at < len(frames):
        found.append(at)
        full = int(np.searchsorted(after, after[at] - frames[at] + every))  # the window that makes it long enough
        at = int(np.searchsorted(after, after[full], side="right")) if full < len(frames) else len(frames)
    return np.array(found, np.int64)


def _fading(values: Floats, time: Floats, memory: float) -> Floats:
    """(n,) sum of the values so far, each faded by exp(-seconds since / memory)."""
    if not len(time):
        return np.empty(0)
    grown = np.exp((time - time[0]) / memory)
    return np.asarray(np.cumsum(values * grown) / grown)


def call_llrs(mean: Floats, seconds: Floats, model: SessionModel) -> Floats:
    """guard.core.session.call_llr of many calls or stretches."""
    genuine, impostor = model.genuine, model.impostor
    wide_g, wide_i = _variances(genuine, seconds), _variances(impostor, seconds)
    with np.errstate(divide="ignore", invalid="ignore"):
        turn = (genuine.mean / wide_g - impostor.mean / wide_i) / (1 / wide_g - 1 / wide_i)
    mean = np.where(wide_g < wide_i, np.minimum(mean, turn), np.where(wide_g > wide_i, np.maximum(mean, turn), mean))
    off_g, off_i = mean - genuine.mean, mean - impostor.mean
    return np.asarray(0.5 * (np.log(wide_i / wide_g) + off_i * off_i / wide_i - off_g * off_g / wide_g))


def _variances(spread: Spread, seconds: Floats) -> Floats:
    part = seconds / spread.tau
    with np.errstate(divide="ignore", invalid="ignore"):
        count = np.where(part < 1e-3, 1.0 + part / 3, part * part / (2.0 * (part - 1.0 + np.exp(-part))))
    return np.asarray(spread.between + spread.within / count)
