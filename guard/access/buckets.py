"""Token buckets by key: so many a minute, as many at once after a quiet minute."""

import time
from collections import OrderedDict
from collections.abc import Callable, Hashable

MOST_KEYS = 4096
"""Keys that are remembered; behind them the one that was seen longest ago begins anew, with a full bucket."""


class Buckets:
    """`per_minute` tokens for each key; time comes from `clock`, in seconds."""

    def __init__(self, per_minute: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._size = float(per_minute)
        self._rate = per_minute / 60
        self._clock = clock
        self._levels: OrderedDict[Hashable, tuple[float, float]] = OrderedDict()  # tokens, and when

    def take(self, key: Hashable) -> float:
        """Take one of the key's tokens: 0, or the seconds after which there is one, and none is taken."""
        now = self._clock()
        level, at = self._levels.pop(key, (self._size, now))
        level = min(self._size, level + (now - at) * self._rate)
        wait = 0.0 if level >= 1 else (1 - level) / self._rate
        self._levels[key] = (level if wait else level - 1, now)
        if len(self._levels) > MOST_KEYS:
            self._levels.popitem(last=False)
        return wait
