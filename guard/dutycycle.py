"""Keeps the measured capacity, and turns streams on and off by how many frames wait."""

import statistics
from collections.abc import Iterable, Mapping

import structlog

from guard.core.capacity import Capacity, after_step
from guard.core.duty import Duty, review
from guard.lane import Lane
from guard.metrics import Metrics
from guard.runqueue import LIMIT

PERIOD = 0.25
"""Seconds between reviews of who is on."""
FULL = 1.75
"""Seconds since it overflowed for which a queue counts as full: it was emptied at once, which is no relief. Less than
core.duty's SETTLE, so that what happened before somebody was turned off does not count after it."""
SENDS = 1.0
"""Seconds since its newest frame for which a stream counts as sending; a silent one takes nobody's turn."""

log = structlog.get_logger()


class DutyCycle:
    """Told by the worker what steps take and what waits; sets `on` of its lanes. Times are of the worker's clock."""

    def __init__(self, capacity: Capacity, metrics: Metrics) -> None:
        self.capacity = capacity  # replaced when the bundle is
        self._metrics = metrics
        self._duty = Duty()
        self._reviewed_at = float("-inf")
        self._show()

    def stepped(self, frames: int, seconds: float) -> None:
        """A step of so many frames took so long."""
        self.capacity = after_step(self.capacity, frames, seconds)

    def review(self, lanes: Mapping[str, Lane], now: float) -> None:
        """Say anew who is on, once in a while."""
        if now - self._reviewed_at < PERIOD:
            return
        self._reviewed_at = now
        cycling = bool(self._duty.off)
        present = [key for key, lane in lanes.items() if lane.newest is not None and now - lane.newest < SENDS]
        waiting = middle_queue((lanes[key] for key in self._duty.on if key in lanes), now)
        self._duty = review(self._duty, present, waiting, now)
        for key, lane in lanes.items():
            lane.on = key not in self._duty.off
        self._show()
        if cycling is not bool(self._duty.off):
            log.warning("all streams are on again" if cycling else "streams take turns", capacity=self._streams())

    def _streams(self) -> float:
        return round(self.capacity.streams, 1)

    def _show(self) -> None:
        self._metrics.capacity_streams.set(self._streams())
        self._metrics.streams_duty_cycled.set(len(self._duty.off))


def middle_queue(lanes: Iterable[Lane], now: float) -> float:
    """Frames that wait in the middle one of the queues. One who sends a file keeps its own full, which is no sign."""
    waiting = [queued(lane, now) for lane in lanes if not lane.ahead]
    return statistics.median_low(waiting) if waiting else 0


def queued(lane: Lane, now: float) -> int:
    """Frames that wait, or would if the queue had not overflowed a moment ago."""
    full = lane.overflowed is not None and now - lane.overflowed < FULL
    return LIMIT if full else len(lane.waiting)
