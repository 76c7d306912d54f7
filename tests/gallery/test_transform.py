"""The tenant's matrix: orthogonal, uniform, and the same for ever."""

import hashlib
import math

import numpy as np

from guard.gallery.transform import gaussians, orthogonal


def test_matrix_keeps_every_inner_product() -> None:
    matrix = orthogonal(b"seed")
    np.testing.assert_allclose(matrix @ matrix.T, np.eye(256), atol=1e-12)


def test_another_seed_gives_another_matrix() -> None:
    assert np.abs(orthogonal(b"seed") - orthogonal(b"seee")).max() > 0.1
    np.testing.assert_array_equal(orthogonal(b"seed"), orthogonal(b"seed"))


def test_gaussians_are_box_and_mullers_of_shake() -> None:
    """The slow way, a number at a time."""
    words = hashlib.shake_256(b"seed").digest(8 * 6)
    uniform = [((int.from_bytes(words[8 * n : 8 * n + 8], "little") >> 11) + 0.5) / 2**53 for n in range(6)]
    radius = [math.sqrt(-2 * math.log(u)) for u in uniform[:3]]
    turns = [2 * math.pi * u for u in uniform[3:]]
    polar = list(zip(radius, turns, strict=True))
    expected = [r * math.cos(a) for r, a in polar] + [r * math.sin(a) for r, a in polar]
    np.testing.assert_allclose(gaussians(b"seed", 6), expected, rtol=1e-12)


def test_matrix_is_that_of_gram_and_schmidt() -> None:
    """Columns of Gaussians made orthogonal one after the other; what is stored with one library reads with the next."""
    columns = gaussians(b"seed", 256 * 256).reshape(256, 256).T
    found: list[np.ndarray] = []
    for column in columns[:40]:
        for _ in range(2):  # once more for the rounding
            for earlier in found:
                column = column - (earlier @ column) * earlier
        found.append(column / np.linalg.norm(column))
    np.testing.assert_allclose(orthogonal(b"seed")[:, :40].T, found, atol=1e-10)
