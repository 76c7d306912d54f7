"""Drawn faces: invented portraits, painted from landmark geometry; as many as one has seeds."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from trainer.data.world import mesh
from trainer.data.world.faces import Face
from trainer.data.world.hair import paint_hair, paint_hair_behind
from trainer.data.world.mesh import INNER_LIP_BOTTOM, INNER_LIP_TOP
from trainer.data.world.paint import Canvas, Points, beside, blend, cloud, fill, inside, ring, stroke
from trainer.data.world.pose import POSE_CHANNELS
from trainer.data.world.prior import JAW, Prior

_REST_GAP = 0.015  # between the lips, face heights: displacements start from a speaker's median, not from closed lips


@dataclass(frozen=True)
class Sitter:
    """What painting needs: landmarks `points` (478, 2) and a face height `unit` in pixels, grey of skin and hair."""

    points: Points
    unit: float
    skin: float
    hair: float


def drawn_face(seed: int, size: int = 128, prior: Prior | None = None) -> Face:
    """Face number `seed`: bones, tones, hair, light and background differ; the same person at every `size`."""
    rng = np.random.default_rng([seed, 3])
    landmarks = _landmarks(rng, prior or Prior.load())
    skin = float(rng.uniform(80.0, 205.0))
    points = landmarks * 2 * size  # painted at twice the size, then reduced
    sitter = Sitter(points, float(np.ptp(points[:, 1])), skin, float(rng.uniform(15.0, 0.75 * skin)))
    canvas = _background(rng, 2 * size)
    paint_hair_behind(canvas, rng, sitter.points, sitter.unit, sitter.hair)
    _body(canvas, rng, sitter)
    _skin(canvas, rng, sitter)
    _blotches(canvas, rng, sitter)
    _nose(canvas, rng, sitter)
    _eye(canvas, sitter, points[list(mesh.LEFT_EYE)], points[list(mesh.LEFT_IRIS)])
    _eye(canvas, sitter, points[list(mesh.RIGHT_EYE)], points[list(mesh.RIGHT_IRIS)])
    _brows(canvas, rng, sitter)
    _lips(canvas, sitter, skin * float(rng.uniform(0.55, 0.85)))
    paint_hair(canvas, rng, sitter.points, sitter.unit, sitter.hair)
    _light(canvas, rng)
    small = cv2.resize(canvas, (size, size), interpolation=cv2.INTER_AREA)
    return Face(np.clip(small, 0, 255).astype(np.uint8), landmarks)


def _landmarks(rng: np.random.Generator, prior: Prior) -> NDArray[np.float32]:
    """Landmarks (478, 2) of an invented face, lips nearly closed, about the middle of the picture, in picture sides."""
    shape = prior.shape + np.tensordot(rng.normal(0.0, 0.9, len(prior.shape_basis)), prior.shape_basis, axes=1)
    jaw = prior.basis[JAW - POSE_CHANNELS]
    gap, step = (face[INNER_LIP_BOTTOM, 1] - face[INNER_LIP_TOP, 1] for face in (shape, jaw))
    flat = (shape - jaw * (gap - _REST_GAP) / step)[:, :2] * np.array([np.exp(rng.normal(0.0, 0.04)), 1.0])
    height, tilt = rng.uniform(0.48, 0.66), np.deg2rad(rng.normal(0.0, 4.0))
    turn = np.array([[np.cos(tilt), -np.sin(tilt)], [np.sin(tilt), np.cos(tilt)]])
    centre = np.array([0.5 + rng.normal(0.0, 0.025), 0.54 + rng.normal(0.0, 0.025)])
    return np.asarray(height * flat @ turn.T + centre, np.float32)


def _background(rng: np.random.Generator, size: int) -> Canvas:
    """A wall or a room out of focus: a tone, a few soft boxes, a little cloud."""
    canvas = np.full((size, size), rng.uniform(40.0, 220.0), np.float32)
    for _ in range(int(rng.integers(0, 6))):
        corner, sides = rng.uniform(-0.2, 0.9, 2), rng.uniform(0.15, 0.6, 2)
        box = (corner + sides * np.array([[0, 0], [1, 0], [1, 1], [0, 1]])) * size
        blur = size * float(rng.uniform(0.005, 0.03))
        fill(canvas, box.astype(np.float32), float(rng.uniform(20.0, 235.0)), blur, strength=0.7)
    return canvas + cloud(rng, size, 6) * float(rng.uniform(1.0, 8.0))


def _body(canvas: Canvas, rng: np.random.Generator, sitter: Sitter) -> None:
    """Shoulders, neck and ears."""
    unit, skin, chin = sitter.unit, sitter.skin, sitter.points[152]
    shoulders = ring(beside(chin, 0.0, 0.75 * unit), rng.uniform(0.9, 1.2) * unit, 0.55 * unit, rng.normal(0, 0.01, 3))
    cloth = float(rng.uniform(15.0, 230.0))
    fill(canvas, shoulders, cloth, 0.01 * unit)
    neck = np.array([[-0.22, -0.25], [0.22, -0.25], [0.25, 0.28], [0.0, 0.4], [-0.25, 0.28]], np.float32)
    fill(canvas, neck * unit + chin, 0.8 * skin, 0.015 * unit)
    fill(canvas, ring(beside(chin, 0.0, -0.05 * unit), 0.3 * unit, 0.12 * unit), 0.55 * skin, 0.04 * unit, 0.7)
    for corner in (234, 454):
        ear = ring(beside(sitter.points[corner], 0.0, 0.03 * unit), 0.05 * unit, 0.12 * unit)
        fill(canvas, ear, 0.8 * skin, 0.006 * unit)


def _skin(canvas: Canvas, rng: np.random.Generator, sitter: Sitter) -> None:
    """The head and its large shadows: sides, eye sockets, cheeks, the folds beside the mouth."""
    points, unit, skin = sitter.points, sitter.unit, sitter.skin
    oval = points[list(mesh.OVAL)]
    middle = oval.mean(axis=0)
    fill(canvas, oval, 0.78 * skin, 0.006 * unit)
    fill(canvas, middle + (oval - middle) * 0.82, skin, 0.08 * unit)
    for eye in (mesh.LEFT_EYE, mesh.RIGHT_EYE):
        socket = ring(points[list(eye)].mean(axis=0), 0.13 * unit, 0.075 * unit)
        fill(canvas, socket, 0.72 * skin, 0.03 * unit, 0.7)
    for cheek in (50, 280):
        glow = float(rng.uniform(0.95, 1.15)) * skin
        fill(canvas, ring(points[cheek], 0.1 * unit, 0.08 * unit), glow, 0.04 * unit, 0.6)
    depth = float(rng.uniform(0.1, 0.6))
    for fold in ((129, 203, 206, 216), (358, 423, 426, 436)):
        stroke(canvas, points[list(fold)], 0.6 * skin, 0.015 * unit, 0.012 * unit, depth)


def _blotches(canvas: Canvas, rng: np.random.Generator, sitter: Sitter) -> None:
    """Pores and moles: without texture on the skin its motion could not be seen."""
    size = len(canvas)
    grain = cloud(rng, size, 40) * rng.uniform(0.01, 0.03) + cloud(rng, size, 90) * rng.uniform(0.01, 0.025)
    textured = canvas + np.float32(sitter.skin) * grain.astype(np.float32)
    blend(canvas, inside(canvas, sitter.points[list(mesh.OVAL)]), textured)
    for spot in rng.integers(0, 468, int(rng.integers(0, 7))):
        mole = ring(sitter.points[spot], 0.008 * sitter.unit, 0.008 * sitter.unit)
        fill(canvas, mole, 0.5 * sitter.skin, strength=0.7)


def _nose(canvas: Canvas, rng: np.random.Generator, sitter: Sitter) -> None:
    """A bright ridge, a shadow on one side, a base and nostrils."""
    points, unit, skin = sitter.points, sitter.unit, sitter.skin
    ridge, side = points[list(mesh.NOSE_RIDGE)], float(rng.choice([-1.0, 1.0]))
    stroke(canvas, beside(ridge, side * 0.05 * unit, 0.0), 0.7 * skin, 0.04 * unit, 0.02 * unit, 0.7)
    stroke(canvas, ridge, min(250.0, 1.15 * skin), 0.025 * unit, 0.015 * unit, 0.6)
    stroke(canvas, points[list(mesh.NOSE_BASE)], 0.55 * skin, 0.02 * unit, 0.012 * unit, 0.7)
    for wing in (64, 294):
        fill(canvas, ring(points[wing], 0.02 * unit, 0.03 * unit), 0.65 * skin, 0.012 * unit)
    for nostril in (97, 326):
        fill(canvas, ring(points[nostril], 0.022 * unit, 0.012 * unit), 0.35 * skin, 0.008 * unit)


def _eye(canvas: Canvas, sitter: Sitter, outline: Points, iris: Points) -> None:
    """White, iris, pupil and highlight cut to the lids, then the lids' lines and the crease above."""
    unit, skin = sitter.unit, sitter.skin
    eye = np.full_like(canvas, min(235.0, 1.1 * skin + 25.0))
    radius = max(float(np.linalg.norm(iris[1:] - iris[0], axis=1).mean()), 0.03 * unit)
    for share, tone in ((1.0, 75.0), (0.5, 12.0)):
        fill(eye, ring(iris[0], radius * share, radius * share), tone)
    fill(eye, ring(beside(iris[0], -0.35 * radius, -0.35 * radius), 0.25 * radius, 0.25 * radius), 250.0)
    blend(canvas, inside(canvas, outline), eye)
    upper = np.concatenate([outline[8:], outline[:1]])
    stroke(canvas, upper, 0.25 * skin, 0.014 * unit, 0.004 * unit)
    stroke(canvas, outline[:9], 0.55 * skin, 0.008 * unit, 0.004 * unit, 0.7)
    stroke(canvas, beside(upper, 0.0, -0.03 * unit), 0.6 * skin, 0.008 * unit, 0.006 * unit, 0.6)


