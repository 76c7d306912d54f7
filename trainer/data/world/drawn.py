"""Drawn faces: invented portraits, painted with OpenCV from landmark geometry; as many as one has seeds."""

import cv2
import numpy as np
from numpy.typing import NDArray

from trainer.data.world import mesh
from trainer.data.world.faces import Face, drawn_landmarks
from trainer.data.world.prior import Prior

_SHIFT = 4  # sub-pixel bits of OpenCV's drawing coordinates

Canvas = NDArray[np.float32]
Points = NDArray[np.float32]


def drawn_face(seed: int, size: int = 128, prior: Prior | None = None) -> Face:
    """Face number `seed`: bone structure, tones, hair, light and background differ; the same at every `size`."""
    rng = np.random.default_rng([seed, 3])
    landmarks = drawn_landmarks(rng, prior or Prior.load())
    skin = float(rng.uniform(85.0, 205.0))
    dark = float(rng.uniform(15.0, 0.75 * skin))
    canvas = _background(rng, 2 * size)
    points = landmarks * 2 * size
    unit = float(np.ptp(points[:, 1]))  # pixels in a face height
    _body(canvas, rng, points, unit, skin, dark)
    _skin(canvas, rng, points, unit, skin)
    _nose(canvas, rng, points, unit, skin)
    for eye, iris, brow in (
        (mesh.LEFT_EYE, mesh.LEFT_IRIS, mesh.LEFT_BROW),
        (mesh.RIGHT_EYE, mesh.RIGHT_IRIS, mesh.RIGHT_BROW),
    ):
        _eye(canvas, points[list(eye)], points[list(iris)], unit, skin)
        _brow(canvas, rng, points[list(brow)], unit, min(dark, 0.6 * skin))
    _lips(canvas, points, unit, skin * float(rng.uniform(0.55, 0.85)))
    _fringe(canvas, rng, points, unit, dark)
    _light(canvas, rng)
    small = cv2.resize(canvas, (size, size), interpolation=cv2.INTER_AREA)
    return Face(np.clip(small, 0, 255).astype(np.uint8), landmarks)


def _fill(canvas: Canvas, outline: Points, tone: float, blur: float = 0.0, strength: float = 1.0) -> None:
    """Paint the inside of `outline` (K, 2) pixels with `tone`, its edge softened by `blur` pixels."""
    mask = np.zeros(canvas.shape, np.uint8)
    cv2.fillPoly(mask, [np.round((outline - 0.5) * (1 << _SHIFT)).astype(np.int32)], 255, cv2.LINE_AA, _SHIFT)
    _blend(canvas, mask, tone, blur, strength)


def _stroke(canvas: Canvas, path: Points, tone: float, width: float, blur: float = 0.0, strength: float = 1.0) -> None:
    """Draw a line along `path` (K, 2) pixels, `width` pixels wide."""
    mask = np.zeros(canvas.shape, np.uint8)
    line = np.round((path - 0.5) * (1 << _SHIFT)).astype(np.int32)
    cv2.polylines(mask, [line], False, 255, max(1, round(width)), cv2.LINE_AA, _SHIFT)
    _blend(canvas, mask, tone, blur, strength)


def _blend(canvas: Canvas, mask: NDArray[np.uint8], tone: float, blur: float, strength: float) -> None:
    soft = cv2.GaussianBlur(mask, (0, 0), blur) if blur > 0.3 else mask
    canvas += (tone - canvas) * (np.asarray(soft, np.float32) * (strength / 255.0))


def _ring(centre: Points, radii: tuple[float, float], wobble: NDArray[np.float64]) -> Points:
    """An ellipse (64, 2) with a few harmonics of `wobble` (K,) on its radius."""
    angle = np.linspace(0.0, 2.0 * np.pi, 64, endpoint=False)
    waves = 1.0 + sum(size * np.cos((order + 2) * angle + order) for order, size in enumerate(wobble))
    ellipse = np.stack([np.cos(angle) * radii[0], np.sin(angle) * radii[1]], axis=1)
    return (centre + ellipse * waves[:, None]).astype(np.float32)


def _cloud(rng: np.random.Generator, size: int, cells: int) -> Canvas:
    """Smooth noise (size, size) with standard deviation 1 and features of size/cells pixels."""
    coarse = rng.standard_normal((cells, cells)).astype(np.float32)
    return np.asarray(cv2.resize(coarse, (size, size), interpolation=cv2.INTER_CUBIC), np.float32)


def _background(rng: np.random.Generator, size: int) -> Canvas:
    """A wall or a room out of focus: a gradient, a few soft boxes, a little cloud."""
    canvas = np.full((size, size), rng.uniform(40.0, 220.0), np.float32)
    for _ in range(int(rng.integers(0, 6))):
        left, top = rng.uniform(-0.2, 0.9, 2) * size
        width, height = rng.uniform(0.15, 0.6, 2) * size
        box = np.array([[left, top], [left + width, top], [left + width, top + height], [left, top + height]], np.float32)
        _fill(canvas, box, float(rng.uniform(20.0, 235.0)), blur=size * float(rng.uniform(0.005, 0.03)), strength=0.7)
    return canvas + _cloud(rng, size, 6) * float(rng.uniform(1.0, 8.0))


