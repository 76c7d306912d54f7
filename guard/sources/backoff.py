"""Pauses between attempts: longer and longer, at random so that many guards do not return in step."""

import random

FIRST, LONGEST = 0.5, 30.0
"""Seconds: the first pause, doubled for each that follows, up to the longest."""
SETTLED = 10.0
"""Seconds of frames after which a connection counts as one that worked, and pauses begin anew."""


class Backoff:
    """The pauses of one thing that is tried again."""

    def __init__(self) -> None:
        self._attempts = 0

    def pause(self, lasted: float = 0.0, at_least: float | None = None) -> float:
        """Seconds to wait after an attempt that brought so many seconds; never less than the other side asked for."""
        if lasted >= SETTLED:
            self._attempts = 0
        longest = min(FIRST * 2.0**self._attempts, LONGEST)
        self._attempts = min(self._attempts + 1, 16)
        return max(random.uniform(0.5, 1.0) * longest, at_least or 0.0)
