"""Learning rate over a run: linear warm-up, then half a cosine down to a floor."""

import math


def learning_rate_factor(step: int, warmup: int, steps: int, floor: float) -> float:
    """Share of the peak learning rate at `step` (from 0); steps after the last keep the floor."""
    if step < warmup:
        return (step + 1) / warmup
    progress = min(1.0, (step - warmup) / max(1, steps - warmup))
    return floor + (1 - floor) * 0.5 * (1 + math.cos(math.pi * progress))
