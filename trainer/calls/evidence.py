"""How well the first seconds of a performance tell drivers apart, by horizon and with all horizons together."""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from guard.core.items import Floats
from trainer.calls.bank import Person
from trainer.calls.calibrating import Fitted
from trainer.calls.filming import REFERENCES
from trainer.calls.fitting import applied
from trainer.calls.scored import Scored, score_all
from trainer.measures import weighted_auc

SECONDS = (0.8, 1.5, 2.7, 5.3, 10.0, 15.0, 20.0, 30.0)
"""Of a performance that have been seen."""


def growth(people: Sequence[Person], fitted: Fitted, longest: int, centre: Floats | None) -> Iterator[dict[str, Any]]:
    """AUC of the mean LLR of the windows so far, a row for each of SECONDS; "all" is the mean over the horizons.

    A horizon that no window has filled yet is left out.
    """
    kinds, scored = {}, {}
    for horizon, line in fitted.calibration.items():
        found = score_all(people, horizon, longest, centre, (REFERENCES,))
        scored[horizon] = (found, applied(line, found.score, found.qualities))
        kinds |= dict(zip(_keys(found).tolist(), found.genuine.tolist(), strict=True))
    for seconds in SECONDS:
        means = {horizon: _means(*both, seconds) for horizon, both in scored.items()}
        there = {str(horizon): found for horizon, found in means.items() if found}
        there["all"] = _together(list(means.values()))
        yield {"what": "evidence", "seconds": seconds} | {
            name: _auc(found, kinds) for name, found in there.items() if found
        }


def _keys(scored: Scored) -> NDArray[np.int64]:
    """Numbers each performance of each series."""
    return np.asarray(scored.series * 100 + scored.recording)


def _means(scored: Scored, llr: NDArray[np.float64], seconds: float) -> dict[int, float]:
    """Of each performance."""
    kept = scored.time < seconds
    keys, place = np.unique(_keys(scored)[kept], return_inverse=True)
    means = np.bincount(place, llr[kept]) / np.bincount(place) if len(keys) else np.empty(0)
    return dict(zip(keys.tolist(), means.tolist(), strict=True))


def _together(means: Sequence[dict[int, float]]) -> dict[int, float]:
    filled = [found for found in means if found]
    keys = set().union(*filled)
    return {key: float(np.mean([found[key] for found in filled if key in found])) for key in keys}


def _auc(means: dict[int, float], kinds: dict[int, bool]) -> float:
    genuine = np.array([kinds[key] for key in means])
    return weighted_auc(np.array([*means.values()]), genuine, np.ones(len(means)))
