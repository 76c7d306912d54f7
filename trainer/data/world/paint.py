"""Painting on a gray canvas: soft-edged shapes and smooth noise. Places and widths are pixels, tones grey levels."""

import cv2
import numpy as np
from numpy.typing import NDArray

_SHIFT = 4  # sub-pixel bits of OpenCV's drawing coordinates

Canvas = NDArray[np.float32]
"""(S, S) float32, 0..255."""

Points = NDArray[np.float32]
"""(K, 2) x and y in pixels."""


def inside(canvas: Canvas, outline: Points) -> NDArray[np.uint8]:
    """Mask (S, S) uint8: 255 inside `outline`, its edge antialiased."""
    mask = np.zeros(canvas.shape, np.uint8)
    cv2.fillPoly(mask, [np.round((outline - 0.5) * (1 << _SHIFT)).astype(np.int32)], 255, cv2.LINE_AA, _SHIFT)
    return mask


def fill(canvas: Canvas, outline: Points, tone: float, blur: float = 0.0, strength: float = 1.0) -> None:
    """Paint the inside of `outline` with `tone`, its edge softened by `blur`."""
    blend(canvas, inside(canvas, outline), tone, blur, strength)


def stroke(canvas: Canvas, path: Points, tone: float, width: float, blur: float = 0.0, strength: float = 1.0) -> None:
    """Draw a line along `path`."""
    mask = np.zeros(canvas.shape, np.uint8)
    line = np.round((path - 0.5) * (1 << _SHIFT)).astype(np.int32)
    cv2.polylines(mask, [line], False, 255, max(1, round(width)), cv2.LINE_AA, _SHIFT)
    blend(canvas, mask, tone, blur, strength)


def blend(
    canvas: Canvas, mask: NDArray[np.uint8], tone: float | Canvas, blur: float = 0.0, strength: float = 1.0
) -> None:
    """Mix `tone` (one or one per pixel) into the canvas where the mask, softened by `blur`, says."""
    soft = cv2.GaussianBlur(mask, (0, 0), blur) if blur > 0.3 else mask
    canvas += (tone - canvas) * (np.asarray(soft, np.float32) * np.float32(strength / 255.0))


def ring(centre: Points, width: float, height: float, wobble: NDArray[np.float64] | None = None) -> Points:
    """An ellipse (64, 2) of half axes `width` and `height`; `wobble` (K,) are harmonics of its radius."""
    angle = np.linspace(0.0, 2.0 * np.pi, 64, endpoint=False)
    ellipse = np.stack([np.cos(angle) * width, np.sin(angle) * height], axis=1)
    for order, size in enumerate(() if wobble is None else wobble):
        ellipse *= 1.0 + size * np.cos((order + 2) * angle + order)[:, None]
    return (centre + ellipse).astype(np.float32)


def beside(points: Points, right: float, down: float) -> Points:
    """The points, moved."""
    return points + np.array([right, down], np.float32)


def cloud(rng: np.random.Generator, size: int, cells: int) -> Canvas:
    """Smooth noise (size, size) of standard deviation about 1 with features of size/cells pixels."""
    coarse = rng.standard_normal((cells, cells)).astype(np.float32)
    return np.asarray(cv2.resize(coarse, (size, size), interpolation=cv2.INTER_CUBIC), np.float32)