def _body(canvas: Canvas, rng: np.random.Generator, points: Points, unit: float, skin: float, dark: float) -> None:
    """Hair behind the head, shoulders, neck and ears."""
    middle, chin = points.mean(axis=0), points[152]
    length = float(rng.choice([0.62, 0.7, 1.0]))
    hair = _ring(middle - [0.0, 0.12 * unit], (0.56 * unit, length * unit), rng.normal(0.0, 0.02, 5))
    if length > 0.9 or rng.random() < 0.6:
        _fill(canvas, hair, dark, blur=0.01 * unit)
    shoulders = _ring(chin + [0.0, 0.75 * unit], (rng.uniform(0.9, 1.2) * unit, 0.55 * unit), rng.normal(0.0, 0.01, 3))
    _fill(canvas, shoulders, float(rng.uniform(15.0, 230.0)), blur=0.01 * unit)
    neck = np.array([[-0.22, -0.2], [0.22, -0.2], [0.26, 0.3], [0.0, 0.42], [-0.26, 0.3]], np.float32) * unit + chin
    _fill(canvas, neck, 0.78 * skin, blur=0.015 * unit)
    for corner in (234, 454):
        _fill(canvas, _ring(points[corner] + [0.0, 0.03 * unit], (0.05 * unit, 0.12 * unit), np.zeros(1)), 0.85 * skin)


def _skin(canvas: Canvas, rng: np.random.Generator, points: Points, unit: float, skin: float) -> None:
    """The head with its shading: brow and socket shadows, cheeks, jaw, and blotches that let motion be seen."""
    oval = points[list(mesh.OVAL)]
    _fill(canvas, oval, 0.72 * skin, blur=0.006 * unit)
    inner = oval.mean(axis=0) + (oval - oval.mean(axis=0)) * 0.86
    _fill(canvas, inner, skin, blur=0.06 * unit)
    for eye in (mesh.LEFT_EYE, mesh.RIGHT_EYE):
        middle = points[list(eye)].mean(axis=0)
        _fill(canvas, _ring(middle, (0.13 * unit, 0.075 * unit), np.zeros(1)), 0.72 * skin, blur=0.03 * unit, strength=0.7)
    for cheek in (50, 280):
        glow = float(rng.uniform(0.95, 1.15)) * skin
        _fill(canvas, _ring(points[cheek], (0.1 * unit, 0.08 * unit), np.zeros(1)), glow, blur=0.04 * unit, strength=0.6)
    folds = ((129, 203, 206, 216), (358, 423, 426, 436))
    depth = float(rng.uniform(0.1, 0.6))
    for fold in folds:
        _stroke(canvas, points[list(fold)], 0.6 * skin, 0.015 * unit, blur=0.012 * unit, strength=depth)
    grain = _cloud(rng, len(canvas), 40) * rng.uniform(0.01, 0.03) + _cloud(rng, len(canvas), 90) * rng.uniform(0.01, 0.025)
    mask = np.zeros(canvas.shape, np.uint8)
    cv2.fillPoly(mask, [oval.round().astype(np.int32)], 1)
    canvas += skin * grain * mask
    for _ in range(int(rng.integers(0, 7))):  # moles and freckles
        spot = points[int(rng.integers(0, 468))]
        _fill(canvas, _ring(spot, (0.008 * unit, 0.008 * unit), np.zeros(1)), 0.5 * skin, strength=0.7)


def _nose(canvas: Canvas, rng: np.random.Generator, points: Points, unit: float, skin: float) -> None:
    """A bright ridge, a shadow on one side, a base and nostrils."""
    ridge = points[list(mesh.NOSE_RIDGE)]
    side = float(rng.choice([-1.0, 1.0]))
    _stroke(canvas, ridge + [side * 0.05 * unit, 0.0], 0.68 * skin, 0.04 * unit, blur=0.02 * unit, strength=0.7)
    _stroke(canvas, ridge, min(250.0, 1.18 * skin), 0.025 * unit, blur=0.012 * unit, strength=0.7)
    _stroke(canvas, points[list(mesh.NOSE_BASE)], 0.5 * skin, 0.02 * unit, blur=0.012 * unit, strength=0.7)
    for wing in (64, 294):
        _fill(canvas, _ring(points[wing], (0.02 * unit, 0.03 * unit), np.zeros(1)), 0.62 * skin, blur=0.01 * unit)
    for nostril in (97, 326):
        _fill(canvas, _ring(points[nostril], (0.022 * unit, 0.012 * unit), np.zeros(1)), 0.3 * skin, blur=0.006 * unit)


