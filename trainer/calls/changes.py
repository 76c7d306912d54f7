"""Windows of calls against the call's own opening: what tells a driver who takes over, all else being the same."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

from guard.core.baseline import LEAST, MOST
from guard.core.calibration import Calibration, Quality, Term
from guard.core.change import Change
from guard.core.items import Floats
from guard.core.scoring import directions, make_template
from trainer.calibrate import cllr
from trainer.calls.bank import HORIZONS, Person, Recording
from trainer.calls.fitting import applied, fit_line
from trainer.calls.scored import STRIDE, THINNED, Claim, claim, identity
from trainer.calls.sessions import by_series, fit_sessions

SIZES = (LEAST, 8, MOST)
"""Windows of a baseline that the fit looks at, as far as one performance has so many."""


@dataclass(frozen=True, eq=False)
class Compared:
    """W windows against baselines of one performance, of which they are no part: the same session, or another driver's.

    `beside` (W,) is the window's LLR against the claimed person's template less its mean over the baseline. `series`
    (W,) numbers performance and baseline, `time` (W,) is that in the performance, s.
    """

    score: NDArray[np.float64]
    drivers: NDArray[np.int64]
    weight: NDArray[np.float64]
    qualities: dict[Quality, NDArray[np.float64]]
    beside: NDArray[np.float64]
    time: NDArray[np.float64]
    series: NDArray[np.int64]

    @property
    def genuine(self) -> NDArray[np.bool_]:
        return np.asarray(self.drivers[:, 0] == self.drivers[:, 1])


def compare_all(
    people: Sequence[Person], horizon: int, enrolled_with: int, line: Calibration, centre: Floats | None
) -> Compared:
    """Windows of `horizon` frames against everybody's baselines; `line` makes scores against templates LLRs.

    Raises ValueError if nothing can be compared.
    """
    pieces = [piece for owner in people for piece in _of(owner, people, horizon, enrolled_with, line, centre)]
    if not pieces:
        raise ValueError("no session has two performances")
    for number, piece in enumerate(pieces):
        piece["series"] = np.full(len(piece["score"]), number)
    columns = {name: np.concatenate([piece[name] for piece in pieces]) for name in pieces[0]}
    return Compared(qualities={quality: columns.pop(quality) for quality in Quality}, **columns)


def _of(
    owner: Person, people: Sequence[Person], horizon: int, enrolled_with: int, line: Calibration, centre: Floats | None
) -> Iterator[dict[str, NDArray]]:
    enrolled = claim(owner, len(owner.references), enrolled_with, centre)
    if enrolled is None:
        return
    for session, performances in owner.sessions().items():
        for opening in performances:
            for person in people:
                others = person.sessions().get(session, []) if person.face == owner.face else []
                for recording in others:
                    if recording is not opening:
                        drivers = (identity(owner), identity(person))
                        yield from _pairs(enrolled, opening, recording, drivers, horizon, line, centre)


def _pairs(
    enrolled: Claim,
    opening: Recording,
    recording: Recording,
    drivers: tuple[int, int],
    horizon: int,
    line: Calibration,
    centre: Floats | None,
) -> Iterator[dict[str, NDArray]]:
    """One performance against baselines of the beginning of another."""
    apart = np.flatnonzero(opening.scored(horizon))[:: -(-horizon // STRIDE)]  # windows that share no frame
    kept = np.flatnonzero(recording.scored(horizon))[::THINNED]
    column = HORIZONS.index(horizon)
    window = directions(recording.embedding[kept, column], centre)
    llr = _llrs(enrolled, recording, kept, column, line, centre)
    usual = _llrs(enrolled, opening, apart, column, line, centre)
    for size in {min(size, len(apart)) for size in SIZES}:
        if size < LEAST or not len(kept):
            continue
        baseline = make_template(opening.embedding[apart[:size], column], centre)
        yield {
            "score": (window @ baseline).astype(float),
            "drivers": np.tile(drivers, (len(kept), 1)),
            "weight": np.full(len(kept), 1.0 / len(kept)),
            "beside": llr - usual[:size].mean(),
            "time": recording.time[kept],
            Quality.MOTION: np.log(recording.motion[kept, column]),
            Quality.FILLER: recording.filler[kept, column],
            Quality.WINDOWS: np.full(len(kept), np.log(size)),
            Quality.SMOOTHNESS: recording.smoothness[kept, column],
        }


def _llrs(
    enrolled: Claim,
    recording: Recording,
    moments: NDArray[np.int64],
    column: int,
    line: Calibration,
    centre: Floats | None,
) -> NDArray[np.float64]:
    qualities = {
        Quality.MOTION: np.log(recording.motion[moments, column]),
        Quality.FILLER: recording.filler[moments, column],
        Quality.WINDOWS: np.full(len(moments), np.log(enrolled.windows)),
        Quality.SMOOTHNESS: recording.smoothness[moments, column],
    }
    return applied(line, directions(recording.embedding[moments, column], centre) @ enrolled.template, qualities)


def fit_changes(compared: Compared, horizon: int) -> tuple[Change, Change]:
    """Of calls of who is claimed, and of who claims nobody: the line of least Cllr, and how its LLRs lie.

    The first also has what the LLR by template adds.
    """
    alone = Change(horizon, fit_line(compared.score, compared.genuine, compared.weight, compared.qualities))
    return _spread(compared, _leaning(compared, alone)), _spread(compared, alone)


def _spread(compared: Compared, change: Change) -> Change:
    """With the spread of its LLRs between performances and within."""
    llr = change_llrs(compared, change)
    return replace(change, spread=fit_sessions(*by_series(compared.series, llr, compared.time, compared.genuine)))


def _leaning(compared: Compared, change: Change) -> Change:
    """With the weight of the LLR by template that makes Cllr least, and the line made to go with it."""
    horizon, line = change.horizon, change.line
    llr, genuine, weight = applied(line, compared.score, compared.qualities), compared.genuine, compared.weight
    found = minimize(
        lambda at: cllr(at[0] * llr + max(0.0, at[1]) * compared.beside + at[2], genuine, weight),
        x0=(1.0, 0.1, 0.0),
        method="Nelder-Mead",
    ).x
    scale, lean, offset = float(found[0]), max(0.0, float(found[1])), float(found[2])
    terms = tuple(
        Term(term.quality, term.low, term.typical, term.high, scale * term.slope, scale * term.offset)
        for term in line.terms
    )
    return Change(horizon, Calibration(scale * line.slope, scale * line.offset + offset, terms), lean)


def change_llrs(compared: Compared, change: Change) -> NDArray[np.float64]:
    """(W,) LLRs of the same driver over another one."""
    return np.asarray(applied(change.line, compared.score, compared.qualities) + change.lean * compared.beside)
