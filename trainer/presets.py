"""What a training run is made of, and five ways to fill it in."""

from dataclasses import dataclass
from typing import Literal

Precision = Literal["float32", "bfloat16", "float16"]


@dataclass(frozen=True)
class Preset:
    """One training run. Lengths are in optimiser steps and frames."""

    identities: int
    clips: int
    frames: int
    steps: int
    warmup: int
    checkpoint_every: int
    """Steps between checkpoints, each with a validation AUC."""
    precision: Precision
    device: Literal["cpu", "cuda"]
    block_clips: int
    """Clips of each driver rendered into a block; batches take `clips` of them."""
    block_frames: int
    """Frames of a rendered clip; batches take `frames` of them from a random start."""
    reuse: int
    """Steps for each block rendered. Rendering costs as much as training, so a block serves several steps."""
    kept_blocks: int
    """Newest blocks that a batch may come from."""
    clean: float = 1.0
    """Strength of the channel in the first step."""
    ramp: int = 0
    """Steps until the channel has its whole strength."""
    learning_rate: float = 1e-3
    floor: float = 0.01
    """Learning rate at the end, as a share of its peak."""
    weight_decay: float = 1e-4
    clip_norm: float = 1.0
    temperature: float = 0.07
    at_once: int | None = None
    """Clips in memory at a time, at most; None for all of a process's. Fewer cost a second pass, see gradients.py."""

    @property
    def frames_per_step(self) -> int:
        """Frames that one optimiser step learns from, on all devices together."""
        return self.identities * self.clips * self.frames


PRESETS = {
    # Table I of the paper: 150 epochs of 200 steps, 5 of them warm-up.
    "paper": Preset(16, 8, 64, 30_000, 1_000, 200, "float16", "cuda", 8, 64, reuse=1, kept_blocks=1),
    # bfloat16 helps only on processors with AVX512-BF16 or AMX; elsewhere it is eight times slower than float32.
    "cpu": Preset(
        identities=12,
        clips=3,
        frames=24,
        steps=360,
        warmup=20,
        checkpoint_every=80,
        precision="float32",
        device="cpu",
        block_clips=6,
        block_frames=64,
        reuse=4,
        kept_blocks=12,
        clean=0.15,
        ramp=200,
        learning_rate=2e-3,
    ),
    # What `trainer headstart` wrote is trained on, encoder included, with the channel at its whole strength.
    "tune": Preset(
        identities=12,
        clips=3,
        frames=32,
        steps=240,
        warmup=20,
        checkpoint_every=60,
        precision="float32",
        device="cpu",
        block_clips=6,
        block_frames=64,
        reuse=4,
        kept_blocks=12,
        learning_rate=5e-4,
    ),
    # For `trainer reproduce` without a GPU: what a table takes is said before it starts.
    "small": Preset(
        identities=8,
        clips=3,
        frames=64,
        steps=150,
        warmup=10,
        checkpoint_every=25,
        precision="float32",
        device="cpu",
        block_clips=6,
        block_frames=64,
        reuse=4,
        kept_blocks=12,
    ),
    "gpu": Preset(32, 4, 64, 6_000, 200, 200, "bfloat16", "cuda", 6, 96, reuse=4, kept_blocks=16),
}
