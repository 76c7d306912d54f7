"""Why a window that is there carries no measurement."""

from guard.core.items import FPS, Reason
from guard.core.pace import Pace

MOST_FILLER = 0.25
"""Share of a window that may be filler: a repeated picture says nothing, and doubles the step that follows it."""
EXPECTED_FILLER = 0.05
"""Share that may be filler beyond what a source of few frames a second leaves empty anyhow."""


def obstacle(motion: float | None, filler: float | None, pace: Pace, motion_floor: float) -> Reason | None:
    """The reason, None when the window can be embedded; `motion` and `filler` are None while there is no window."""
    if motion is None or filler is None:
        return Reason.TOO_FEW_FRAMES
    if filler > most_filler(pace):
        return Reason.TOO_MUCH_FILLER
    if motion == 0:
        return Reason.FROZEN
    return Reason.NO_MOTION if motion < motion_floor else None


def most_filler(pace: Pace) -> float:
    """Share of a window that may be filler: what a source of this pace leaves empty, and little more."""
    return MOST_FILLER if pace.interval is None else max(MOST_FILLER, 1 - 1 / (FPS * pace.interval) + EXPECTED_FILLER)
