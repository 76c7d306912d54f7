"""One stream's place in the worker: its state and what waits for it."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field

from guard.core.items import Floats, Frame, Gray, Verdict
from guard.core.recollection import Rows
from guard.core.stream import Stream
from guard.core.verifier import Verifier
from guard.gallery.items import Enrolled
from guard.metrics import Metrics
from guard.runqueue import RunQueue

AHEAD = 0.5
"""Seconds that frames come earlier than in real time when their source is no camera but a file."""
PATIENCE = 250
"""Frames after which that counts as the source's own time: clocks drift, and who was held up catches up."""


@dataclass(frozen=True, slots=True)
class Arrived:
    """A reduced frame and when it came, in seconds of the worker's clock."""

    frame: Frame
    at: float


@dataclass(slots=True)
class Lane:
    """One stream and what waits for it."""

    stream: Stream
    # Judges the stream; another one once a new bundle has taken it over.
    verifier: Verifier
    waiting: RunQueue[Arrived] = field(default_factory=RunQueue)
    # Whether its frames are scored; False while others have their turn.
    on: bool = True
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
    # When the newest frame came, and when one of time 0 would have come by the mean of the newest PATIENCE frames; both
    # in seconds of the worker's clock, None before the first frame.
    newest: float | None = None
    origin: float | None = None
    # Whether the newest frame came AHEAD of its time.
    ahead: bool = False
    # When the queue last overflowed, in seconds of the worker's clock; None: never.
    overflowed: float | None = None
    # Set while another frame fits.
    room: asyncio.Event = field(default_factory=asyncio.Event)

    def arrive(self, frame: Frame, at: float) -> None:
        """Note when the frame came, beside when it should have."""
        self.newest, origin = at, at - frame.time
        if self.origin is None:
            self.origin = origin
        self.ahead = origin < self.origin - AHEAD
        self.origin += (origin - self.origin) / PATIENCE

    def close(
        self, learned: Callable[[Floats], None] | None, moved: Callable[[Rows], None] | None, metrics: Metrics
    ) -> None:
        """The stream is over: hand on what it kept, see Worker.close, and count what still waits as dropped."""
        learning = self.stream.learning
        if learned is not None and learning is not None and learning.embeddings is not None:
            learned(learning.embeddings)
        if moved is not None:
            moved(self.stream.sketch.rows)
        metrics.frames_dropped.labels("closed").inc(len(self.waiting))
        self.room.set()

    def show(self, take: Callable[[Gray], None]) -> None:
        """Hand on the pictures of the window, see Worker.show."""
        history = self.stream.history
        if not self.stream.opted_out and history.pushed:
            take(history.pictures(history.pushed - history.first))

    def take(self, metrics: Metrics) -> Arrived | None:
        """The oldest frame that waits, behind the cut that lies before it; None when none waits."""
        if not self.waiting:
            return None
        cut, arrived = self.waiting.take()
        self.room.set()
        self.elapsed = None
        if cut is not None and self.on:
            self.verifier.cut(self.stream, cut)
            self.count(metrics)
        return arrived

    def skip(self, arrived: Arrived | None, metrics: Metrics) -> list[Verdict]:
        """The verdicts of what the model does not see: a frame while the stream is off, None: only time has passed."""
        verdict = None
        if arrived is not None:
            metrics.frames_dropped.labels("capacity").inc()
            verdict = self.verifier.skip(self.stream, arrived.frame.time)
        elif self.elapsed is not None:
            verdict = self.verifier.elapse(self.stream, self.elapsed)
            self.elapsed = None
        return [verdict] if verdict is not None else []

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

    @property
    def scored(self) -> bool:
        """Whether the model has to see this turn's frame."""
        return self.arrived is not None and self.lane.on

    @property
    def shown(self) -> bool:
        """Whether there is a face in this turn's frame for the model to see."""
        return self.arrived is not None and self.arrived.frame.obstacle is None


def compared_with(enrolled: Enrolled | None) -> tuple[Floats | None, int | None]:
    """Template and number of windows as the core takes them."""
    return (None, None) if enrolled is None else (enrolled.template, enrolled.windows)


def step_together(turns: list[Turn]) -> dict[str, list[Verdict]]:
    """The verdicts of each turn by its key; one step for each verifier, of which there are two while bundles change."""
    by_verifier: dict[int, list[Turn]] = {}
    for turn in turns:
        by_verifier.setdefault(id(turn.lane.verifier), []).append(turn)
    verdicts: dict[str, list[Verdict]] = {}
    for together in by_verifier.values():
        batch = [(turn.lane.stream, turn.arrived.frame) for turn in together if turn.arrived is not None]
        given = together[0].lane.verifier.step(batch)
        verdicts |= zip((turn.key for turn in together), given, strict=True)
    return verdicts