def _brows(canvas: Canvas, rng: np.random.Generator, sitter: Sitter) -> None:
    """Two bands of hair through the brows' landmarks."""
    tone, strength = min(sitter.hair, 0.6 * sitter.skin), float(rng.uniform(0.6, 0.95))
    for brow in (mesh.LEFT_BROW, mesh.RIGHT_BROW):
        hull = cv2.convexHull(sitter.points[list(brow)])[:, 0]
        fill(canvas, np.asarray(hull, np.float32), tone, 0.008 * sitter.unit, strength)


def _lips(canvas: Canvas, sitter: Sitter, tone: float) -> None:
    """Lips, a light on the lower one, the dark between them and a shadow below."""
    points, unit = sitter.points, sitter.unit
    fill(canvas, points[list(mesh.LIPS_OUTER)], tone, 0.006 * unit)
    fill(canvas, ring((points[14] + points[17]) / 2, 0.06 * unit, 0.012 * unit), 1.25 * tone, 0.01 * unit, 0.7)
    inner = points[list(mesh.LIPS_INNER)]
    fill(canvas, inner, 0.35 * tone, 0.003 * unit)
    between = (inner[:11] + inner[[0, *range(19, 9, -1)]]) * np.float32(0.5)
    stroke(canvas, between, 0.35 * tone, 0.01 * unit, 0.004 * unit)
    stroke(canvas, beside(points[[84, 17, 314]], 0.0, 0.03 * unit), 0.8 * tone, 0.015 * unit, 0.012 * unit, 0.4)


def _light(canvas: Canvas, rng: np.random.Generator) -> None:
    """Light from somewhere: a linear gradient over the whole picture, and the sensor's grain."""
    size = len(canvas)
    angle, strength = rng.uniform(0.0, 2.0 * np.pi), rng.uniform(0.0, 0.4)
    line = np.linspace(-1.0, 1.0, size)
    slope = np.cos(angle) * line[None, :] + np.sin(angle) * line[:, None]
    canvas *= (1.0 + strength * slope).astype(np.float32)
    canvas += cloud(rng, size, 128) * np.float32(rng.uniform(0.5, 3.0))
