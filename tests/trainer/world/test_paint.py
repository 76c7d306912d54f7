import numpy as np
import pytest

from trainer.data.world.hair import paint_hair, paint_hair_behind
from trainer.data.world.paint import beside, blend, cloud, fill, inside, ring, stroke

SQUARE = np.array([[10, 10], [30, 10], [30, 30], [10, 30]], np.float32)


@pytest.fixture
def canvas():
    return np.full((64, 64), 100.0, np.float32)


def test_filling_paints_the_inside_only(canvas):
    fill(canvas, SQUARE, 200.0)
    assert canvas[20, 20] == 200.0
    assert canvas[40, 40] == canvas[5, 20] == 100.0
    assert (canvas == 200.0).sum() == pytest.approx(400, abs=45)


def test_strength_mixes(canvas):
    fill(canvas, SQUARE, 200.0, strength=0.25)
    assert canvas[20, 20] == pytest.approx(125.0)


def test_blur_softens_the_edge_and_keeps_the_weight(canvas):
    sharp = canvas.copy()
    fill(sharp, SQUARE, 200.0)
    fill(canvas, SQUARE, 200.0, blur=2.0)
    assert 100 < canvas[8, 20] < canvas[12, 20] < 200
    assert canvas.sum() == pytest.approx(sharp.sum(), rel=0.01)


def test_a_stroke_has_its_width(canvas):
    stroke(canvas, np.array([[5, 32], [60, 32]], np.float32), 0.0, 5.0)
    across = np.flatnonzero(canvas[:, 30] < 50)
    assert 5 <= len(across) <= 8  # OpenCV's antialiased lines come out a little wide
    assert across.mean() == pytest.approx(31.5, abs=0.6)
    assert canvas[20, 30] == 100.0


def test_blending_takes_a_picture_as_well(canvas):
    other = np.arange(64, dtype=np.float32)[None, :] * np.ones((64, 1), np.float32)
    blend(canvas, inside(canvas, SQUARE), other)
    np.testing.assert_allclose(canvas[20, 15:25], np.arange(15, 25))
    assert canvas[50, 50] == 100.0


def test_a_ring_is_an_ellipse_until_it_wobbles():
    plain = ring(np.array([5.0, 6.0], np.float32), 3.0, 2.0) - [5.0, 6.0]
    np.testing.assert_allclose((plain[:, 0] / 3) ** 2 + (plain[:, 1] / 2) ** 2, 1.0, atol=1e-5)
    wobbly = ring(np.zeros(2, np.float32), 3.0, 3.0, np.array([0.1]))
    assert 0.15 < np.ptp(np.linalg.norm(wobbly, axis=1)) / 3.0 < 0.25


def test_beside_moves_points():
    np.testing.assert_array_equal(beside(SQUARE, 1.0, -2.0)[0], [11.0, 8.0])


@pytest.mark.parametrize("cells", [6, 40])
def test_clouds_are_smooth_noise_about_zero(cells):
    noise = cloud(np.random.default_rng(0), 128, cells)
    assert abs(noise.mean()) < 0.5
    assert 0.5 < noise.std() < 1.5
    assert np.abs(np.diff(noise, axis=1)).mean() < 2.5 * cells / 128


@pytest.mark.parametrize("seed", range(6))
def test_hair_is_above_the_eyes_and_about_the_head(prior, seed):
    points = (0.5 * prior.shape[:, :2] + 0.5).astype(np.float32) * 64
    front, behind = (np.full((64, 64), 100.0, np.float32) for _ in range(2))
    paint_hair(front, np.random.default_rng(seed), points, 32.0, 20.0)
    paint_hair_behind(behind, np.random.default_rng(seed), points, 32.0, 20.0)
    between_the_temples = front[:, round(float(points[33, 0])) : round(float(points[263, 0]))]
    assert (between_the_temples[round(float(points[159, 1])) :] == 100.0).all()
    rows = np.argwhere(behind < 60)[:, 0]
    assert not len(rows) or rows.min() < points[10, 1] < rows.max()
