"""What a new frame costs, against computing its whole window again: medians of interleaved runs on one thread."""

from collections.abc import Callable
from itertools import cycle
from statistics import median
from time import perf_counter
from typing import Protocol

import numpy as np

from guard.core.extractor import Engine, StepOutput
from guard.core.items import FPS, SIZE, Floats, Frame, Gray
from guard.core.recollection import MODES, Recollection
from guard.core.scoring import EMBEDDING
from guard.core.sketch import CHECK, KEPT, Sketch
from guard.core.verifier import Settings, Verifier
from guard.core.window import COLUMN, Window

HORIZON = 64
"""Frames of the window that is computed again, the paper's."""
HORIZONS = (16, 32, 64, 128)
ROUNDS = 15
STEPS = 20
"""Steps in a round: about as long as a tenth of the whole window, so that both see the same state of the machine."""


class ClipEngine(Engine, Protocol):
    """An engine that can also compute a whole window at once."""

    def embed_clip(self, frames: Gray) -> Floats:
        """Embeddings (B, 256) of whole windows (B, T, 128, 128) uint8."""


class NullEngine:
    """Answers at once, so that what is left is the core's own cost."""

    state_size = 1

    def step(self, frames: Gray, state: Floats) -> StepOutput:
        columns = np.zeros((len(frames), COLUMN), np.float32)
        return StepOutput(state, columns, columns)

    def project(self, state: Floats, pooled: Floats, differences: Floats) -> Floats:
        return np.ones((len(state), EMBEDDING), np.float32)


def measure(engine: ClipEngine, settings: Settings, rounds: int = ROUNDS) -> dict[str, float | int | str]:
    """Milliseconds, by name; the engine is to run on one thread.

    `step_ms` is from a new frame to the embedding of its window: step graph and projection graph, though a service
    needs the second for every fifth frame only. `core_ms` is what grid, window, score and decision add to a frame, a
    young sketch included; `sketch_ms` is what a frame costs the sketch of a long call of somebody well known.
    `one_horizon_ms` and `four_horizons_ms` are what it takes to sum and to project the windows of one horizon and of
    HORIZONS; `further_horizon` is what each further one adds to a frame on average, as a share of a step.
    """
    clip = textures(HORIZON)
    state = np.zeros((1, engine.state_size), np.float32)
    pooled = np.ones((1, COLUMN), np.float32)
    differences = np.full(1, HORIZON - 1, np.float32)
    tasks: dict[str, tuple[Callable[[], object], int]] = {
        "step_graph_ms": (lambda: engine.step(clip[:1], state), STEPS),
        "projection_ms": (lambda: engine.project(state, pooled, differences), STEPS),
        "clip_ms": (lambda: engine.embed_clip(clip[None]), 1),
        "core_ms": (frame_by_frame(Verifier(NullEngine(), settings), clip), STEPS),
        "one_horizon_ms": (embedded(engine, (HORIZON,), settings.edge), STEPS),
        "four_horizons_ms": (embedded(engine, HORIZONS, settings.edge), STEPS),
        "sketch_ms": (sketching(clip, settings.verdict_stride), CHECK),
    }
    times = interleaved(tasks, rounds)
    step = times["step_graph_ms"] + times["projection_ms"]
    further = (times["four_horizons_ms"] - times["one_horizon_ms"]) / (len(HORIZONS) - 1)
    return {
        "model_id": settings.model_id,
        "horizon": HORIZON,
        "threads": 1,
        "rounds": rounds,
        "step_ms": round(step, 4),
        **times,
        "ratio": round(times["clip_ms"] / step, 1),
        "further_horizon": round(further / settings.verdict_stride / times["step_graph_ms"], 4),
    }


def measure_clips(engine: ClipEngine, settings: Settings, rounds: int = ROUNDS) -> dict[str, float | int | str]:
    """The same of a model without a step: `clip_ms`, a window of its longest horizon, is what each score costs."""
    horizon = max(settings.horizons)
    clip = textures(horizon)
    tasks: dict[str, tuple[Callable[[], object], int]] = {
        "clip_ms": (lambda: engine.embed_clip(clip[None]), 1),
        "core_ms": (frame_by_frame(Verifier(NullEngine(), settings), clip), STEPS),
    }
    facts = {"model_id": settings.model_id, "horizon": horizon, "threads": 1, "rounds": rounds}
    return {**facts, **interleaved(tasks, rounds)}


def interleaved(tasks: dict[str, tuple[Callable[[], object], int]], rounds: int) -> dict[str, float]:
    """Median milliseconds of each task, which is repeated so many times a round; the first round only warms up."""
    samples: dict[str, list[float]] = {name: [] for name in tasks}
    for _ in range(rounds + 1):
        for name, (task, times) in tasks.items():
            start = perf_counter()
            for _ in range(times):
                task()
            samples[name].append((perf_counter() - start) * 1e3 / times)
    return {name: round(median(sample[1:]), 4) for name, sample in samples.items()}


def embedded(engine: Engine, horizons: tuple[int, ...], edge: int) -> Callable[[], object]:
    """A task that embeds the windows of these horizons that end with the newest frame of one stream, in one call."""
    window, state = Window(max(horizons), edge), np.zeros(engine.state_size, np.float32)
    for _ in range(max(horizons)):
        window.push(np.ones(COLUMN, np.float32), np.ones(COLUMN, np.float32))
    differences = np.array(horizons, np.float32) - 1

    def embed() -> object:
        pooled = np.stack([window.pooled(horizon) for horizon in horizons])
        return engine.project(np.stack([state] * len(horizons)), pooled, differences)

    return embed


def frame_by_frame(verifier: Verifier, clip: Gray) -> Callable[[], object]:
    """A task that gives the next frame of an endless stream to the verifier."""
    stream = verifier.open(np.ones(EMBEDDING, np.float32))
    order = np.random.default_rng(0)  # a loop would not be scored
    count = 0

    def next_frame() -> object:
        nonlocal count
        count += 1
        return verifier.step([(stream, Frame(clip[order.integers(len(clip))], count / FPS))])

    return next_frame


def sketching(clip: Gray, stride: int) -> Callable[[], object]:
    """A task that gives the next frame to a sketch whose memories are full, and asks every `stride` frames."""
    order = np.random.default_rng(0)
    rows = order.integers(-50, 50, (KEPT, MODES)).astype(np.int8)
    sketch = Sketch(Recollection.of(rows, KEPT))
    sketch.remember(rows)
    due = cycle([True] + [False] * (stride - 1))

    def next_frame() -> object:
        sketch.push(clip[order.integers(len(clip))])
        return next(due) and sketch.stands_still(HORIZON)

    return next_frame


def textures(frames: int) -> Gray:
    """(frames, 128, 128) uint8 of smooth random shapes that move, as neighbours in feature space matter to the cost."""
    random = np.random.default_rng(1)
    coarse = random.uniform(0, 255, (SIZE // 4 + frames, SIZE // 4))
    fine = np.kron(coarse, np.ones((4, 4)))
    return np.stack([fine[n : n + SIZE] for n in range(frames)]).astype(np.uint8)
