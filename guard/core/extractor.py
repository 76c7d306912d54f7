"""From frames to embeddings: many streams, stepped together through one engine."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import zip_longest
from typing import Protocol

import numpy as np

from guard.core.errors import EngineError
from guard.core.items import FPS, Cut, Floats, Frame, Gray, GridFrame, Measurement, Reason
from guard.core.obstacle import obstacle
from guard.core.scoring import EMBEDDING
from guard.core.stream import Stream
from guard.core.window import COLUMN

LEAST_FPS = 20.0
"""Frames a second that a source has to give unless the bundle says that it learned from fewer."""


@dataclass(frozen=True, slots=True, eq=False)
class StepOutput:
    """What one step gives for a batch of B streams: `state` (B, K), `column` and `start` (B, 512), all float32."""

    state: Floats
    column: Floats
    start: Floats


class Engine(Protocol):
    """The model. It keeps nothing between calls: what a stream's next step needs is in that stream's state."""

    @property
    def state_size(self) -> int:
        """K, the number of values in a stream's state; all zeros before the first frame of a run."""

    def step(self, frames: Gray, state: Floats) -> StepOutput:
        """Encode the next picture of each of B streams: `frames` (B, 128, 128) uint8, `state` (B, K) float32."""

    def project(self, state: Floats, pooled: Floats, differences: Floats) -> Floats:
        """Embeddings (B, 256) float32 of unit norm of the windows that end with each stream's newest frame.

        `state` (B, K); `pooled` (B, 512), start pair and interior columns summed; `differences` (B,), horizon less 1.
        """