def _eye(canvas: Canvas, outline: Points, iris: Points, unit: float, skin: float) -> None:
    """White, iris, pupil and highlight cut to the lids, then the lids' lines."""
    eye = np.full_like(canvas, min(235.0, 1.15 * skin + 25.0))
    radius = max(float(np.linalg.norm(iris[1:] - iris[0], axis=1).mean()), 0.028 * unit)
    for share, tone in ((1.0, 70.0), (0.5, 12.0)):
        _fill(eye, _ring(iris[0], (radius * share, radius * share), np.zeros(1)), tone)
    _fill(eye, _ring(iris[0] - 0.35 * radius, (0.25 * radius, 0.25 * radius), np.zeros(1)), 250.0)
    mask = np.zeros(canvas.shape, np.uint8)
    cv2.fillPoly(mask, [np.round((outline - 0.5) * (1 << _SHIFT)).astype(np.int32)], 255, cv2.LINE_AA, _SHIFT)
    canvas += (eye - canvas) * (mask.astype(np.float32) / 255.0)
    _stroke(canvas, np.concatenate([outline[8:], outline[:1]]), 0.25 * skin, 0.014 * unit, blur=0.004 * unit)
    _stroke(canvas, outline[:9], 0.55 * skin, 0.008 * unit, blur=0.004 * unit, strength=0.7)
    _stroke(canvas, outline[8:] - [0.0, 0.03 * unit], 0.6 * skin, 0.008 * unit, blur=0.006 * unit, strength=0.6)


def _brow(canvas: Canvas, rng: np.random.Generator, outline: Points, unit: float, tone: float) -> None:
    """A band through the brow's landmarks, thick in the middle."""
    lower, upper = outline[:5], outline[:4:-1]
    middle = (lower + upper[[4, 3, 2, 1, 0]][::-1]) / 2 if len(upper) == 5 else lower
    _fill(canvas, cv2.convexHull(outline.astype(np.float32))[:, 0], tone, blur=0.008 * unit, strength=float(rng.uniform(0.6, 0.95)))
    _stroke(canvas, middle, tone, 0.012 * unit, blur=0.004 * unit, strength=0.5)


def _lips(canvas: Canvas, points: Points, unit: float, tone: float) -> None:
    """Lips, a light on the lower one, and the line between them."""
    _fill(canvas, points[list(mesh.LIPS_OUTER)], tone, blur=0.006 * unit)
    _fill(canvas, _ring((points[14] + points[17]) / 2, (0.06 * unit, 0.012 * unit), np.zeros(1)), 1.25 * tone, blur=0.01 * unit, strength=0.7)
    _fill(canvas, points[list(mesh.LIPS_INNER)], 0.3 * tone, blur=0.003 * unit)
    _stroke(canvas, points[list(mesh.LIPS_INNER[10:])] * 0.5 + points[list(mesh.LIPS_INNER[10::-1][:10])] * 0.5, 0.35 * tone, 0.01 * unit)
    _stroke(canvas, points[[84, 17, 314]] + [0.0, 0.03 * unit], 0.8 * tone, 0.015 * unit, blur=0.012 * unit, strength=0.4)


def _fringe(canvas: Canvas, rng: np.random.Generator, points: Points, unit: float, dark: float) -> None:
    """Hair over the top of the forehead, or none."""
    if rng.random() < 0.15:
        return
    top = points[10] - [0.0, 0.08 * unit]
    reach, drop = float(rng.uniform(0.4, 0.5)), float(rng.uniform(0.1, 0.2))
    part = float(rng.uniform(-0.25, 0.25))
    across = np.linspace(-reach, reach, 24)
    line = drop * np.abs((across - part) / reach) ** 1.5 * rng.uniform(0.6, 1.8) + 0.06 + 0.01 * rng.standard_normal(24)
    lower = np.stack([across, line], axis=1)[::-1]
    upper = np.stack([across * 1.12, -0.16 * np.sqrt(np.maximum(1.0 - (across / reach) ** 2, 0.0)) - 0.02], axis=1)
    _fill(canvas, (np.concatenate([upper, lower]) * unit + top).astype(np.float32), dark, blur=0.008 * unit)
    for offset in rng.uniform(-0.9 * reach, 0.9 * reach, 14):
        strand = np.array([[offset * 0.8, -0.1], [offset, 0.02], [offset * 1.05, 0.07]], np.float32) * unit + top
        _stroke(canvas, strand, dark + float(rng.uniform(-15.0, 40.0)), 0.01 * unit, blur=0.006 * unit, strength=0.5)


def _light(canvas: Canvas, rng: np.random.Generator) -> None:
    """Light from somewhere: a linear gradient over the whole picture, and the sensor's grain."""
    size = len(canvas)
    angle, strength = rng.uniform(0.0, 2.0 * np.pi), rng.uniform(0.0, 0.45)
    line = np.linspace(-1.0, 1.0, size, dtype=np.float32)
    canvas *= 1.0 + np.float32(strength) * (np.cos(angle) * line[None, :] + np.sin(angle) * line[:, None]).astype(np.float32)
    canvas += _cloud(rng, size, 128) * float(rng.uniform(0.5, 3.0))
