"""When a value has reached each of many thresholds: one simulated call so tells of all of them."""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def passages(values: Floats, time: Floats, thresholds: Floats, dwell: float = 0.0) -> Floats:
    """Seconds at which `values` (n,) at `time` (n,) had first kept at or above each threshold for `dwell` seconds.

    Infinite for those that they never kept. A guard that stops at the first such moment would have seen the same
    values up to then, so nothing has to be judged again for another threshold.
    """
    if not len(values):
        return np.full(len(thresholds), np.inf)
    highest = np.maximum.accumulate(kept(values, time, dwell))
    place = np.searchsorted(highest, thresholds, side="left")
    return np.append(time, np.inf)[place]


def kept(values: Floats, time: Floats, dwell: float) -> Floats:
    """The least value (n,) since the last moment that lies `dwell` seconds back or more; -inf where there is none."""
    if dwell <= 0:
        return values
    since = np.searchsorted(time, time - dwell + 1e-9, side="right") - 1
    least = values.copy()
    for back in range(1, int((np.arange(len(time)) - since).max()) + 1):
        reached = np.arange(len(time)) - back >= since
        reached[:back] = False
        least[reached] = np.minimum(least[reached], values[np.flatnonzero(reached) - back])
    return np.where(since >= 0, least, -np.inf)
