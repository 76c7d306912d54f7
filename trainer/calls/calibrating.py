"""What a bundle's scores are worth, fitted on some of the bank's drivers and measured on others before other faces."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from guard.core.calibration import Calibration
from guard.core.change import Change
from guard.core.items import Floats
from guard.core.session import SessionModel
from trainer.calibrate import cllr
from trainer.calls.bank import Person
from trainer.calls.changes import Compared, change_llrs, compare_all, fit_changes
from trainer.calls.filming import REFERENCES, for_testing
from trainer.calls.fitting import applied, decision_cost, fit_line, least_cllr
from trainer.calls.scored import Scored, score_all
from trainer.calls.sessions import by_series, fit_sessions
from trainer.measures import weighted_auc
from trainer.trials import Pairs, bootstrap

SEED = 31
COSTS = ((0.9, 1.0, 1.0), (0.99, 1.0, 10.0), (0.99, 10.0, 1.0))
"""Share of genuine participants, cost of accusing one, cost of letting an impostor pass: where actDCF is stated."""


@dataclass(frozen=True)
class Fitted:
    """What goes into a bundle."""

    calibration: dict[int, Calibration]
    sessions: dict[int, SessionModel]
    change: Change
    continuity: Change


def halves(people: Sequence[Person], *, exchanged: bool = False) -> tuple[list[Person], list[Person]]:
    """Procedural people to fit on, and others, before other faces, to test on; `exchanged`: the other way round."""
    procedural = [person for person in people if person.kind == "procedural"]
    fitting = [person for person in procedural if for_testing(person.face) is exchanged]
    testing = [person for person in procedural if for_testing(person.face) is not exchanged]
    return fitting, testing


def fit(people: Sequence[Person], horizons: Sequence[int], longest: int, centre: Floats | None) -> Fitted:
    """Lines and session models of all horizons; templates, and the call's own baseline, are of the `longest`."""
    calibration, sessions = {}, {}
    for horizon in horizons:
        scored = score_all(people, horizon, longest, centre)
        line = fit_line(scored.score, scored.genuine, scored.weight, scored.qualities)
        calibration[horizon] = line
        whole = score_all(people, horizon, longest, centre, (REFERENCES,))
        llr = applied(line, whole.score, whole.qualities)
        series = by_series(whole.series, llr, whole.time, whole.genuine, whole.recording)
        sessions[horizon] = fit_sessions(*series)
    compared = compare_all(people, longest, longest, calibration[longest], centre)
    return Fitted(calibration, sessions, *fit_changes(compared, longest))


def measure(people: Sequence[Person], fitted: Fitted, longest: int, centre: Floats | None) -> Iterator[dict[str, Any]]:
    """Rows of figures on people that nothing was fitted on: by horizon, by what is in the picture, and of changes."""
    for horizon, line in fitted.calibration.items():
        scored = score_all(people, horizon, longest, centre, (REFERENCES,))
        llr = applied(line, scored.score, scored.qualities)
        yield {"what": f"{horizon} frames", **_figures(llr, scored.genuine, scored.weight, scored.drivers)}
        if horizon == longest:
            yield from _conditions(scored, llr)
    compared = compare_all(people, longest, longest, fitted.calibration[longest], centre)
    yield {"what": "change of driver", **_compared_figures(compared, fitted.change)}
    yield {"what": "change of driver, nobody claimed", **_compared_figures(compared, fitted.continuity)}


def outcome_of(
    people: Sequence[Person], fitted: Fitted, longest: int, centre: Floats | None
) -> tuple[NDArray[np.float64], NDArray[np.bool_], NDArray[np.float64]]:
    """LLRs (W,) of windows of the `longest` horizon, which of them are genuine, and their weights."""
    scored = score_all(people, longest, longest, centre, (REFERENCES,))
    return applied(fitted.calibration[longest], scored.score, scored.qualities), scored.genuine, scored.weight


def _conditions(scored: Scored, llr: NDArray[np.float64]) -> Iterator[dict[str, Any]]:
    """A row for each generator and codec that genuine people and impostors are seen by, and for spoilt sessions."""
    session = np.where(scored.spoilt == "", "ordinary", "spoilt")
    told = (("generator", scored.family), ("codec", scored.codec), ("session", session))
    for name, column in told if (scored.spoilt != "").any() else told[:2]:
        for value in np.unique(column).tolist():
            kept = column == value
            if len(np.unique(scored.genuine[kept])) < 2:
                continue
            figures = _figures(llr[kept], scored.genuine[kept], scored.weight[kept], scored.drivers[kept])
            yield {"what": f"{name} {value}", **figures}


def _compared_figures(compared: Compared, change: Change) -> dict[str, Any]:
    return _figures(change_llrs(compared, change), compared.genuine, compared.weight, compared.drivers)


def _figures(
    llr: NDArray[np.float64], genuine: NDArray[np.bool_], weight: NDArray[np.float64], drivers: NDArray[np.int64]
) -> dict[str, Any]:
    """Cllr and the least it could be, with the interval over drivers of what calibration costs, and actual costs."""
    pairs, rng = Pairs(llr, genuine, drivers), np.random.default_rng(SEED)
    spent, best = cllr(llr, genuine, weight), least_cllr(llr, genuine, weight)
    whole = bootstrap(pairs, cllr, rng, 100, weight)
    lost = bootstrap(pairs, lambda *at: cllr(*at) - least_cllr(*at), rng, 100, weight)
    costs = {
        f"act_dcf_{prior:g}_{accusation:g}_{miss:g}": decision_cost(llr, genuine, weight, prior, accusation, miss)
        for prior, accusation, miss in COSTS
    }
    return {
        "auc": weighted_auc(llr, genuine, weight),
        "cllr": spent,
        "cllr_low": whole.low,
        "cllr_high": whole.high,
        "least_cllr": best,
        "calibration_loss": spent - best,
        "loss_low": lost.low,
        "loss_high": lost.high,
        **costs,
        "drivers": len(np.unique(drivers)),
        "windows": len(llr),
    }
