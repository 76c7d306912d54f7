"""Log-likelihood ratios of windows, accumulated over time without counting the same frames twice."""

import math
from dataclasses import dataclass

from guard.core.items import Thresholds


@dataclass(frozen=True, slots=True)
class Evidence:
    """Natural-log likelihood ratio, genuine over impostor, of what has been seen; `time` of the last scored window.

    `time` is in seconds of stream time, None before the first score.
    """

    value: float = 0.0
    time: float | None = None


def window_weight(new_frames: int | None, horizon: int) -> float:
    """How much of a window of `horizon` frames is news, 0..1.

    `new_frames` came since the last scored window of the same run; None when there is none, so nothing is shared.
    Overlapping windows are not independent: each frame's contribution is counted about once.
    """
    return 1.0 if new_frames is None else min(1.0, new_frames / horizon)


def accumulate(evidence: Evidence, llr: float, weight: float, time: float, thresholds: Thresholds) -> Evidence:
    """Evidence after one more scored window at `time` (seconds of stream time, not before the last one).

    What was seen fades with the memory, because a driver can be swapped at any moment; the limit keeps an hour of good
    evidence from hiding a swap for long.
    """
    elapsed = 0.0 if evidence.time is None else time - evidence.time
    value = evidence.value * math.exp(-elapsed / thresholds.memory) + llr * weight
    return Evidence(max(-thresholds.limit, min(thresholds.limit, value)), time)
