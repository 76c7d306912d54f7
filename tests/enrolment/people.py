"""Clips for tests of enrolment: windows of people whose embeddings a test chooses."""

from collections.abc import Sequence

import numpy as np

from guard.core.items import Floats, Measurement, Reason
from guard.enrolment.clips import Clip
from guard.enrolment.progress import Needs

HORIZON = 16
NEEDS = Needs(seconds=1.28, windows=4, motion=0.5, agreement=-2.0, lead=2.5, likeness=4.0)
LENIENT = Needs(seconds=0.9, windows=2, motion=0.0, agreement=-99.0, lead=99.0, likeness=99.0)
"""For people who are enrolled in tests of anything but their quality."""


def window(
    slot: int, embedding: Floats | None = None, *, reason: Reason | None = None, run: int = 0, motion: float = 1.0
) -> Measurement:
    """A window that ends at `slot`; with a reason it has no embedding."""
    kept = None if reason else np.ones(256, np.float32) / 16 if embedding is None else embedding
    return Measurement(slot / 25, HORIZON, kept, reason, motion, 0.0, run, slot)


def around(direction: int, spread: float, seed: int = 0, count: int = 8) -> Floats:
    """Unit vectors (count, 256) about an axis; the larger the `spread`, the farther from it and from each other."""
    noise = np.random.default_rng(seed).normal(size=(count, 256)) / 16
    rows = np.eye(256)[direction] + spread * noise
    return np.asarray(rows / np.linalg.norm(rows, axis=1, keepdims=True), np.float32)


def clip(embeddings: Sequence[Floats] | Floats, label: str = "a", motion: float = 1.0) -> Clip:
    """A clip whose windows share no frame, one for each embedding."""
    return overlapping(embeddings, HORIZON, label, motion)


def overlapping(embeddings: Sequence[Floats] | Floats, every: int, label: str = "a", motion: float = 1.0) -> Clip:
    """A clip with a window every so many frames, one for each embedding."""
    slots = [HORIZON - 1 + every * number for number in range(len(embeddings))]
    return Clip(label, label, [window(slot, one, motion=motion) for slot, one in zip(slots, embeddings, strict=True)])
