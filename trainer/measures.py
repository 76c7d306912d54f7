"""Figures of merit of scored trials: AUC, equal error rate, detection cost. Trials may carry weights."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.floating]
Bools = NDArray[np.bool_]

Measure = Callable[[Floats, Bools, Floats], float]
"""Scores (P,), which are genuine (P,), weights (P,) -> a figure of merit; NaN without either kind of trial."""

TARGET_PRIOR = 0.01
"""Share of genuine trials that the detection cost assumes; a miss and a false accept cost the same (NIST SRE)."""


def weighted_auc(score: Floats, genuine: Bools, weight: Floats) -> float:
    """Probability that a genuine trial scores above an impostor trial, ties counted half."""
    positive, negative = _at_each_score(score, genuine, weight)
    total = positive.sum() * negative.sum()
    if not total:
        return float("nan")
    return float((positive * (negative.cumsum() - 0.5 * negative)).sum() / total)


def equal_error_rate(score: Floats, genuine: Bools, weight: Floats) -> float:
    """Where as many genuine trials are rejected as impostors are accepted; between two thresholds, on the line."""
    missed, accepted = error_rates(score, genuine, weight)
    if np.isnan(missed).any() or np.isnan(accepted).any():
        return float("nan")
    after = int(np.argmax(missed >= accepted))  # at the last threshold everything is rejected
    before = max(0, after - 1)
    gap, next_gap = accepted[before] - missed[before], missed[after] - accepted[after]
    share = gap / (gap + next_gap) if gap + next_gap else 0.0
    return float(missed[before] + share * (missed[after] - missed[before]))


def least_detection_cost(score: Floats, genuine: Bools, weight: Floats) -> float:
    """minDCF: the cost at the best threshold for TARGET_PRIOR, over that of deciding without looking."""
    missed, accepted = error_rates(score, genuine, weight)
    cost = TARGET_PRIOR * missed + (1 - TARGET_PRIOR) * accepted
    return float(cost.min() / min(TARGET_PRIOR, 1 - TARGET_PRIOR))


def error_rates(score: Floats, genuine: Bools, weight: Floats) -> tuple[Floats, Floats]:
    """Shares of genuine trials rejected and of impostors accepted, from the lowest threshold to the highest.

    One point more than there are distinct scores: (0, 1) first, (1, 0) last. NaN where there is no such trial.
    """
    positive, negative = _at_each_score(score, genuine, weight)
    with np.errstate(invalid="ignore"):  # 0 / 0: there is nothing to be wrong about
        missed = np.concatenate(([0.0], positive.cumsum())) / positive.sum()
        accepted = 1.0 - np.concatenate(([0.0], negative.cumsum())) / negative.sum()
    return missed, accepted


def _at_each_score(score: Floats, genuine: Bools, weight: Floats) -> tuple[Floats, Floats]:
    """Weights of the genuine and of the impostor trials at each distinct score, lowest first."""
    _, place = np.unique(score, return_inverse=True)
    return np.bincount(place, weight * genuine), np.bincount(place, weight * ~genuine)
