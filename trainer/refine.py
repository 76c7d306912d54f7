"""Teach the head's last layers again, on many long windows at once, with everything before them as it is.

Training sees a few dozen short clips a step, because a frame costs milliseconds. The columns before the time mean are
the same whatever follows them, so they are computed once for many clips; a step on them costs next to nothing, and
SupCon can compare every clip with hundreds of others over whole windows.
"""

from collections.abc import Iterator

import numpy as np
import torch
from torch import Tensor, nn
from tqdm import trange

from trainer.blocks import WorldFiles
from trainer.data.world.world import World
from trainer.losses import supervised_contrastive
from trainer.models.fingerprint import Fingerprint
from trainer.models.head import pool_width

Columns = tuple[Tensor, Tensor]
"""Pooled columns (C, J, 512) float32 of C clips, and their labels (C,)."""

IDENTITIES, CLIPS, FRAMES = 24, 8, 80
"""Drivers and clips of each in a block, and frames of a clip."""
SHORTEST = 56
"""Fewest columns in a window: about those of 64 frames, and random so that no length is learned."""
LEARNING_RATE, WEIGHT_DECAY, TEMPERATURE = 1e-3, 1e-2, 0.07
_SEED = 5


@torch.no_grad()
def pooled_columns(model: Fingerprint, clips: Tensor) -> Tensor:
    """Clips (C, T, 128, 128) uint8 -> columns (C, T-1, 512), whose mean over time is what the MLP reads."""
    motion = torch.diff(model.features(clips), dim=1).transpose(1, 2)
    columns = model.head.net(motion).transpose(1, 2)
    return pool_width(columns.flatten(0, 1)).unflatten(0, columns.shape[:2])


def column_blocks(model: Fingerprint, files: WorldFiles, blocks: int) -> Iterator[Columns]:
    """Columns of `blocks` times IDENTITIES drivers of the training split, CLIPS clips of each."""
    world, rng = World(files.motion, files.targets), np.random.default_rng(_SEED)
    model.eval()
    for _ in trange(blocks, unit="block", desc="columns"):
        frames, labels = world.batch(rng, IDENTITIES, CLIPS, FRAMES)
        columns = [pooled_columns(model, part) for part in torch.from_numpy(frames).split(4)]
        yield torch.cat(columns), torch.from_numpy(labels)


def random_windows(columns: Tensor) -> Tensor:
    """The mean (C, 512) of a random stretch of each clip's columns, at least SHORTEST of them."""
    total = columns.shape[1]
    means = []
    for clip in columns:
        length = int(torch.randint(min(SHORTEST, total), total + 1, ()))
        start = int(torch.randint(total - length + 1, ()))
        means.append(clip[start : start + length].mean(dim=0))
    return torch.stack(means)


def refine(model: Fingerprint, blocks: list[Columns], steps: int) -> None:
    """Train `model.head.mlp` on whole blocks, and fit what standardises its input; nothing else changes.

    A block is a batch: drivers of different blocks may be the same people under other labels.
    """
    torch.manual_seed(_SEED)
    head = model.head
    means = torch.cat([columns.mean(dim=1) for columns, _ in blocks])
    head.standardise.running_mean.copy_(means.mean(dim=0))
    head.standardise.running_var.copy_(means.var(dim=0))
    optimiser = torch.optim.AdamW(head.mlp.parameters(), LEARNING_RATE, weight_decay=WEIGHT_DECAY)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, steps)
    model.eval()
    dropout = next(layer for layer in head.mlp if isinstance(layer, nn.Dropout))
    dropout.train()  # and nothing else: the statistics that standardise stay those of whole windows
    with trange(steps, unit="step", desc="refine") as bar:
        for _ in bar:
            columns, labels = blocks[int(torch.randint(len(blocks), ()))]
            loss = supervised_contrastive(head.project(random_windows(columns)), labels, TEMPERATURE)
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            schedule.step()
            bar.set_postfix(loss=f"{loss.item():.3f}")
    model.eval()