class Extractor:
    """Turns frames into measurements: an embedding every `stride` grid frames, or the reason why there is none.

    All of `horizons` that the run fills are measured, in one call of the engine. The rhythm is such that the frame that
    completes the first window of the shortest is measured at once. `motion_floor` is in gray levels, see
    History.motion; frames of a source below `least_fps` are passed over. `edge` is the window's.
    Several threads may step at once, each with streams of its own.
    """

    def __init__(
        self,
        engine: Engine,
        horizons: Sequence[int],
        stride: int,
        motion_floor: float,
        least_fps: float = LEAST_FPS,
        *,
        edge: int,
    ) -> None:
        self._engine = engine
        self._horizons = sorted(horizons, reverse=True)
        self._stride = stride
        self._motion_floor = motion_floor
        self._least_fps, self._edge = least_fps, edge
        # Rooms for the states of one call side by side, those not in use. Kept, for fresh pages
        # take ten times as long as copying into them.
        self._rooms: list[Floats] = []

    def open(self, template: Floats | None = None, *, opted_out: bool = False) -> Stream:
        """A stream to be stepped by this extractor."""
        size, longest = self._engine.state_size, self._horizons[0]
        return Stream(size, longest, template, opted_out=opted_out, edge=self._edge)

    def step(self, batch: Sequence[tuple[Stream, Frame]]) -> list[list[Measurement]]:
        """Take at most one frame of each stream; return what was measured, by place in the batch, oldest first.

        A frame settles no slot of the grid, one or several; what streams have in common is done in one engine call.
        Raises EngineError: the runs that were being advanced are cut (GAP, their frames are lost), other streams go on.
        """
        if len({stream for stream, _ in batch}) < len(batch):
            raise AssertionError("frames of one stream follow each other, so they cannot be in one batch")
        measured: dict[Stream, list[Measurement]] = {}
        settled: dict[Stream, list[GridFrame | Cut]] = {}
        for stream, frame in batch:
            stream.pace.put(frame.time)
            passed_over = self._passed_over(stream, frame)
            measured[stream] = passed_over or []
            if passed_over is None:
                settled[stream] = stream.take(frame)
        try:
            for events in zip_longest(*settled.values()):
                for stream, measurement in self._follow_up(zip(settled, events, strict=True)):
                    measured[stream].append(measurement)
        except EngineError:
            for stream in settled:
                if settled[stream]:
                    stream.cut(Cut.GAP)
            raise
        return list(measured.values())

    def skip(self, stream: Stream, time: float, cut: Cut, reason: Reason) -> Measurement | None:
        """A frame of presentation `time` came that is not to be looked at: the run, if one goes on, ends with `cut`.

        Returns a measurement without an embedding in the rhythm of the others.
        """
        if stream.grid.running:
            stream.cut(cut)
        now = stream.grid.skip(time)
        if now is None:
            return None
        before, stream.skipped = stream.skipped, round(now * FPS) // self._stride
        return None if before == stream.skipped else Measurement(now, 0, None, reason, None, None, stream.cuts, 0)

    def _passed_over(self, stream: Stream, frame: Frame) -> list[Measurement] | None:
        """What is due of a frame that is not to be looked at; None for one that is."""
        if frame.obstacle is not None:
            measurement = self.skip(stream, frame.time, Cut.CROP_CHANGED, frame.obstacle)
        elif stream.pace.is_below(self._least_fps):
            measurement = self.skip(stream, frame.time, Cut.GAP, Reason.LOW_FRAME_RATE)
        else:
            return None
        return [measurement] if measurement is not None else []

    def show(self, stream: Stream, frame: GridFrame) -> None:
        """Advance the stream by a frame without looking at its window. Raises EngineError."""
        self._encode({stream: frame})

    def measurable(self, stream: Stream) -> int:
        """Frames of the longest window that ends with the stream's newest frame, 0 when it cannot be measured."""
        look = self._look(stream, 0.0, 0)
        return 0 if look.reason is not None else look.horizon

    def embed(self, stream: Stream, horizon: int) -> Floats:
        """The embedding (256,) of the window of the newest `horizon` frames. Raises EngineError."""
        embedding: Floats = self._embed([(stream, horizon)])[0]
        return embedding

    def _follow_up(
        self, events: Iterable[tuple[Stream, GridFrame | Cut | None]]
    ) -> Iterable[tuple[Stream, Measurement]]:
        """Do what one event of each stream asks for."""
        frames: dict[Stream, GridFrame] = {}
        for stream, event in events:
            if isinstance(event, Cut):
                stream.end_run(event)
            elif event is not None:
                frames[stream] = event
        self._encode({stream: frame for stream, frame in frames.items() if not stream.opted_out})
        return self._measure({stream: frame for stream, frame in frames.items() if self._is_due(frame)})

    def _is_due(self, frame: GridFrame) -> bool:
        return (frame.slot + 1 - self._horizons[-1]) % self._stride == 0

    def _encode(self, frames: dict[Stream, GridFrame]) -> None:
        """Advance each stream by its frame, in one call of the engine."""
        if not frames:
            return
        pictures = np.stack([frame.pixels for frame in frames.values()])
        with self._states(frames) as states:
            output = self._step(pictures, states)
        for row, (stream, frame) in enumerate(frames.items()):
            stream.advance(frame, output.state[row], output.column[row], output.start[row])

    def _measure(self, frames: dict[Stream, GridFrame]) -> Iterable[tuple[Stream, Measurement]]:
        """Look at the window that ends with each stream's frame; embed those that can be, in one call of the engine."""
        looks = {stream: self._look(stream, frame.time, frame.slot) for stream, frame in frames.items()}
        fit = [
            (stream, horizon)
            for stream, look in looks.items()
            for horizon in self._horizons
            if look.reason is None and horizon <= look.horizon
        ]
        found: dict[Stream, dict[int, Floats]] = {}
        for (stream, horizon), embedding in zip(fit, self._embed(fit), strict=True):
            found.setdefault(stream, {})[horizon] = embedding
        for stream, embeddings in found.items():
            longest = embeddings.pop(looks[stream].horizon)
            looks[stream] = replace(looks[stream], embedding=longest, shorter=embeddings)
        return looks.items()

    def _look(self, stream: Stream, time: float, slot: int) -> Measurement:
        """What can be said without the engine; a look without a reason is completed by an embedding."""
        horizon = next((horizon for horizon in self._horizons if stream.window.holds(horizon)), 0)
        motion = stream.history.motion(horizon) if horizon else None
        filler = stream.history.filler(horizon) if horizon else None
        smoothness = stream.history.smoothness(horizon) if horizon else None
        reason = Reason.OPTED_OUT if stream.opted_out else obstacle(motion, filler, stream.pace, self._motion_floor)
        reason = reason or stream.sketch.finding
        if reason is None and stream.sketch.stands_still(horizon):
            reason = Reason.NO_MOTION
        return Measurement(time, horizon, None, reason, motion, filler, stream.cuts, slot, smoothness=smoothness)

    def _embed(self, windows: list[tuple[Stream, int]]) -> Floats:
        """Embeddings, one row a window, of the windows of so many frames that end with each stream's newest frame."""
        if not windows:
            return np.empty((0, EMBEDDING), np.float32)
        pooled = np.stack([stream.window.pooled(horizon) for stream, horizon in windows])
        with self._states([stream for stream, _ in windows]) as states:
            return self._project(states, pooled, np.array([horizon for _, horizon in windows], np.float32) - 1)

    @contextmanager
    def _states(self, streams: Collection[Stream]) -> Iterator[Floats]:
        """The states of `streams`, (B, K), for as long as the block runs."""
        room = self._rooms.pop() if self._rooms else np.empty((0, self._engine.state_size), np.float32)
        if len(room) < len(streams):
            room = np.empty((len(streams), self._engine.state_size), np.float32)
        yield np.stack([stream.state for stream in streams], out=room[: len(streams)])
        self._rooms.append(room)  # of a call that failed it is let go

    def _step(self, pictures: Gray, states: Floats) -> StepOutput:
        try:
            output = self._engine.step(pictures, states)
        except Exception as error:  # whatever a runtime throws, for the caller it is one thing
            raise EngineError(f"a step failed: {error}") from error
        _expect(output.state, states.shape)
        for columns in (output.column, output.start):
            _expect(columns, (len(pictures), COLUMN))
            _expect_finite(columns)
        return output

    def _project(self, states: Floats, pooled: Floats, differences: Floats) -> Floats:
        try:
            embeddings = self._engine.project(states, pooled, differences)
        except Exception as error:
            raise EngineError(f"a projection failed: {error}") from error
        _expect(embeddings, (len(states), EMBEDDING))
        _expect_finite(embeddings)
        return embeddings


def _expect(values: Floats, shape: tuple[int, ...]) -> None:
    if values.shape != shape:
        raise EngineError(f"the model gave {values.shape} where {shape} was due")


def _expect_finite(values: Floats) -> None:
    # checked here because the activations that follow can turn a NaN into an ordinary number
    if not np.isfinite(values).all():
        raise EngineError("the model gave values that are not finite")
