"""The benchmark of training: its arithmetic, and that it runs what it says."""

import pytest
import torch

from trainer import benchtraining
from trainer.benchtraining import bench_training, figures, learn, taking_turns


def test_speeds_are_frames_over_seconds_and_the_share_is_of_the_products_speed() -> None:
    found = figures({"ours": 2.0, "loop": 8.0, "product": 0.5}, frames=128, step_flops=3e9, product_flops=2e9)
    assert found == {
        "train_frames_per_s": 64.0,
        "train_loop_frames_per_s": 16.0,
        "train_ratio": 4.0,
        "train_matrix_share": 0.375,
    }


def test_works_take_turns_and_the_first_round_does_not_count(monkeypatch: pytest.MonkeyPatch) -> None:
    times = iter([900.0, 900.0, 1000.0, 10.0, 3000.0, 30.0, 2000.0, 20.0])
    turns: list[str] = []

    def timed(work: object) -> float:
        assert callable(work)
        work()
        return next(times)

    monkeypatch.setattr(benchtraining, "milliseconds", timed)
    works = {name: lambda name=name: turns.append(name) for name in ("a", "b")}
    assert taking_turns(works, rounds=3) == {"a": 2.0, "b": 0.02}
    assert turns == ["a", "b"] * 4


def test_learning_reaches_every_weight() -> None:
    layer = torch.nn.Linear(3, 2)
    learn(lambda: layer(torch.ones(2, 3)), "cpu")
    assert layer.weight.grad is not None


@pytest.mark.slow
def test_it_measures_both_ways_of_training() -> None:
    found = bench_training("cpu", rounds=1, frames=3)
    assert found["train_ratio"] == pytest.approx(found["train_frames_per_s"] / found["train_loop_frames_per_s"])
    assert found.pop("train_precision") == "float32"
    assert min(found.values()) > 0
