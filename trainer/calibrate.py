"""From scores to log-likelihood ratios: the line that costs least on validation trials."""

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

from guard.core.items import Calibration
from guard.core.scoring import make_template, score
from trainer.data.world.world import Trials

Floats = NDArray[np.floating]


def cllr(llr: Floats, genuine: NDArray[np.bool_]) -> float:
    """Cost of natural-log likelihood ratios, in bits: 0 is perfect, 1 is what knowing nothing costs."""
    missed = np.logaddexp(0.0, -llr[genuine]).mean()
    accepted = np.logaddexp(0.0, llr[~genuine]).mean()
    return float((missed + accepted) / (2 * np.log(2)))


def fit_calibration(scores: Floats, genuine: NDArray[np.bool_]) -> Calibration:
    """The slope and offset that minimise Cllr, which is logistic regression with both kinds weighing the same."""
    found = minimize(lambda line: cllr(line[0] * scores + line[1], genuine), x0=(1.0, 0.0), method="BFGS")
    slope, offset = (float(value) for value in found.x)
    return Calibration(slope, offset)


def template_scores(
    embeddings: NDArray[np.float32], trials: Trials, centre: NDArray[np.float32] | None
) -> tuple[Floats, NDArray[np.bool_]]:
    """Scores of every clip against templates of every comparable driver on the same face, and which are genuine.

    A template is made of the driver's clips of other performances on that face, for a clip of another driver of all
    but one. Drivers of whom nothing is left are passed over.
    """
    scores, genuine = [], []
    for clip in range(len(embeddings)):
        alike = (trials.kind == trials.kind[clip]) & (trials.group == trials.group[clip])
        alike &= trials.face == trials.face[clip]
        for driver in np.unique(trials.driver[alike]):
            own = driver == trials.driver[clip]
            references = np.flatnonzero(alike & (trials.driver == driver))
            others = trials.performance[references] != trials.performance[clip]
            references = references[others] if own else references[1:]
            if not len(references):
                continue
            template = make_template(embeddings[references], centre)
            scores.append(score(template, embeddings[clip], centre))
            genuine.append(own)
    return np.array(scores), np.array(genuine)
