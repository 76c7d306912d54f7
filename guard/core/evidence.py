"""The log-likelihood ratios of a call's windows, brought together without counting the same frames twice."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

from guard.core.items import FPS, Thresholds
from guard.core.session import ASSUMED, SessionModel, call_llr, separation


@dataclass(frozen=True, slots=True)
class Summary:
    """The windows of one horizon up to `time`: their mean LLR, and how many `seconds` of video it stands on.

    Both times are in seconds of stream time; what came earlier has faded.
    """

    mean: float
    seconds: float
    time: float


@dataclass(frozen=True, slots=True)
class Evidence:
    """Natural-log likelihood ratio, genuine over impostor, of the call so far, and what it comes of, by horizon."""

    value: float = 0.0
    summaries: Mapping[int, Summary] = field(default_factory=dict)


def window_weight(new_frames: int | None, horizon: int) -> float:
    """How much of a window of `horizon` frames is news, 0..1.

    `new_frames` came since the last window of the same run; None when there is none, so nothing is shared.
    Overlapping windows are not independent: each frame's contribution is counted about once.
    """
    return 1.0 if new_frames is None else min(1.0, new_frames / horizon)


def accumulate(
    evidence: Evidence,
    llr: float,
    horizon: int,
    weight: float,
    time: float,
    models: Mapping[int, SessionModel],
    thresholds: Thresholds,
) -> Evidence:
    """Evidence after one more window at `time` (seconds of stream time, not before the last one).

    What was seen fades with the memory, because a driver can be swapped at any moment. Of several horizons the one
    speaks by which genuine calls and impostors' lie farthest apart by now: a longer one, unless its windows are few.
    """
    news = weight * horizon / FPS
    before = evidence.summaries.get(horizon, Summary(0.0, 0.0, time))
    kept = faded(before, time, thresholds.memory)
    mean = (before.mean * kept + llr * news) / (kept + news) if news > 0 else before.mean
    summaries = {**evidence.summaries, horizon: Summary(mean, kept + news, time)}
    best, value = -1.0, 0.0
    for length, summary in sorted(summaries.items()):
        model = models.get(length, ASSUMED)
        beyond_first = max(0.0, faded(summary, time, thresholds.memory) - length / FPS)
        apart = separation(beyond_first, model)
        if summary.seconds > 0 and apart >= best:  # of equals the longer one
            best, value = apart, call_llr(summary.mean, beyond_first, model)
    return Evidence(max(-thresholds.limit, min(thresholds.limit, value)), summaries)


def faded(summary: Summary, time: float, memory: float) -> float:
    """The seconds that a summary stands on by `time`."""
    return summary.seconds * math.exp(-(time - summary.time) / memory)
