import numpy as np

from trainer.data.world.bend import GRID
from trainer.data.world.mesh import CONTROL, LIPS_INNER
from trainer.data.world.warp import FAMILIES, RESERVED, Spread, own_lips, spread


def test_the_families_are_five():
    assert set(FAMILIES) == {"gaussian", "thin-plate", "keypoint", "latent", "turning"}
    assert RESERVED == ("triangles",)


def test_a_spread_is_weights_times_motion_along_the_face():
    rng = np.random.default_rng(0)
    axes = rng.normal(size=(2, 2)).astype(np.float32)
    weights = rng.normal(size=(GRID * GRID, len(CONTROL))).astype(np.float32)
    motion = rng.normal(size=(3, 478, 3)).astype(np.float32)
    moved = Spread(axes, weights, own_lips()).moved(motion)
    cell, frame = 5 * GRID + 7, 2
    expected = axes @ sum(weights[cell, k] * motion[frame, point, :2] for k, point in enumerate(CONTROL))
    np.testing.assert_allclose(moved.cells[frame, 5, 7], expected, rtol=1e-3, atol=1e-4)
    np.testing.assert_allclose(moved.lips[frame, 4], axes @ motion[frame, LIPS_INNER[4], :2], rtol=1e-4, atol=1e-5)


def test_spreading_is_a_product_for_each_frame_and_axis():
    weights, moved = np.arange(6, dtype=np.float32).reshape(2, 3), np.ones((4, 3, 2), np.float32)
    np.testing.assert_array_equal(spread(weights, moved), np.broadcast_to([[[3, 3], [12, 12]]], (4, 2, 2)))
