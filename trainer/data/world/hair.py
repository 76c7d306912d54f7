"""Hair of drawn faces: what hangs behind the head and what grows over the forehead."""

import numpy as np

from trainer.data.world.mesh import OVAL
from trainer.data.world.paint import Canvas, Points, fill, ring, stroke

_BROWLINE = (
    356,
    389,
    251,
    284,
    332,
    297,
    338,
    10,
    109,
    67,
    103,
    54,
    21,
    162,
    127,
)  # over the forehead, temple to temple

_CROWN = 0.17  # how far hair stands above the uppermost landmark, face heights


def paint_hair_behind(canvas: Canvas, rng: np.random.Generator, points: Points, unit: float, tone: float) -> None:
    """A soft shape behind the head, down to the ears or the shoulders; some have none."""
    if rng.random() < 0.3:
        return
    length = float(rng.choice([0.62, 0.72, 0.95]))
    top = points[list(OVAL)].mean(axis=0)[0], points[10, 1] - _CROWN * unit
    centre = np.array([top[0], top[1] + length * unit], np.float32)
    width = float(rng.uniform(0.47, 0.58))
    fill(canvas, ring(centre, width * unit, length * unit, rng.normal(0.0, 0.012, 5)), tone, 0.012 * unit)


def paint_hair(canvas: Canvas, rng: np.random.Generator, points: Points, unit: float, tone: float) -> None:
    """Hair between the crown and a parted hairline, with strands; a few heads are bald."""
    if rng.random() < 0.1:
        return
    right, left = points[127], points[356]  # the temples
    middle, reach = (right + left) / 2, float(np.linalg.norm(left - right)) / 2
    height = float(middle[1] - points[10, 1]) + _CROWN * unit * float(rng.uniform(0.7, 1.1))
    dome = np.linspace(np.pi, 2.0 * np.pi, 32)
    crown = middle + np.stack([1.06 * reach * np.cos(dome), height * np.sin(dome)], axis=1)
    along, across = points[list(_BROWLINE)], np.linspace(1.0, -1.0, len(_BROWLINE))
    part, drop = float(rng.uniform(-0.5, 0.5)), float(rng.uniform(0.05, 0.3))
    depth = 0.06 + drop * np.abs(across - part) ** 1.3 * (1.0 - across**2) + 0.01 * rng.standard_normal(len(across))
    line = along + (middle - along) * depth[:, None]
    outline = np.concatenate([crown, line]).astype(np.float32)
    fill(canvas, outline, tone, 0.01 * unit)
    for start in rng.uniform(0.08, 0.92, 24):
        _strand(canvas, crown, line[::-1], float(start), tone + float(rng.uniform(-20.0, 45.0)), unit)


def _strand(canvas: Canvas, crown: Points, line: Points, start: float, tone: float, unit: float) -> None:
    """One lighter or darker line from the crown to the hairline."""
    root, tip = crown[round(start * (len(crown) - 1))], line[round(start * (len(line) - 1))]
    ends = np.stack([root, (root + tip) / 2 + [0.02 * unit, 0.0], tip])
    stroke(canvas, ends.astype(np.float32), tone, 0.012 * unit, 0.008 * unit, 0.5)
