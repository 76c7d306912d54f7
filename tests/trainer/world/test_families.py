"""What all families have in common, and that they differ."""

import numpy as np
import pytest

from trainer.data.world.bend import CELLS
from trainer.data.world.drawn import drawn_face
from trainer.data.world.families import warp_of
from trainer.data.world.mesh import INNER_LIP_BOTTOM, INNER_LIP_TOP, LIPS_INNER
from trainer.data.world.prior import JAW
from trainer.data.world.procedural import ProceduralDriver
from trainer.data.world.warp import FAMILIES

TOP, BOTTOM = LIPS_INNER.index(INNER_LIP_TOP), LIPS_INNER.index(INNER_LIP_BOTTOM)


@pytest.fixture(scope="module")
def warps(prior):
    face = drawn_face(2)
    return {family: warp_of(family, face, face.axes(prior.shape), prior, 3) for family in FAMILIES}


@pytest.fixture(params=FAMILIES)
def warp(request, warps):
    return warps[request.param]


def test_a_face_at_rest_stays(warp):
    moved = warp.moved(np.zeros((1, 478, 3), np.float32))
    assert np.abs(moved.cells).max() < 1e-5
    assert np.abs(moved.lips).max() < 1e-5


@pytest.mark.slow
def test_the_middle_of_a_face_goes_with_it_and_a_corner_stays(warp, prior):
    face = drawn_face(2)
    motion = np.broadcast_to(np.array([0.06, -0.04, 0.0], np.float32), (1, 478, 3))
    went = face.axes(prior.shape) @ [0.06, -0.04]
    cells = warp.moved(motion).cells[0].reshape(-1, 2)
    middle = np.linalg.norm(CELLS - face.landmarks.mean(axis=0), axis=1).argmin()
    np.testing.assert_allclose(cells[middle], went, atol=0.05 * np.abs(went).max())
    assert np.abs(cells[0]).max() < 0.1 * np.abs(went).max()


def test_an_open_jaw_parts_the_lips(warp, prior):
    opening = np.zeros((1, prior.channels), np.float32)
    opening[0, JAW] = 3.0
    lips = warp.moved(prior.join(opening)).lips[0]
    assert lips[BOTTOM, 1] - lips[TOP, 1] > 0.01


def test_no_two_families_make_the_same_of_a_performance(warps):
    motion = ProceduralDriver(4).motion(np.random.default_rng(0), 40)
    cells = {family: warp.moved(motion).cells for family, warp in warps.items()}
    size = np.sqrt((cells["gaussian"] ** 2).mean())
    for first in FAMILIES:
        for second in FAMILIES:
            apart = np.sqrt(((cells[first] - cells[second]) ** 2).mean()) / size
            assert first == second or 0.03 < apart < 0.8, (first, second, apart)
