"""Training: it learns, and a resumed run is the run that was never interrupted."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from guard.core.errors import InputError
from trainer.models.fingerprint import Architecture
from trainer.presets import PRESETS
from trainer.training import Training

pytestmark = pytest.mark.slow

TINY = replace(PRESETS["cpu"], identities=2, clips=2, frames=4, steps=6, warmup=2, learning_rate=1e-3)


def batch(step: int) -> tuple[np.ndarray, np.ndarray]:
    """Noise, brighter or darker from frame to frame by a rule of the driver's own."""
    rng = np.random.default_rng(step)
    labels = np.array([0, 0, 1, 1])
    swing = np.where(labels[:, None] == 0, [0, 1, 0, 1], [0, 0, 1, 1])[:, :, None, None]
    return (rng.integers(0, 60, (4, 4, 128, 128)) + 120 * swing).astype(np.uint8), labels


def advanced(training: Training, steps: int) -> Training:
    for _ in range(steps):
        training.advance(*batch(training.step))
    return training


def test_six_steps_are_three_and_after_a_checkpoint_three_more_to_the_bit(tmp_path: Path) -> None:
    straight = advanced(Training(TINY, seed=1), 6).model.state_dict()
    first = advanced(Training(TINY, seed=1), 3)
    first.save(tmp_path / "checkpoint.pt", {"step": 3})
    torch.manual_seed(99)  # dropout must go on where it was, not where this process happens to be
    resumed = advanced(Training.load(tmp_path / "checkpoint.pt"), 3)
    assert resumed.step == 6
    for name, value in resumed.model.state_dict().items():
        assert torch.equal(value, straight[name]), name


def test_the_same_seed_starts_the_same_and_another_one_otherwise() -> None:
    weights = [Training(TINY, seed).model.head.mlp[0].weight for seed in (1, 1, 2)]
    assert torch.equal(weights[0], weights[1])
    assert not torch.equal(weights[0], weights[2])


def test_drivers_are_told_apart_after_a_few_steps() -> None:
    training = Training(replace(TINY, steps=20), seed=0)
    losses = [training.advance(*batch(step)) for step in range(16)]
    assert np.mean(losses[-3:]) < 0.6 * np.mean(losses[:3])


def test_warm_up_reaches_the_optimiser() -> None:
    training, rates = Training(TINY, seed=0), []
    for step in range(3):
        training.advance(*batch(step))
        rates.append(training.optimiser.param_groups[0]["lr"])
    assert rates[:2] == pytest.approx([0.5e-3, 1e-3])


def test_bfloat16_keeps_the_weights_in_float32() -> None:
    training = Training(replace(TINY, precision="bfloat16"), seed=0)
    assert np.isfinite(training.advance(*batch(0)))
    assert {parameter.dtype for parameter in training.model.parameters()} == {torch.float32}


def test_embedding_takes_clips_in_parts_and_leaves_dropout_out() -> None:
    training, frames = Training(TINY, seed=0), batch(0)[0]
    whole, parts = training.embed(frames), training.embed(frames, at_once=3)
    np.testing.assert_allclose(parts, whole, rtol=0, atol=1e-5)
    np.testing.assert_allclose(training.embed(frames), whole, rtol=0, atol=1e-6)


def test_a_checkpoint_keeps_which_network_it_is_of(tmp_path: Path) -> None:
    static = Training(TINY, 0, Architecture("STATIC", "ResNet18"))
    static.save(tmp_path / "checkpoint.pt", {})
    loaded = Training.load(tmp_path / "checkpoint.pt")
    assert loaded.model.architecture == Architecture("STATIC", "ResNet18")
    np.testing.assert_array_equal(loaded.embed(batch(0)[0]), static.embed(batch(0)[0]))


def test_parts_of_a_batch_are_gone_on_with_exactly_too(tmp_path: Path) -> None:
    parted = replace(TINY, at_once=2)
    straight = advanced(Training(parted, seed=1), 2).model.state_dict()
    advanced(Training(parted, seed=1), 1).save(tmp_path / "checkpoint.pt", {})
    resumed = advanced(Training.load(tmp_path / "checkpoint.pt"), 1).model.state_dict()
    assert all(torch.equal(value, straight[name]) for name, value in resumed.items())
    whole = advanced(Training(TINY, seed=1), 2).model.state_dict()
    assert not torch.equal(whole["head.net.1.running_mean"], straight["head.net.1.running_mean"])


def test_saving_leaves_no_half_file(tmp_path: Path) -> None:
    Training(TINY, seed=0).save(tmp_path / "checkpoint.pt", {})
    assert [path.name for path in tmp_path.iterdir()] == ["checkpoint.pt"]


def test_a_checkpoint_of_another_network_is_one_line(tmp_path: Path) -> None:
    path = tmp_path / "checkpoint.pt"
    Training(TINY, seed=0).save(path, {})
    state = torch.load(path, weights_only=True)
    name = next(iter(state["model"]))
    torch.save(state | {"model": state["model"] | {name: torch.zeros(3, 3)}}, path)
    with pytest.raises(
        InputError, match=r"checkpoint\.pt: is of another network than this trainer makes; begin a new run"
    ):
        Training.load(path)
