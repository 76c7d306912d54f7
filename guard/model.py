"""A bundle made ready to judge streams: checked, loaded into an engine, and timed."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from time import perf_counter

import numpy as np

from guard.bench import textures
from guard.bundle import Bundle
from guard.core.capacity import Capacity
from guard.core.recalibration import Basis
from guard.core.verifier import Engine, Settings
from guard.core.window import COLUMN
from guard.engine import OnnxEngine
from guard.policy import PolicySettings, basis, governed

SIZES = (1, 2, 4, 8)
"""Frames of a thread's part of a step; see guard.worker.BATCH."""
ROUNDS = 3
"""Times that each size is run; the median counts, and one more run before warms up."""


@dataclass(frozen=True, slots=True)
class Model:
    """What runs a bundle, what the core needs to know of it, and what it costs on this machine."""

    engine: Engine
    settings: Settings
    capacity: Capacity
    # What thresholds of tenants are picked from; None: all have those of the settings.
    basis: Basis | None = None


def load_model(path: Path | None, threads: int, policy: PolicySettings) -> Model:
    """The bundle at `path`, the one shipped inside for None, to be run by so many threads at once; takes a second.

    Raises BundleError, InputError for a bundle that has no step, EngineError when its graphs do not run, SettingsError
    for a policy that it cannot keep.
    """
    bundle = Bundle.load(path) if path else Bundle.default()
    bundle.check_steps("bundle")
    engine, settings = OnnxEngine(bundle), governed(bundle, policy)
    stride, windows = settings.verdict_stride, len(settings.horizons)
    costs = {frames * threads: seconds_of_step(engine, frames, stride, threads, windows) for frames in SIZES}
    return Model(engine, settings, Capacity(costs), basis(bundle, policy))


def seconds_of_step(engine: Engine, frames: int, stride: int, threads: int, windows: int) -> float:
    """Seconds of a step of so many frames in each thread; one in `stride` is due for embeddings of so many windows."""
    pictures = textures(frames)
    state = np.zeros((frames, engine.state_size), np.float32)
    due = frames * windows
    states = np.zeros((due, engine.state_size), np.float32)
    pooled, differences = np.ones((due, COLUMN), np.float32), np.full(due, 63, np.float32)

    def one_of_many(_: int) -> float:
        began = perf_counter()
        for _ in range(stride):
            engine.step(pictures, state)
        engine.project(states, pooled, differences)
        return (perf_counter() - began) / stride

    with ThreadPoolExecutor(threads) as pool:
        rounds = [max(pool.map(one_of_many, range(threads))) for _ in range(ROUNDS + 1)]
    return median(rounds[1:])
