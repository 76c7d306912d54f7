import os

import numpy as np

from trainer.data.world.mesh import INNER_LIP_BOTTOM, INNER_LIP_TOP, LOWER_LIDS, UPPER_LIDS
from trainer.data.world.prior import BLINK, DEFAULT_PRIOR, JAW, Prior
from trainer.data.world.spectra import BANDS


def channels_with(prior, channel, value):
    channels = np.zeros((1, prior.channels), np.float32)
    channels[0, channel] = value
    return channels


def test_the_committed_prior_is_small_and_whole(prior):
    assert os.path.getsize(DEFAULT_PRIOR) < 150_000
    assert prior.shape.shape == (478, 3)
    assert prior.correlation.shape == (BANDS, prior.channels, prior.channels)
    assert all(np.isfinite(value).all() for value in vars(prior).values())


def test_the_mean_face_is_one_face_high_and_symmetric(prior):
    assert 0.9 < np.ptp(prior.shape[:, 1]) < 1.1
    assert abs(prior.shape[:, 0].mean()) < 0.01


def test_the_blink_channel_closes_the_eyes(prior):
    moved = prior.shape + prior.join(channels_with(prior, BLINK, 1.0))[0]
    open_before = prior.shape[list(LOWER_LIDS), 1] - prior.shape[list(UPPER_LIDS), 1]
    open_after = moved[list(LOWER_LIDS), 1] - moved[list(UPPER_LIDS), 1]
    assert (open_after < 0.35 * open_before).all()


def test_the_jaw_channel_opens_the_mouth(prior):
    moved = prior.join(channels_with(prior, JAW, 1.0))[0]
    assert moved[INNER_LIP_BOTTOM, 1] - moved[INNER_LIP_TOP, 1] > 0.01


def test_split_and_join_are_inverse(prior):
    displacement = np.random.default_rng(0).normal(0, 0.01, (4, 478, 3)).astype(np.float32)
    channels, rest = prior.split(displacement)
    np.testing.assert_allclose(prior.join(channels, rest), displacement, atol=1e-5)


def test_channels_survive_a_round_trip(prior):
    channels = np.random.default_rng(0).normal(0, 0.02, (4, prior.channels)).astype(np.float32)
    again, rest = prior.split(prior.join(channels))
    # Deformations that the pose would explain come back as pose, so only the motion itself is the same.
    np.testing.assert_allclose(prior.join(again, rest), prior.join(channels), atol=1e-5)


def test_a_bias_scales_what_deforms_and_leaves_the_pose(prior):
    jaw, nod = channels_with(prior, JAW, 1.0), channels_with(prior, 0, 0.1)
    double = np.full(478, 2.0, np.float32)
    np.testing.assert_allclose(prior.join(jaw, bias=double), 2 * prior.join(jaw), atol=1e-5)
    np.testing.assert_allclose(prior.join(nod, bias=double), prior.join(nod), atol=1e-6)


def test_saving_keeps_half_precision(prior, tmp_path):
    prior.save(tmp_path / "copy.npz")
    np.testing.assert_array_equal(Prior.load(tmp_path / "copy.npz").basis, prior.basis)
