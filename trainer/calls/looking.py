"""What the guard measures of a clip, of all horizons at every moment at which a verdict would be due."""

from collections.abc import Iterable, Iterator
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from guard.core.extractor import Engine
from guard.core.items import Cut, Frame, GridFrame, Measurement
from guard.core.obstacle import obstacle
from guard.core.stream import Stream
from guard.core.verifier import Settings
from trainer.calls.bank import HORIZONS, Person, Recording
from trainer.calls.films import Film, Films


def measured(films: Films, engine: Engine, settings: Settings) -> Person:
    """All films of a person through the guard's own grid, stream and engine."""
    recordings = tuple(looked_at(film, engine, settings) for film in films.films)
    return Person(films.kind, films.number, films.face, recordings)


def looked_at(film: Film, engine: Engine, settings: Settings) -> Recording:
    """One film."""
    frames = map(Frame, film.pictures, film.time.tolist())
    moments = list(_moments(frames, engine, settings))
    first = [looks[0] for looks in moments]
    count, size = len(moments), 256
    empty = np.zeros(size, np.float32)
    embeddings = [[empty if look.embedding is None else look.embedding for look in looks] for looks in moments]
    return Recording(
        label=film.label,
        time=np.array([look.time for look in first]),
        run=np.array([look.run for look in first]),
        slot=np.array([look.slot for look in first]),
        motion=_column(moments, "motion"),
        filler=_column(moments, "filler"),
        smoothness=_column(moments, "smoothness"),
        reason=np.array([[str(look.reason or "") for look in looks] for looks in moments], "U20"),
        embedding=np.array(embeddings, np.float32).reshape(count, len(HORIZONS), size),
    )


def _column(moments: list[list[Measurement]], name: str) -> NDArray[np.float64]:
    """(N, H), NaN for None."""
    return np.array([[getattr(look, name) for look in looks] for looks in moments], float)


def _moments(frames: Iterable[Frame], engine: Engine, settings: Settings) -> Iterator[list[Measurement]]:
    """One look for each horizon, every `verdict_stride` grid frames."""
    stream = Stream(engine.state_size, max(HORIZONS), None, opted_out=False, edge=settings.edge)
    for frame in frames:
        stream.pace.put(frame.time)
        for event in stream.take(frame):
            if isinstance(event, Cut):
                stream.end_run(event)
                continue
            step = engine.step(event.pixels[None], stream.state[None])
            stream.advance(event, step.state[0], step.column[0], step.start[0])
            if (event.slot + 1 - max(HORIZONS)) % settings.verdict_stride == 0:
                yield _looks(stream, event, engine, settings)


def _looks(stream: Stream, frame: GridFrame, engine: Engine, settings: Settings) -> list[Measurement]:
    """The windows of all horizons that end with the stream's newest frame, embedded in one call of the engine."""
    looks = [_look(stream, frame, horizon, settings) for horizon in HORIZONS]
    fit = [place for place, look in enumerate(looks) if look.reason is None]
    if fit:
        pooled = np.stack([stream.window.pooled(looks[place].horizon) for place in fit])
        differences = np.array([looks[place].horizon - 1 for place in fit], np.float32)
        states = np.repeat(stream.state[None], len(fit), axis=0)
        for place, embedding in zip(fit, engine.project(states, pooled, differences), strict=True):
            looks[place] = replace(looks[place], embedding=embedding)
    return looks


def _look(stream: Stream, frame: GridFrame, horizon: int, settings: Settings) -> Measurement:
    motion = stream.history.motion(horizon) if stream.window.holds(horizon) else None
    filler = stream.history.filler(horizon) if stream.window.holds(horizon) else None
    smoothness = stream.history.smoothness(horizon) if stream.window.holds(horizon) else None
    reason = obstacle(motion, filler, stream.pace, settings.motion_floor)
    place = (stream.cuts, frame.slot)
    return Measurement(frame.time, horizon, None, reason, motion, filler, *place, smoothness=smoothness)
