"""A bundle made ready to judge streams: checked, loaded into an engine, and timed."""

from dataclasses import dataclass
from pathlib import Path
from statistics import median
from time import perf_counter

import numpy as np

from guard.bench import textures
from guard.bundle import Bundle
from guard.core.capacity import Capacity
from guard.core.verifier import Engine, Settings
from guard.core.window import COLUMN
from guard.engine import BATCHES, OnnxEngine

ROUNDS = 5
"""Times that each batch size is run; the median counts, and one more run before warms up."""


@dataclass(frozen=True, slots=True)
class Model:
    """What runs a bundle, what the core needs to know of it, and what it costs on this machine."""

    engine: Engine
    settings: Settings
    capacity: Capacity


def load_model(path: Path | None, threads: int) -> Model:
    """The bundle at `path`, the one shipped inside for None; takes a second.

    Raises BundleError, InputError for a bundle that has no step, EngineError when its graphs do not run.
    """
    bundle = Bundle.load(path) if path else Bundle.default()
    bundle.check_steps("bundle")
    engine = OnnxEngine(bundle, threads)
    settings = bundle.settings()
    costs = {frames: seconds_of_step(engine, frames, settings.verdict_stride) for frames in BATCHES}
    return Model(engine, settings, Capacity(costs))


def seconds_of_step(engine: Engine, frames: int, stride: int) -> float:
    """Seconds of a step of so many streams, one in `stride` of which is due for an embedding."""
    pictures = textures(frames)
    state = np.zeros((frames, engine.state_size), np.float32)
    pooled, differences = np.ones((frames, COLUMN), np.float32), np.full(frames, 63, np.float32)
    steps, projections = [], []
    for _ in range(ROUNDS + 1):
        began = perf_counter()
        state = engine.step(pictures, state).state
        stepped = perf_counter()
        engine.project(state, pooled, differences)
        steps.append(stepped - began)
        projections.append(perf_counter() - stepped)
    return median(steps[1:]) + median(projections[1:]) / stride
