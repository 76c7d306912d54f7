"""Presets: the paper's is Table I, and each of them can be trained with."""

from dataclasses import replace

import numpy as np
import pytest

from trainer.presets import PRESETS
from trainer.training import Training


def test_the_papers_preset_is_its_table_1() -> None:
    paper = PRESETS["paper"]
    assert (paper.identities, paper.clips, paper.frames) == (16, 8, 64)
    assert (paper.steps, paper.warmup) == (150 * 200, 5 * 200)
    assert (paper.learning_rate, paper.weight_decay, paper.clip_norm) == (1e-3, 1e-4, 1.0)
    assert (paper.temperature, paper.precision) == (0.07, "float16")


@pytest.mark.parametrize("name", PRESETS)
def test_blocks_hold_what_batches_take(name: str) -> None:
    preset = PRESETS[name]
    assert preset.block_clips >= preset.clips
    assert preset.block_frames >= preset.frames
    assert preset.warmup < preset.steps


def test_a_step_learns_from_the_frames_of_all_clips() -> None:
    assert PRESETS["paper"].frames_per_step * PRESETS["paper"].steps == 245_760_000  # the 246 M


@pytest.mark.slow
@pytest.mark.parametrize("name", PRESETS)
def test_a_small_one_of_each_makes_a_step(name: str) -> None:
    # Half precision is what its device is there for; the rest of the preset stays.
    small = replace(PRESETS[name], identities=2, clips=2, frames=2, device="cpu", precision="float32")
    training = Training(small, seed=0)
    before = training.model.head.mlp[0].weight.detach().clone()
    frames = np.random.default_rng(0).integers(0, 256, (4, 2, 128, 128), dtype=np.uint8)
    assert np.isfinite(training.advance(frames, np.array([0, 0, 1, 1])))
    assert training.gradient_norm > 0
    assert not np.array_equal(training.model.head.mlp[0].weight.detach(), before)
