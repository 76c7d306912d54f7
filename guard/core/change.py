"""Whether somebody else has taken over, by how alike the call now is to how it was: a generalised likelihood ratio.

Suspicion is that of all stretches of windows that end now, begun at one moment or another, the one that speaks most for
another driver. Within a stretch the session model holds: what its windows share does not average out with their number.
So a genuine stretch that is somewhat unlike the beginning, however long it lasts, never says more than another driver
whose windows are unlike it by as little: a cumulative sum of the same windows would rise without bound.
"""

from dataclasses import dataclass, replace

from guard.core.calibration import Calibration
from guard.core.items import FPS
from guard.core.session import ASSUMED, SessionModel, call_llr

STRETCHES = 16
"""Moments at which the other driver may have come, one in each horizon: 40 s where that is 64 frames. What lies further
back is not looked at: a driver who comes back is seen in finite time, and the state is constant in size."""


@dataclass(frozen=True, slots=True)
class Change:
    """How a call is compared with its own past: windows of `horizon` frames, and the line that makes their scores LLRs.

    The LLR is of the same driver over another one. `lean` weighs the LLR against the claimed person's template, less
    its mean over the baseline: how good this person's session is cancels. It is 0 where nobody is claimed.
    `spread` is how those LLRs lie, of the same driver (genuine) and of another one, between stretches and within.
    """

    horizon: int
    line: Calibration
    lean: float = 0.0
    spread: SessionModel = ASSUMED


def assumed(horizon: int) -> Change:
    """Of a bundle that says nothing: by the template alone, whose LLRs are taken to be as those of session.ASSUMED.

    Windows of another driver then lie `apart` below the baseline's, with as large a variance, which makes this the LLR.
    """
    apart = ASSUMED.genuine.mean - ASSUMED.impostor.mean
    return Change(horizon, Calibration(slope=0.0, offset=apart / 2), lean=1.0)


@dataclass(frozen=True, slots=True)
class Stretch:
    """The windows from some moment on: their LLRs, each as often as it has new `frames`, summed; the frames of all."""

    total: float = 0.0
    frames: int = 0
    first: int = 0
    """New frames of its first window, which the others lie beyond."""

    def longer(self, llr: float, frames: int) -> "Stretch":
        """With one more window."""
        return Stretch(self.total + llr * frames, self.frames + frames, self.first or frames)


@dataclass(frozen=True, slots=True)
class Suspicion:
    """Natural-log evidence for a change of driver, from 0 up; `run` and `time` (s) of the last window compared."""

    value: float = 0.0
    run: int | None = None
    time: float = 0.0
    stretches: tuple[Stretch, ...] = ()
    """That end with that window, the shortest first, at most STRETCHES."""


def suspect(suspicion: Suspicion, llr: float, frames: int, run: int, time: float, change: Change) -> Suspicion:
    """Suspicion after a window that was compared at `time`, `frames` (0..horizon) of which are news."""
    if not frames:
        return replace(suspicion, run=run, time=time)
    begun = suspicion.stretches
    if not begun or begun[0].frames >= change.horizon:
        begun = (Stretch(), *begun[: STRETCHES - 1])
    stretches = tuple(one.longer(llr, frames) for one in begun)
    against = (-call_llr(one.total / one.frames, (one.frames - one.first) / FPS, change.spread) for one in stretches)
    return Suspicion(max(0.0, *against), run, time, stretches)
