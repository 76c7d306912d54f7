"""How often a source's frames come, by their presentation time; outlives the runs, which a slow source never fills."""

from collections import deque

from guard.core.grid import JUMP

KEPT = 32
"""Newest intervals that are looked at, of which the middle one counts: lost frames and pauses are few among them."""
ENOUGH = 12
"""Intervals before which nothing is said."""
TOLERANCE = 1.04
"""Over the longest interval that is allowed: cameras and time stamps are not exact."""


class Pace:
    """The pace of one stream."""

    def __init__(self) -> None:
        # Presentation time of the newest frame in seconds; None before the first.
        self._newest: float | None = None
        self._intervals: deque[float] = deque(maxlen=KEPT)

    def put(self, time: float) -> None:
        """A frame of presentation `time`, in seconds, came; one that was overtaken, or came again, does not count."""
        since = 0.0 if self._newest is None else time - self._newest
        if since > 0:
            self._intervals.append(since)
        if self._newest is None or since > 0 or since < -JUMP / 1e6:
            self._newest = time

    @property
    def interval(self) -> float | None:
        """Seconds from one frame to the next; None while too few have come."""
        ordered = sorted(self._intervals)
        return ordered[len(ordered) // 2] if len(ordered) >= ENOUGH else None

    def is_below(self, fps: float) -> bool:
        """Whether fewer than `fps` frames a second come, clearly."""
        interval = self.interval
        return interval is not None and interval * fps > TOLERANCE
