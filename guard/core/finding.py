"""What one look at a window says about the driver."""

from dataclasses import dataclass

from guard.core.items import Reason


@dataclass(frozen=True, slots=True)
class Finding:
    """What one look at a window says: `score` and LLRs in natural-log units, or the `reason` why there is none.

    `time` is in stream time, `run` the number of the run (the cuts so far) and `horizon` the window's frames. `llr` is
    of the claimed person over another one, `change_llr` of the driver so far over another one; either may be missing,
    `change_llr` while there is nothing to compare with, `llr` where nobody is claimed. `motion` and `filler` are the
    window's, see Measurement.
    """

    time: float
    run: int
    horizon: int
    score: float | None
    llr: float | None
    change_llr: float | None
    reason: Reason | None
    motion: float | None = None
    filler: float | None = None
