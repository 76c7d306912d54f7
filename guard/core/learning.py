"""What a call shows of a person who stays verified, for a template that may follow how they change.

Only for who has opted in, and only from calls in which nothing was doubtful: see guard.gallery.adapting for the rest.
"""

from collections import deque
from collections.abc import Sequence

import numpy as np

from guard.core.items import Decision, Floats, Measurement
from guard.core.scoring import make_template

LONG = 600.0
"""Seconds for which a call has to have been VERIFIED without an interruption."""
PAUSE = 10.0
"""Seconds without a score that count as one."""
MOST = 60
"""Windows that are kept, the newest; a call that gives fewer than half of them is of no use."""
SHARE = 4
"""Of the windows that were enrolled, one in SHARE may come from calls: what was enrolled outweighs them for ever."""


class Learning:
    """Windows of one stream since it was last anything but VERIFIED."""

    def __init__(self) -> None:
        self._windows: deque[Measurement] = deque(maxlen=MOST)  # that share no frame
        self._since: float | None = None  # stream time of the first of them
        self._last: Measurement | None = None  # the newest that was scored
        self._doubted = False  # an impostor was suspected: nothing of this call counts any more

    def see(self, window: Measurement, decision: Decision) -> None:
        """The window was scored, which led to the decision."""
        self._doubted = self._doubted or decision is Decision.IMPOSTOR_SUSPECTED
        paused = self._last is not None and window.time - self._last.time > PAUSE
        if self._doubted or decision is not Decision.VERIFIED or paused:
            self._windows.clear()
            self._since = None
        self._last = window
        if self._doubted or decision is not Decision.VERIFIED:
            return
        if self._since is None:
            self._since = window.time
        if not self._windows or apart(self._windows[-1], window):
            self._windows.append(window)

    @property
    def embeddings(self) -> Floats | None:
        """Embeddings (N, 256) of the windows, as the model gave them; None unless the call was verified for LONG."""
        found = [window.embedding for window in self._windows if window.embedding is not None]
        lasted = self._last is not None and self._since is not None and self._last.time - self._since >= LONG
        return np.stack(found) if lasted and 2 * len(found) >= MOST else None


def apart(earlier: Measurement, later: Measurement) -> bool:
    """Whether two windows share no frame."""
    return earlier.run != later.run or later.slot - earlier.slot >= later.horizon


def addition(enrolled: Sequence[Floats], adapted: int, learned: Floats, least: float) -> Floats | None:
    """Those of the `learned` directions (N, 256) that a template may take up beside `adapted` ones; None: none.

    `least` is the mean score that they must reach against what was `enrolled`, directions (n, 256) of each clip: a
    template that has drifted is not what decides how far it drifts.
    """
    room = sum(map(len, enrolled)) // SHARE - adapted
    if not enrolled or room <= 0:
        return None
    score = float((learned @ make_template(np.concatenate(enrolled), None)).mean())
    return learned[:room] if score >= least else None
