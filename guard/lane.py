"""One stream's place in the worker: its state and what waits for it."""

import asyncio
from dataclasses import dataclass, field

from guard.core.items import Frame
from guard.core.stream import Stream
from guard.metrics import Metrics
from guard.runqueue import RunQueue


@dataclass(frozen=True, slots=True)
class Arrived:
    """A reduced frame and when it came, in seconds of the worker's clock."""

    frame: Frame
    at: float


@dataclass(slots=True)
class Lane:
    """One stream and what waits for it."""

    stream: Stream
    waiting: RunQueue[Arrived] = field(default_factory=RunQueue)
    # Stream time to tell when no frame waits, the newest known; None when there is nothing to tell.
    elapsed: float | None = None
    # Whether the key is in the worker's line of ready streams.
    ready: bool = False
    # Whether frames of this lane are being stepped.
    stepping: bool = False
    # What the metrics have counted of the stream's cuts and of the frames that its grid did not use.
    cuts: int = 0
    late: int = 0
    surplus: int = 0
    # Set while another frame fits.
    room: asyncio.Event = field(default_factory=asyncio.Event)

    def count(self, metrics: Metrics) -> None:
        """Report what the stream has cut and passed over since the last time; the core counts, but knows no metrics."""
        grid, last_cut = self.stream.grid, self.stream.last_cut
        if last_cut is not None:
            metrics.runs_cut.labels(last_cut).inc(self.stream.cuts - self.cuts)
        metrics.frames_dropped.labels("late").inc(grid.late - self.late)
        metrics.frames_dropped.labels("surplus").inc(grid.surplus - self.surplus)
        self.cuts, self.late, self.surplus = self.stream.cuts, grid.late, grid.surplus


@dataclass(frozen=True, slots=True)
class Turn:
    """A lane's share of one step: its oldest frame, or None when only time has passed."""

    key: str
    lane: Lane
    arrived: Arrived | None
