"""The only one that touches streams: frames in, batched steps of the model in one thread, verdicts out."""

import asyncio
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

import structlog

from guard.core.errors import EngineError
from guard.core.items import Cut, Floats, Frame, Verdict
from guard.core.stream import Stream
from guard.core.verifier import Verifier
from guard.lane import Arrived, Lane, Turn
from guard.metrics import Metrics

BATCH = 16
"""Streams of one step at most: the engine's largest batch."""
FAILURES = 3
"""Failed steps in a row after which the engine counts as dead. One failure may pass: it costs its streams their run."""
HOLD_BACK = 1.0
"""Seconds that a sender is held back for want of room, before its run is cut like anyone's."""

Publish = Callable[[str, Verdict], None]
log = structlog.get_logger()


class Worker:
    """Opens, feeds and closes streams on the event loop; `run` steps them. Every method is for the loop's thread."""

    def __init__(self, verifier: Verifier, metrics: Metrics, clock: Callable[[], float] = time.monotonic) -> None:
        self._verifier = verifier
        self._metrics = metrics
        self._clock = clock
        self._lanes: dict[str, Lane] = {}
        # Closes and templates, carried out between steps. Never dropped; bounded by what callers await.
        self._mailbox: deque[Callable[[], None]] = deque()
        self._line: deque[str] = deque()  # keys of the ready lanes, the longest waiting first
        self._news = asyncio.Event()
        self._rested = asyncio.Condition()
        self._failures = 0  # failed steps since the last good one
        # When the step that is running began, in seconds of the clock; None between steps. A dead engine ends none.
        self.step_began: float | None = None
        self._thread = ThreadPoolExecutor(1, "engine")

    def open(self, key: str, template: Floats | None, *, opted_out: bool = False) -> None:
        """A new stream; it touches no other, so it does not wait for the step that is running."""
        lane = Lane(self._verifier.open(template, opted_out=opted_out))
        lane.room.set()
        self._lanes[key] = lane

    def close(self, key: str) -> None:
        """Forget the stream; what still waits for it is dropped and counted."""
        self._post(lambda: self._close(key))

    def set_template(self, key: str, template: Floats | None) -> None:
        """The claimed person was enrolled, enrolled anew or removed."""
        self._post(lambda: self._set_template(key, template))

    def _post(self, command: Callable[[], None]) -> None:
        self._mailbox.append(command)
        self._news.set()

    def _close(self, key: str) -> None:
        lane = self._lanes.pop(key, None)
        if lane is not None:
            self._metrics.frames_dropped.labels("closed").inc(len(lane.waiting))
            lane.room.set()

    def _set_template(self, key: str, template: Floats | None) -> None:
        if key in self._lanes:
            self._verifier.set_template(self._lanes[key].stream, template)

    def offer(self, key: str, frame: Frame, at: float) -> None:
        """Queue a frame that came at `at`. A full queue ends the run: what waited is dropped; this one begins anew."""
        lane = self._lanes.get(key)
        if lane is None:
            self._metrics.frames_dropped.labels("closed").inc()
            return
        dropped = lane.waiting.put(Arrived(frame, at))
        self._metrics.frames_dropped.labels("overflow").inc(dropped)
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
        if lane := self._lanes.get(key):
            with suppress(TimeoutError):
                await asyncio.wait_for(lane.room.wait(), HOLD_BACK)

    async def rest(self, *keys: str) -> None:
        """Wait until nothing waits for these streams, and the verdicts of all they sent are published."""
        async with self._rested:
            await self._rested.wait_for(lambda: not any(map(self._busy, keys)))

    def _busy(self, key: str) -> bool:
        lane = self._lanes.get(key)
        return lane is not None and (lane.ready or lane.stepping)

    def _line_up(self, key: str, lane: Lane) -> None:
        if not lane.ready:
            lane.ready = True
            self._line.append(key)
            self._news.set()

    async def run(self, publish: Publish) -> None:
        """Serve until cancelled. EngineError when the engine is dead; nothing is scored any more then."""
        while True:
            await self._news.wait()
            self._news.clear()
            self._read_mailbox()
            while batch := self._take():
                verdicts = await self._step(batch)
                self._publish(batch, verdicts, publish)
                self._read_mailbox()
                async with self._rested:
                    self._rested.notify_all()

    def shutdown(self) -> None:
        """Give the thread back once `run` has ended."""
        self._thread.shutdown(wait=False)

    def _read_mailbox(self) -> None:
        while self._mailbox:
            self._mailbox.popleft()()

    def _take(self) -> list[Turn]:
        """A turn for each of the first lanes in line, with at most one frame of each."""
        lanes: list[tuple[str, Lane]] = []
        while self._line and len(lanes) < BATCH:
            key = self._line.popleft()
            if lane := self._lanes.get(key):
                lane.ready, lane.stepping = False, True
                lanes.append((key, lane))
        turns = [Turn(key, lane, self._next(lane)) for key, lane in lanes]
        for turn in turns:
            if turn.lane.waiting:
                self._line_up(turn.key, turn.lane)
        return turns

    def _next(self, lane: Lane) -> Arrived | None:
        if not lane.waiting:
            return None
        cut, arrived = lane.waiting.take()
        lane.room.set()
        lane.elapsed = None
        if cut is not None:
            self._verifier.cut(lane.stream, cut)
            lane.count(self._metrics)
        return arrived

    async def _step(self, turns: list[Turn]) -> list[list[Verdict]]:
        """The verdicts of each turn, in the same order."""
        batch = [(turn.lane.stream, turn.arrived.frame) for turn in turns if turn.arrived is not None]
        stepped = iter(await self._run_engine(batch) if batch else [])
        return [next(stepped) if turn.arrived is not None else self._elapse(turn.lane) for turn in turns]

    async def _run_engine(self, batch: list[tuple[Stream, Frame]]) -> list[list[Verdict]]:
        """One step off the loop. A failure costs the streams of this batch their run; FAILURES in a row are raised."""
        self.step_began = self._clock()
        try:
            verdicts = await asyncio.get_running_loop().run_in_executor(self._thread, self._verifier.step, batch)
        except EngineError:
            self._failures += 1
            self._metrics.engine_failures.inc()
            self._metrics.frames_dropped.labels("engine").inc(len(batch))
            log.exception("engine failed", streams=len(batch), in_a_row=self._failures)
            if self._failures >= FAILURES:
                raise
            return [[] for _ in batch]
        finally:
            self._metrics.step_seconds.observe(self._clock() - self.step_began)
            self.step_began = None
        self._failures = 0
        return verdicts

    def _elapse(self, lane: Lane) -> list[Verdict]:
        if lane.elapsed is None:
            return []
        verdict = self._verifier.elapse(lane.stream, lane.elapsed)
        lane.elapsed = None
        return [verdict] if verdict is not None else []

    def _publish(self, turns: list[Turn], verdicts: list[list[Verdict]], publish: Publish) -> None:
        now = self._clock()
        for turn, made in zip(turns, verdicts, strict=True):
            turn.lane.stepping = False
            turn.lane.count(self._metrics)
            for verdict in made:
                self._count(verdict)
                if turn.arrived is not None:
                    self._metrics.verdict_latency.observe(now - turn.arrived.at)
                publish(turn.key, verdict)

    def _count(self, verdict: Verdict) -> None:
        if verdict.reason is None:
            self._metrics.windows_scored.inc()
        else:
            self._metrics.windows_unscored.labels(verdict.reason).inc()
        if verdict.decision_changed:
            self._metrics.decisions.labels(verdict.decision).inc()
