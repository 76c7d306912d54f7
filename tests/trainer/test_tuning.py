"""Tuning a head: what changes, what does not, and that both sources of clips count."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from guard.bundle import Bundle
from tests.trainer.models.helpers import lively_model
from trainer.blocks import Batch, WorldFiles
from trainer.losses import supervised_contrastive
from trainer.models.clips import FoldedClip, folded_clip
from trainer.models.fingerprint import PAPER
from trainer.reopening import reopened
from trainer.tuning import TUNING, contrast, tune, world_batches

pytestmark = pytest.mark.slow

TINY = replace(TUNING, steps=30, warmup=1, learning_rate=1e-3)
LABELS = np.array([0, 0, 1, 1])


def opened() -> FoldedClip:
    """The shipped network: a random one embeds everything alike."""
    return reopened(Bundle.default())


@torch.no_grad()
def headed_by_convolutions() -> FoldedClip:
    """The paper's network with random weights."""
    return folded_clip(lively_model(architecture=PAPER))


def batch(seed: int) -> Batch:
    """Two clips of one who sways and two of one who nods, on pictures of their own.

    With an even seed they are labelled as if each did both: who learns only the one gets worse at the other.
    """
    y, x = np.mgrid[0:128, 0:128] / 128
    clips = []
    for place, who in enumerate(LABELS):
        waves = np.random.default_rng((seed, place)).uniform(5, 25, 4)
        shift = 0.06 * np.sin(np.arange(14))
        moved = [(x + s, y) if who else (x, y + s) for s in shift]
        clips.append([np.sin(waves[0] * u + waves[1] * v) + np.cos(waves[2] * u - waves[3] * v) for u, v in moved])
    return (127 + 60 * np.array(clips)).astype(np.uint8), LABELS if seed % 2 else LABELS[[0, 2, 1, 3]]


def loss(clip: FoldedClip, seed: int) -> float:
    with torch.no_grad():
        return float(contrast(clip, batch(seed), TINY.temperature))


def test_the_loss_is_that_of_the_embeddings() -> None:
    clip, (frames, labels) = opened(), batch(1)
    with torch.no_grad():
        expected = supervised_contrastive(clip(torch.from_numpy(frames)), torch.from_numpy(labels), TINY.temperature)
    assert loss(clip, 1) == pytest.approx(float(expected), rel=1e-4)  # other batches, other near-ties


def test_the_head_learns_from_both_and_the_encoder_stays() -> None:
    clip = opened()
    before = {name: value.clone() for name, value in clip.state_dict().items()}
    losses = [loss(clip, seed) for seed in (1, 2)]
    tune(clip, lambda step: batch(1), lambda step: batch(2), TINY, seed=0)
    assert all(loss(clip, seed) < 0.5 * was for seed, was in zip((1, 2), losses, strict=True))
    same = {name for name, value in clip.state_dict().items() if torch.equal(value, before[name])}
    assert same == {name for name in before if name.startswith(("encoder.", "flow."))} | {"head.entry", "head.place"}
    assert not clip.head.training
    assert not any(weight.requires_grad for weight in (*clip.head.parameters(), *clip.head.buffers()))


def test_the_seed_gives_the_same_weights_again() -> None:
    """On the paper's head, of which some is dropped at random."""
    ends = []
    for seed in (0, 0, 1):
        clip = headed_by_convolutions()
        tune(clip, lambda step: batch(step), lambda step: batch(step + 9), replace(TINY, steps=2), seed)
        ends.append(clip.head.first)
    assert torch.equal(ends[0], ends[1])
    assert not torch.equal(ends[0], ends[2])


def test_a_step_of_the_world_is_the_same_whenever_it_is_asked_for() -> None:
    preset = replace(TINY, identities=2, clips=2, frames=3, block_clips=3, block_frames=5, kept_blocks=2)
    first, late = (world_batches(WorldFiles(), preset, seed=4) for _ in range(2))
    straight = [first(step) for step in range(3)]
    frames, labels = late(2)
    assert (frames.shape, labels.tolist()) == ((4, 3, 128, 128), straight[2][1].tolist())
    np.testing.assert_array_equal(frames, straight[2][0])
    assert len({shown.tobytes() for shown, _ in straight}) == 3
    assert sorted(np.bincount(labels, minlength=2).tolist()) == [2, 2]
