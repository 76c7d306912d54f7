"""The only one that touches streams: frames in, batched steps of the model in one thread, verdicts out."""

import asyncio
import time
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from typing import TypeVar

from guard.aside import Aside
from guard.core.capacity import Capacity
from guard.core.items import Cut, Floats, Frame, Gray, Reason, Thresholds, Verdict
from guard.core.recollection import Rows
from guard.core.verifier import Verifier
from guard.dutycycle import DutyCycle
from guard.enginethreads import EngineThreads
from guard.gallery.items import Enrolled
from guard.lane import Arrived, Lane, Turn, compared_with
from guard.line import Line
from guard.metrics import Metrics
from guard.mirrorchecks import MirrorChecks
from guard.stepping import Stepping
from guard.swap import Swap

BATCH = 8
"""Frames that each thread steps together at most: larger ones outgrow the processor's caches and cost more."""
HOLD_BACK = 1.0
"""Seconds that a sender is held back for want of room, before its run is cut like anyone's."""

Publish = Callable[[str, Verdict], None]
Result = TypeVar("Result")


class Worker:
    """Opens, feeds and closes streams on the event loop; `run` steps them. Every method is for the loop's thread."""

    def __init__(
        self,
        verifier: Verifier,
        capacity: Capacity,
        metrics: Metrics,
        threads: int = 1,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._verifier = verifier  # judges streams that open from now on
        self._metrics = metrics
        self._clock = clock
        self.duty = DutyCycle(capacity, metrics)
        self._lanes: dict[str, Lane] = {}
        # Closes and templates, carried out between steps. Never dropped; bounded by what callers await.
        self._mailbox: deque[Callable[[], None]] = deque()
        self._line = Line(self._lanes, metrics)
        self._news = asyncio.Event()
        self._rested = asyncio.Condition()
        self._swap: Swap | None = None  # a bundle on its way in
        self._mirror_checks = MirrorChecks()  # that accusations wait for
        self._aside = Aside()  # steps of those who enrol
        self._engine = EngineThreads(threads, metrics, clock)
        self._stepping = Stepping(self._engine, self.duty, metrics, clock)

    @property
    def step_began(self) -> float | None:
        """When the step that is running began, in seconds of the clock; None between steps."""
        return self._engine.began

    @property
    def follows(self) -> bool:
        """Whether calls of who claims nobody can be compared with their opening."""
        return self._verifier.follows

    def open(
        self,
        key: str,
        enrolled: Enrolled | None,
        *,
        opted_out: bool = False,
        continuity: bool = False,
        thresholds: Thresholds | None = None,
    ) -> None:
        """A new stream; it touches no other, so it does not wait for the step that is running."""
        template, windows = compared_with(enrolled)
        stream = self._verifier.open(template, opted_out=opted_out, windows=windows, continuity=continuity)
        self._verifier.set_thresholds(stream, thresholds)
        lane = Lane(stream, self._verifier)
        lane.room.set()
        self._lanes[key] = lane

    def close(
        self,
        key: str,
        learned: Callable[[Floats], None] | None = None,
        moved: Callable[[Rows], None] | None = None,
    ) -> None:
        """Forget the stream; what still waits for it is dropped and counted.

        `learned` gets what it kept of the person, if any, and `moved` the sketch of its motion.
        """
        self._post(lambda: self._close(key, learned, moved))

    def remember(self, key: str, earlier: Rows) -> None:
        """Let the stream be compared with earlier calls of the claimed person, rows (N, 8); none: with none."""
        self._change(key, lambda lane: lane.verifier.remember(lane.stream, earlier))

    def learn(self, key: str) -> None:
        """Let the stream keep what it shows of the person."""
        self._change(key, lambda lane: lane.verifier.learn(lane.stream))

    def set_template(self, key: str, enrolled: Enrolled | None) -> None:
        """The claimed person was enrolled, enrolled anew or removed."""
        self._post(lambda: self._set_template(key, enrolled))

    def reclaim(
        self, key: str, enrolled: Enrolled | None, *, opted_out: bool, continuity: bool, done: Callable[[], None]
    ) -> None:
        """Another person is claimed; nothing measured counts for them. `done` once no verdict is on its way."""
        self._post(lambda: self._reclaim(key, enrolled, opted_out=opted_out, continuity=continuity, done=done))

    def set_thresholds(self, key: str, thresholds: Thresholds | None) -> None:
        """The stream is judged by these from now on; None: by those of the model."""
        self._post(lambda: self._set_thresholds(key, thresholds))

    def show(self, key: str, take: Callable[[Gray], None]) -> None:
        """Hand on the pictures (N, 128, 128) of the stream's window, oldest first; not of who opted out."""
        self._change(key, lambda lane: lane.show(take))

    def set_missing(self, key: str, reason: Reason) -> None:
        """Why there is no template, of a stream that has none."""
        self._change(key, lambda lane: lane.verifier.set_missing(lane.stream, reason))

    def set_opted_out(self, key: str, opted_out: bool) -> None:
        """The claimed person opted out while the stream ran, or took that back."""
        self._change(key, lambda lane: lane.verifier.set_opted_out(lane.stream, opted_out))

    def swap(
        self,
        verifier: Verifier,
        capacity: Capacity,
        templates: dict[str, Enrolled | None],
        thresholds: dict[str, Thresholds | None],
    ) -> asyncio.Future[None]:
        """Streams that open from now on are judged by `verifier`; those that run change over, each when it is ready.

        `templates` and `thresholds` are those of its model, of every stream that is open. The future resolves
        once all have changed over; the next swap has to wait for it.
        """
        self._verifier = verifier
        self.duty.capacity = capacity
        self._swap = Swap(verifier, templates, thresholds)
        self._news.set()
        return self._swap.done

    async def beside(self, work: Callable[[], Result]) -> Result:
        """What `work`, a step of no live stream, returns once live frames leave it room. Raises EngineError."""
        done = self._aside.put(work)
        self._news.set()
        return await done

    def _post(self, command: Callable[[], None]) -> None:
        self._mailbox.append(command)
        self._news.set()

    def _change(self, key: str, change: Callable[[Lane], None]) -> None:
        """Have the stream changed between two steps, if it has not been closed by then."""
        self._post(lambda: change(lane) if (lane := self._lanes.get(key)) else None)

    def _close(self, key: str, learned: Callable[[Floats], None] | None, moved: Callable[[Rows], None] | None) -> None:
        if lane := self._lanes.pop(key, None):
            lane.close(learned, moved, self._metrics)

    def _set_template(self, key: str, enrolled: Enrolled | None) -> None:
        if self._swap is not None and key in self._swap.templates:
            self._swap.templates[key] = enrolled  # it belongs to the model that the stream is changing to
        elif lane := self._lanes.get(key):
            lane.verifier.set_template(lane.stream, *compared_with(enrolled))

    def _set_thresholds(self, key: str, thresholds: Thresholds | None) -> None:
        if self._swap is not None and key in self._swap.templates:
            self._swap.thresholds[key] = thresholds
        elif lane := self._lanes.get(key):
            lane.verifier.set_thresholds(lane.stream, thresholds)

    def _reclaim(
        self, key: str, enrolled: Enrolled | None, *, opted_out: bool, continuity: bool, done: Callable[[], None]
    ) -> None:
        if lane := self._lanes.get(key):
            lane.verifier.follow(lane.stream, continuity)
            lane.verifier.set_template(lane.stream, None)  # a stream that changes its model has no other one yet
        self._set_template(key, enrolled)
        if lane:
            lane.verifier.set_opted_out(lane.stream, opted_out)
        done()

    def offer(self, key: str, frame: Frame, at: float) -> None:
        """Queue a frame that came at `at`. A full queue ends the run: what waited is dropped; this one begins anew."""
        lane = self._lanes.get(key)
        if lane is None:
            self._metrics.frames_dropped.labels("closed").inc()
            return
        lane.arrive(frame, at)
        dropped = lane.waiting.put(Arrived(frame, at))
        self._metrics.frames_dropped.labels("overflow").inc(dropped)
        if dropped:
            lane.overflowed = at
        if lane.waiting.full:
            lane.room.clear()
        self._line_up(key, lane)

    def cut(self, key: str, cut: Cut) -> None:
        """The run ends behind the frames that wait now."""
        if lane := self._lanes.get(key):
            lane.waiting.cut(cut)

    def elapse(self, key: str, time: float) -> None:
        """Stream time has come to `time` seconds without a frame."""
        if lane := self._lanes.get(key):
            lane.elapsed = time
            self._line_up(key, lane)

    async def room(self, key: str) -> None:
        """Wait until another frame fits, HOLD_BACK seconds at most: for senders that can be held back."""
        lane = self._lanes.get(key)
        if lane is not None and not lane.room.is_set():
            with suppress(TimeoutError):
                async with asyncio.timeout(HOLD_BACK):  # wait_for would lose a cancellation that comes with the room
                    await lane.room.wait()

    async def rest(self, *keys: str) -> None:
        """Wait until nothing waits for these streams, and the verdicts of all they sent are published."""
        async with self._rested:
            await self._rested.wait_for(lambda: not any(map(self._busy, keys)))

    def _busy(self, key: str) -> bool:
        lane = self._lanes.get(key)
        return lane is not None and (lane.ready or lane.stepping)

    def _line_up(self, key: str, lane: Lane) -> None:
        if self._line.join(key, lane):
            self._news.set()

    async def run(self, publish: Publish) -> None:
        """Serve until cancelled. EngineError when the engine is dead; nothing is scored any more then."""
        while True:
            await self._news.wait()
            self._news.clear()
            self._read_mailbox()
            while self._line or self._swap is not None or self._mirror_checks or self._aside:
                self.duty.review(self._lanes, self._clock())
                turns = self._line.take(BATCH * self._engine.count)
                self._publish(turns, await self._stepping.step(turns), publish)
                await self._run_others()
                self._read_mailbox()
                async with self._rested:
                    self._rested.notify_all()

    def shutdown(self) -> None:
        """Give the thread back once `run` has ended."""
        self._engine.stop()

    def _read_mailbox(self) -> None:
        while self._mailbox:
            self._mailbox.popleft()()

    async def _run_others(self) -> None:
        """What else the engine is for gets its share between two steps of live frames."""
        now = self._clock()
        if self._swap is not None and await self._swap.run(self._engine, self._lanes, now, idle=not self._line):
            self._swap = None
        await self._mirror_checks.run(self._engine, self._lanes, len(self._line))
        await self._aside.run(self._engine, now, idle=not self._line)

    def _publish(self, turns: list[Turn], verdicts: list[list[Verdict]], publish: Publish) -> None:
        now = self._clock()
        for turn, made in zip(turns, verdicts, strict=True):
            turn.lane.stepping = False
            turn.lane.count(self._metrics)
            self._mirror_checks.line_up(turn.key, turn.lane)
            for verdict in made:
                self._metrics.count_verdict(verdict)
                if turn.arrived is not None:
                    self._metrics.verdict_latency.observe(now - turn.arrived.at)
                publish(turn.key, verdict)
