"""From scores to log-likelihood ratios: the line that costs least on validation trials."""

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

from guard.core.calibration import Calibration
from guard.core.scoring import make_template, score
from trainer.data.world.world import Trials
from trainer.trials import Pairs

Floats = NDArray[np.floating]


def cllr(llr: Floats, genuine: NDArray[np.bool_], weight: Floats) -> float:
    """Cost of natural-log likelihood ratios, in bits: 0 is perfect, 1 is what knowing nothing costs.

    NaN without either kind of trial.
    """
    if not (weight * genuine).any() or not (weight * ~genuine).any():
        return float("nan")
    missed = np.average(np.logaddexp(0.0, -llr[genuine]), weights=weight[genuine])
    accepted = np.average(np.logaddexp(0.0, llr[~genuine]), weights=weight[~genuine])
    return float((missed + accepted) / (2 * np.log(2)))


def fit_calibration(scores: Floats, genuine: NDArray[np.bool_]) -> Calibration:
    """The slope and offset that minimise Cllr, which is logistic regression with both kinds weighing the same."""
    even = np.ones(len(scores))
    found = minimize(lambda line: cllr(line[0] * scores + line[1], genuine, even), x0=(1.0, 0.0), method="BFGS")
    slope, offset = (float(value) for value in found.x)
    return Calibration(slope, offset)


def template_scores(embeddings: NDArray[np.float32], trials: Trials, centre: NDArray[np.float32] | None) -> Pairs:
    """Scores of every clip against templates of every comparable driver on the same face: drivers are (template, clip).

    A template is made of the driver's clips of other performances on that face; for a clip of another driver, of
    all but the first. Drivers of whom nothing is left are passed over.
    """
    scores, drivers = [], []
    for clip in range(len(embeddings)):
        alike = (trials.kind == trials.kind[clip]) & (trials.group == trials.group[clip])
        alike &= trials.face == trials.face[clip]
        for driver in np.unique(trials.driver[alike]):
            references = np.flatnonzero(alike & (trials.driver == driver))
            others = trials.performance[references] != trials.performance[clip]
            references = references[others] if driver == trials.driver[clip] else references[1:]
            if not len(references):
                continue
            template = make_template(embeddings[references], centre)
            scores.append(score(template, embeddings[clip], centre))
            drivers.append((driver, trials.driver[clip]))
    both = np.array(drivers)
    return Pairs(np.array(scores), both[:, 0] == both[:, 1], both)


def held_out_llr(pairs: Pairs) -> Pairs:
    """The pairs within each half of the drivers, their scores made log-likelihood ratios by a line fitted on the other.

    What calibration costs on the very people that it was fitted on says little about others.
    """
    half = np.isin(pairs.drivers, np.unique(pairs.drivers)[::2])
    kept, llr = [], []
    for fitted, applied in ((half.all(axis=1), ~half.any(axis=1)), (~half.any(axis=1), half.all(axis=1))):
        line = fit_calibration(pairs.score[fitted], pairs.genuine[fitted])
        kept.append(np.flatnonzero(applied))
        llr.append(line.slope * pairs.score[applied] + line.offset)
    chosen = np.concatenate(kept)
    return Pairs(np.concatenate(llr), pairs.genuine[chosen], pairs.drivers[chosen])
