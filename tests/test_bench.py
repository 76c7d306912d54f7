"""The benchmark: what it runs, in which order, and how it adds up. Never how fast."""

from collections.abc import Callable
from itertools import pairwise

import numpy as np
import pytest

from guard.bench import HORIZON, NullEngine, interleaved, measure, measure_clips, textures
from guard.core.items import Floats, Gray
from tests.core.fakes import FakeEngine, whole_clip
from tests.core.helpers import settings


class FakeClipEngine(FakeEngine):
    def __init__(self) -> None:
        super().__init__()
        self.clips: list[tuple[int, ...]] = []

    def embed_clip(self, frames: Gray) -> Floats:
        self.clips.append(frames.shape)
        return np.stack([whole_clip(clip) for clip in frames]).astype(np.float32)


def test_measures_a_step_against_the_whole_window() -> None:
    engine = FakeClipEngine()
    costs = measure(engine, settings(horizons=(16, 64)), rounds=2)
    assert engine.clips == [(1, 64, 128, 128)] * 3  # one more to warm up
    assert len(engine.steps) == 3 * 20
    assert (engine.projections.count(1), engine.projections.count(4)) == (2 * 3 * 20, 3 * 20)
    further = (float(costs["four_horizons_ms"]) - float(costs["one_horizon_ms"])) / 3
    assert costs["further_horizon"] == pytest.approx(further / 5 / float(costs["step_graph_ms"]), abs=2e-4)
    assert (costs["model_id"], costs["threads"], costs["rounds"], costs["horizon"]) == ("test", 1, 2, HORIZON)
    assert costs["step_ms"] == pytest.approx(float(costs["step_graph_ms"]) + float(costs["projection_ms"]), abs=1e-3)
    assert costs["ratio"] == pytest.approx(float(costs["clip_ms"]) / float(costs["step_ms"]), rel=0.05)
    assert float(costs["core_ms"]) > 0


def test_of_a_model_without_a_step_the_longest_window_is_measured() -> None:
    engine = FakeClipEngine()
    costs = measure_clips(engine, settings(horizons=(16, 32)), rounds=2)
    assert engine.clips == [(1, 32, 128, 128)] * 3
    assert not engine.steps
    assert costs.keys() == {"model_id", "horizon", "threads", "rounds", "clip_ms", "core_ms"}
    assert (costs["model_id"], costs["horizon"]) == ("test", 32)


def test_tasks_take_turns_and_the_first_round_does_not_count() -> None:
    order: list[str] = []
    tasks: dict[str, tuple[Callable[[], object], int]] = {}
    tasks["a"] = (lambda: order.append("a"), 2)
    tasks["b"] = (lambda: order.append("b"), 1)
    times = interleaved(tasks, rounds=3)
    assert "".join(order) == "aab" * 4
    assert times.keys() == {"a", "b"}


def test_pictures_of_the_benchmark_move_and_fill_the_range() -> None:
    pictures = textures(8)
    assert pictures.shape == (8, 128, 128)
    assert pictures.dtype == np.uint8
    assert all((one != other).any() for one, other in pairwise(pictures))
    assert pictures.std() > 50


def test_null_engine_answers_in_the_shapes_of_a_real_one() -> None:
    output = NullEngine().step(np.zeros((3, 128, 128), np.uint8), np.zeros((3, 1), np.float32))
    assert (output.state.shape, output.column.shape, output.start.shape) == ((3, 1), (3, 512), (3, 512))
    embeddings = NullEngine().project(output.state, output.column, np.ones(3, np.float32))
    assert embeddings.shape == (3, 256)
