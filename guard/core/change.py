"""Whether somebody else has taken over, by how alike the call now is to how it was: a cumulative sum (CUSUM)."""

from dataclasses import dataclass

from guard.core.calibration import Calibration
from guard.core.session import ASSUMED

CEILING = 1.25
"""Of the suspicion, in thresholds: a driver who comes back is to be seen in finite time."""


@dataclass(frozen=True, slots=True)
class Change:
    """How a call is compared with its own past: windows of `horizon` frames, and the line that makes their scores LLRs.

    The LLR is of the same driver over another one. `lean` weighs the LLR against the claimed person's template, less
    its mean over the baseline: how good this person's session is cancels. It is 0 where nobody is claimed.
    """

    horizon: int
    line: Calibration
    lean: float = 0.0


def assumed(horizon: int) -> Change:
    """Of a bundle that says nothing: by the template alone, whose LLRs are taken to be as those of session.ASSUMED.

    Windows of another driver then lie `apart` below the baseline's, with as large a variance, which makes this the LLR.
    """
    apart = ASSUMED.genuine.mean - ASSUMED.impostor.mean
    return Change(horizon, Calibration(slope=0.0, offset=apart / 2), lean=1.0)


@dataclass(frozen=True, slots=True)
class Suspicion:
    """Natural-log evidence for a change of driver, from 0 up; `run` and `time` (s) of the last window compared."""

    value: float = 0.0
    run: int | None = None
    time: float = 0.0


def suspect(suspicion: Suspicion, llr: float, weight: float, run: int, time: float, threshold: float) -> Suspicion:
    """Suspicion after a window that was compared at `time`, of which `weight` (0..1) is news."""
    value = max(0.0, suspicion.value - llr * weight)
    return Suspicion(min(CEILING * threshold, value), run, time)
