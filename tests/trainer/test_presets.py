"""Presets: the paper's is Table I."""

import pytest

from trainer.presets import PRESETS


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
