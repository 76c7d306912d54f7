"""What changes over a run: the learning rate, and how much the channel does to the pictures."""

import math


def learning_rate_factor(step: int, warmup: int, steps: int, floor: float) -> float:
    """Share of the peak learning rate at `step` (from 0); steps after the last keep the floor."""
    if step < warmup:
        return (step + 1) / warmup
    progress = min(1.0, (step - warmup) / max(1, steps - warmup))
    return floor + (1 - floor) * 0.5 * (1 + math.cos(math.pi * progress))


def channel_strength(step: int, clean: float, ramp: int) -> float:
    """Strength of the channel at `step`: from `clean` evenly to 1 within `ramp` steps (0: 1 from the start)."""
    return 1.0 if step >= ramp else clean + (1.0 - clean) * step / ramp
