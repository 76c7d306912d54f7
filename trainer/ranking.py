"""Intervals of figures that only ask which score is higher, over millions of trials.

No threshold is better for standing between two impostors where no genuine score lies between them. So the impostor
trials between two neighbouring genuine scores make one cell, and those that are equal to a genuine score another. AUC,
equal error rate and detection cost of the cells' weights are exactly those of the trials.
"""

from collections.abc import Mapping

import numpy as np

from trainer.measures import Measure
from trainer.trials import Interval, Pairs, draws, identities, interval


def bootstrap_ranks(
    pairs: Pairs, measures: Mapping[str, Measure], rng: np.random.Generator, rounds: int = 400
) -> dict[str, Interval]:
    """What trainer.trials.bootstrap finds for each measure with the same `rng`, all by the same draws.

    The measures are to be those of trainer.measures, or others that impostors between two genuine scores may trade
    places in.
    """
    cell = _cells(pairs)
    score, place = np.unique(2 * cell + pairs.genuine, return_inverse=True)
    genuine, score = score % 2 == 1, score // 2

    def measured(weight: np.ndarray | None) -> list[float]:
        of_cell = np.bincount(place, weight, minlength=len(score)).astype(float)
        return [measure(score, genuine, of_cell) for measure in measures.values()]

    drawn = [measured(weight) for weight in draws(pairs, rng, rounds)]
    among = len(pairs.score), identities(pairs)
    return {
        name: interval(value, found, *among)
        for name, value, found in zip(measures, measured(None), zip(*drawn, strict=True), strict=True)
    }


def _cells(pairs: Pairs) -> np.ndarray:
    """Numbers (P,) in the order of the scores: odd ones for each genuine score, even ones for what lies between."""
    known = np.unique(pairs.score[pairs.genuine])
    below, upto = (np.searchsorted(known, pairs.score, side) for side in ("left", "right"))
    return below + upto
