"""What the pictures of the window did: enough to say when they carry no measurement."""

import numpy as np

from guard.core.items import SIZE, Gray, GridFrame
from guard.core.ring import Ring


class History:
    """Pictures, motion and filler of the newest `longest` grid frames of one run.

    The pictures stay in memory so that another bundle can take a running stream over, and the whole-clip graph can
    check the incremental one. They are written nowhere by default: docs/privacy.md.
    """

    def __init__(self, longest: int) -> None:
        self._pictures: Ring[np.uint8] = Ring(longest, (SIZE, SIZE), np.uint8)
        self._motion: Ring[np.float64] = Ring(longest, (), np.float64)
        self._farther: Ring[np.float64] = Ring(longest, (), np.float64)  # as motion, over two frames
        self._filler: Ring[np.bool_] = Ring(longest, (), np.bool_)
        self._longest = longest

    def push(self, frame: GridFrame) -> None:
        """Take the next grid frame of the run."""
        there = len(self._pictures)
        self._motion.push(mean_difference(self._pictures.back(0), frame.pixels) if there else 0.0)
        self._farther.push(mean_difference(self._pictures.back(1), frame.pixels) if there > 1 else 0.0)
        self._pictures.push(frame.pixels)
        self._filler.push(frame.filler)

    def pictures(self, horizon: int) -> Gray:
        """The newest `horizon` pictures, (horizon, 128, 128) uint8, oldest first, as a copy."""
        return self._pictures.newest(horizon)

    @property
    def pushed(self) -> int:
        """Grid frames of the run so far; the number of the next one, counted from 0."""
        return len(self._pictures)

    @property
    def first(self) -> int:
        """Number of the oldest frame of the run that is kept."""
        return max(0, self.pushed - self._longest)

    def frame(self, number: int) -> GridFrame:
        """The kept frame of this number in the run. Its time is not kept and reads 0; a later push may overwrite it."""
        back = self.pushed - 1 - number
        return GridFrame(self._pictures.back(back), 0.0, number, bool(self._filler.back(back)))

    def motion(self, horizon: int) -> float:
        """Mean absolute difference in gray levels between neighbours among the newest `horizon` pictures (at least 2).

        Exactly 0 only if no pixel changed.
        """
        return float(self._motion.newest(horizon - 1).mean())

    def smoothness(self, horizon: int) -> float | None:
        """How much more pictures of the newest `horizon` (at least 3) differ from the last but one than from the last.

        2 where all that moves goes on as it went, 1 where each picture trembles anew; None if no pixel changed.
        """
        motion = self.motion(horizon)
        return float(self._farther.newest(horizon - 2).mean()) / motion if motion else None

    def filler(self, horizon: int) -> float:
        """Share of filler among the newest `horizon` grid frames, 0..1."""
        return float(self._filler.newest(horizon).mean())

    def restart(self) -> None:
        """A new run begins."""
        self._pictures.clear()
        self._motion.clear()
        self._farther.clear()
        self._filler.clear()


def mean_difference(before: Gray, after: Gray) -> float:
    """Mean absolute difference of two pictures (128, 128) uint8, in gray levels."""
    # larger minus smaller stays within uint8, which is several times faster than widening to hold a sign
    change = np.maximum(before, after) - np.minimum(before, after)
    return int(change.sum(dtype=np.uint32)) / change.size
