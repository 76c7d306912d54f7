from dataclasses import replace

import numpy as np
import pytest

from trainer.data.world.artefacts import Artefacts
from trainer.data.world.bend import GRID
from trainer.data.world.procedural import ProceduralDriver
from trainer.data.world.warp import FAMILIES


@pytest.fixture
def faultless():
    return Artefacts.drawn(np.random.default_rng(0), "gaussian", strength=0.0)


@pytest.fixture(scope="module")
def motion():
    return ProceduralDriver(3).motion(np.random.default_rng(0), 60)


def read(artefacts, motion):
    return artefacts.read(np.random.default_rng(0), motion)


def test_a_faultless_generator_reads_tears_and_blurs_nothing(faultless, motion):
    rng = np.random.default_rng(0)
    np.testing.assert_array_equal(faultless.read(rng, motion), motion)
    cells, frames = rng.normal(size=(3, GRID, GRID, 2)), rng.integers(0, 256, (3, 64, 64), dtype=np.uint8)
    assert faultless.torn(rng, cells) is cells
    assert faultless.softened(frames, cells) is frames


@pytest.mark.parametrize("family", FAMILIES)
def test_ordinary_artefacts_are_within_their_ranges_and_differ(family):
    rng = np.random.default_rng(0)
    drawn = [Artefacts.drawn(rng, family) for _ in range(60)]
    assert len(set(drawn)) == 60
    assert all(0.68 < gain < 1.3 for one in drawn for gain in one.gain)
    assert all(one.smoothing <= 1 and one.lag <= 2 and one.blur <= 1.5 and one.tearing <= 0.012 for one in drawn)
    assert 0 < sum(one.mirrored for one in drawn) < 15


def test_families_have_habits_of_their_own():
    rng = np.random.default_rng(0)
    keypoint, latent = ([Artefacts.drawn(rng, family) for _ in range(300)] for family in ("keypoint", "latent"))
    assert np.mean([one.jitter > 0 for one in keypoint]) > 2 * np.mean([one.jitter > 0 for one in latent])
    assert np.mean([one.gain[0] for one in latent]) < np.mean([one.gain[0] for one in keypoint]) - 0.03


def test_gain_scales_each_axis(faultless, motion):
    found = read(replace(faultless, gain=(1.2, 0.9, 1.0)), motion)
    np.testing.assert_allclose(found, motion * np.array([1.2, 0.9, 1.0], np.float32), rtol=1e-6)


def test_smoothing_is_a_gaussian_in_time(faultless):
    spike = np.zeros((41, 478, 3), np.float32)
    spike[20] = 1.0
    found = read(replace(faultless, smoothing=1.5), spike)[:, 0, 0]
    bell = np.exp(-0.5 * ((np.arange(41) - 20) / 1.5) ** 2)
    np.testing.assert_allclose(found, bell / bell.sum(), atol=1e-4)


def test_a_lag_holds_the_mouth_back_and_not_the_forehead(faultless):
    ramp = np.arange(40, dtype=np.float32)[:, None, None] * np.ones((1, 478, 3), np.float32)
    late = (ramp - read(replace(faultless, lag=1.5), ramp))[20, :, 0]
    assert late[61] == pytest.approx(1.5, abs=0.05)
    assert late[10] < 0.2


def test_jitter_is_new_in_every_frame(faultless):
    found = read(replace(faultless, jitter=0.002), np.zeros((400, 478, 3), np.float32))
    assert found[:, 61, 0].std() == pytest.approx(0.002, rel=0.2)
    assert np.abs(np.diff(found[:, 61, 0])).mean() > 0.001


def test_a_mirrored_picture_shows_what_the_left_did_on_the_right(faultless, prior):
    motion = np.zeros((1, 478, 3), np.float32)
    motion[0, 291, :2] = (0.02, -0.01)  # the left corner of the mouth goes out and up
    found = read(replace(faultless, mirrored=True), motion)
    np.testing.assert_allclose(found[0, 61, :2], (-0.02, -0.01))
    np.testing.assert_array_equal(found[0, 291], 0)
    np.testing.assert_array_equal(read(replace(faultless, mirrored=True), found), motion)


def test_tearing_is_where_neighbours_part(faultless):
    cells = np.zeros((2, GRID, GRID, 2), np.float32)
    cells[1, 16:, :, 1] = 1 / GRID  # the lower half moves down by a cell
    torn = replace(faultless, tearing=0.01).torn(np.random.default_rng(0), cells)
    off = np.linalg.norm(torn - cells, axis=3)
    assert off[0].max() == 0
    assert off[1, 15:17].mean() > 0.002
    assert off[1, :14].max() == 0
    assert off.max() < 0.03


def test_blur_is_where_things_are_far_from_their_usual_place(faultless):
    rng = np.random.default_rng(0)
    frames = np.repeat(rng.integers(0, 256, (1, 128, 128), dtype=np.uint8), 40, axis=0)
    at = np.zeros((40, GRID, GRID, 2), np.float32)
    at[9, :, 20:, 0] = 0.1
    soft = replace(faultless, blur=1.5).softened(frames, at)
    assert soft[9, :, 90:].std() < 0.5 * frames[9, :, 90:].std()
    np.testing.assert_allclose(soft[9, :, :70].astype(int), frames[9, :, :70], atol=1)
    assert soft[0, :, 90:].std() > 0.8 * frames[0, :, 90:].std()
