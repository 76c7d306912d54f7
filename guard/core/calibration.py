"""From a score to a log-likelihood ratio: a line whose slope and offset give way where the measurement is poor."""

import math
from dataclasses import dataclass
from enum import StrEnum


class Quality(StrEnum):
    """What a measurement's worth depends on, beside its score."""

    MOTION = "motion"
    """Natural logarithm of the window's mean absolute difference between neighbours, in gray levels."""
    FILLER = "filler"
    """Share of the window that repeats pictures, 0..1."""
    WINDOWS = "windows"
    """Natural logarithm of the number of windows behind the template or the baseline."""

    SMOOTHNESS = "smoothness"
    """How much more pictures differ over two frames than over one, 1 (they tremble) to 2 (they go on as they went)."""


Qualities = dict[Quality, float]
"""The qualities that are known of one measurement; one that is not known counts as typical."""


@dataclass(frozen=True, slots=True)
class Term:
    """How one quality moves the line: by `slope` and `offset` for each unit above `typical`.

    The quality is taken to lie within `low`..`high`, the range that was fitted: nothing is said about worse or better.
    """

    quality: Quality
    low: float
    typical: float
    high: float
    slope: float
    offset: float


@dataclass(frozen=True, slots=True)
class Calibration:
    """Score to natural-log likelihood ratio of one horizon: slope * score + offset, each moved by `terms`."""

    slope: float
    offset: float
    terms: tuple[Term, ...] = ()


def log_likelihood_ratio(score: float, calibration: Calibration, qualities: Qualities | None = None) -> float:
    """Natural-log likelihood ratio of one window, genuine over impostor.

    A slope is never below 0, however poor the quality: a higher score is never evidence for an impostor.
    """
    slope, offset = calibration.slope, calibration.offset
    for term in calibration.terms:
        found = term.typical if qualities is None else qualities.get(term.quality, term.typical)
        above = min(term.high, max(term.low, found)) - term.typical
        slope += term.slope * above
        offset += term.offset * above
    return max(0.0, slope) * score + offset


def qualities(
    motion: float | None, filler: float | None, windows: int | None, smoothness: float | None = None
) -> Qualities:
    """What is known: `motion` in gray levels, `filler` 0..1, `windows` behind what the window is compared with.

    `smoothness` is as in Measurement.
    """
    known: Qualities = {}
    if motion is not None and motion > 0:
        known[Quality.MOTION] = math.log(motion)
    if filler is not None:
        known[Quality.FILLER] = filler
    if windows is not None and windows > 0:
        known[Quality.WINDOWS] = math.log(windows)
    if smoothness is not None and math.isfinite(smoothness):
        known[Quality.SMOOTHNESS] = smoothness
    return known
