"""Tuning: a few steps of a finished network's head on the user's own people and on the simulated world in turn.

The encoder reads motion, which a few people cannot teach it to do better; which motion tells people apart is the
head's. Each step's loss is half of the people's clips and half of the world's, apart: contrasted with each other, the
two would be told by their pictures.
"""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import torch
from torch import Tensor, nn
from tqdm import tqdm

from trainer.blocks import Batch, WorldFiles, draw_batch
from trainer.losses import supervised_contrastive
from trainer.models.clips import FoldedClip
from trainer.presets import PRESETS, Preset
from trainer.schedule import learning_rate_factor

TUNING = replace(
    PRESETS["tune"],
    identities=8,
    steps=60,
    warmup=6,
    block_clips=4,
    kept_blocks=4,
    learning_rate=2e-4,
    weight_decay=0.0,
)
"""A tenth of the learning rate of a run from scratch. Of fewer people than `identities` a batch has all."""
WORLD_SHARE = 0.5
"""Of the loss, so that what was known is not forgotten."""

Batches = Callable[[int], Batch]
"""The batch of a step."""
_WORLD_SEED = 9
"""Keeps these random numbers apart from those of everything else that is drawn from the run's seed."""


def world_batches(files: WorldFiles, preset: Preset, seed: int) -> Batches:
    """Batches of the simulated world, from a few blocks of drivers that are rendered here and now, and kept."""
    rng, world = np.random.default_rng((seed, _WORLD_SEED)), files.world()
    blocks = [
        world.batch(rng, preset.identities, preset.block_clips, preset.block_frames)
        for _ in tqdm(range(preset.kept_blocks), unit="block", desc="rendering")
    ]

    def batch(step: int) -> Batch:
        drawn = np.random.default_rng((seed, _WORLD_SEED, step))
        return draw_batch(blocks[int(drawn.integers(len(blocks)))], preset, drawn)

    return batch


def tune(clip: FoldedClip, people: Batches, world: Batches, preset: Preset, seed: int) -> None:
    """Change the head of `clip` by so many steps; the encoder stays as it is. The last state counts, none is picked."""
    torch.manual_seed(seed)
    # The folded head of convolutions keeps its weights as buffers; the other has a buffer of places, to be left alone.
    weights = [weight for weight in (*clip.head.parameters(), *clip.head.buffers()) if weight.is_floating_point()]
    optimiser = torch.optim.AdamW(weights, preset.learning_rate, weight_decay=preset.weight_decay)
    clip.head.train()
    for weight in weights:
        weight.requires_grad_()
    with tqdm(range(preset.steps), unit="step", desc="tuning") as bar:
        for step in bar:
            factor = learning_rate_factor(step, preset.warmup, preset.steps, preset.floor)
            optimiser.param_groups[0]["lr"] = preset.learning_rate * factor
            losses = [contrast(clip, batches(step), preset.temperature) for batches in (people, world)]
            optimiser.zero_grad()
            ((1 - WORLD_SHARE) * losses[0] + WORLD_SHARE * losses[1]).backward()
            nn.utils.clip_grad_norm_(weights, preset.clip_norm)
            optimiser.step()
            bar.set_postfix(people=f"{losses[0].item():.3f}", world=f"{losses[1].item():.3f}")
    for weight in weights:
        weight.requires_grad_(False)
    clip.eval()


def contrast(clip: FoldedClip, batch: Batch, temperature: float) -> Tensor:
    """The loss of a batch, through the head alone."""
    frames, labels = batch
    with torch.no_grad():
        features = torch.stack([clip.encoder(one) for one in torch.from_numpy(frames)])
    return supervised_contrastive(clip.embed(features), torch.from_numpy(labels), temperature)
