import numpy as np
import pytest

from trainer.data.world.drawn import drawn_face
from trainer.data.world.families import warp_of
from trainer.data.world.latent import Latent, latent_basis
from trainer.data.world.procedural import ProceduralDriver


@pytest.fixture(scope="module", params=[0, 1, 2])
def basis(request, prior):
    return latent_basis(prior, request.param)


def test_a_basis_is_orthonormal_and_small(basis):
    assert basis.shape[0] == 478 * 2
    assert 12 <= basis.shape[1] <= 20
    np.testing.assert_allclose(basis.T @ basis, np.eye(basis.shape[1]), atol=1e-4)


def test_a_basis_holds_most_of_a_performance_and_not_all(basis):
    flat = ProceduralDriver(7).motion(np.random.default_rng(1), 100)[:, :, :2].reshape(100, -1)
    lost = flat - flat @ basis @ basis.T
    share = (lost**2).sum() / (flat**2).sum()
    assert 0.0005 < share < 0.2


def test_generators_have_bases_of_their_own(prior):
    first, again, other = (latent_basis(prior, seed) for seed in (4, 4, 5))
    np.testing.assert_array_equal(first, again)
    assert first.shape != other.shape or not np.allclose(np.abs(first.T @ other), np.eye(first.shape[1]), atol=0.1)


def test_motion_is_what_the_basis_holds_of_it_spread_over_the_face(prior):
    face = drawn_face(2)
    warp = warp_of("latent", face, face.axes(prior.shape), prior, 5)
    assert isinstance(warp, Latent)
    motion = ProceduralDriver(7).motion(np.random.default_rng(1), 5)
    held = motion.copy()
    for frame in held:
        flat = frame[:, :2].ravel()
        frame[:, :2] = sum((flat @ direction) * direction for direction in warp.basis.T).reshape(-1, 2)
    np.testing.assert_allclose(warp.moved(motion).cells, warp.spread.moved(held).cells, atol=1e-5)
