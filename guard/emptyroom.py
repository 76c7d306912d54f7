"""An empty room: a picture in which nobody was found is not searched again until something in it has changed."""

from collections.abc import Callable

import numpy as np

from guard.core.items import Gray
from guard.faces import cells

COMPARED = 1.0
"""Seconds between comparisons, each some .1 ms; a search takes 9."""
LONGEST = 16.0
"""Seconds after which such a picture is searched again all the same: somebody may sit down in the dark."""
CHANGE = 8
"""Grey levels by which a cell differs where something has changed. A cell is the mean of a score of pixels, so
that noise and a codec move it by a few; a head covers a dozen cells."""


class EmptyRoom:
    """The picture of presentation `time` in seconds, a luma plane (height, width) uint8 in which nobody was found."""

    def __init__(self, shown: Gray, time: float) -> None:
        self._cells = cells(shown).astype(np.int16)
        self._searched_at = self._compared_at = time

    def is_still_empty(self, shown: Callable[[], Gray], time: float) -> bool:
        """Whether nobody can have come by `time`; `shown` gives the picture of then, and is asked once a second."""
        if not 0 <= time - self._searched_at < LONGEST:  # the sender's clock may be set back
            return False
        if 0 <= time - self._compared_at < COMPARED:
            return True
        self._compared_at = time
        return bool(np.abs(cells(shown()) - self._cells).max() < CHANGE)
