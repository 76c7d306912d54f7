import numpy as np
import pytest

from trainer.data.world.fit import DEFORMATIONS, fit_prior
from trainer.data.world.prior import BLINK, POSE_CHANNELS
from trainer.data.world.tracks import load_tracks, validation_drivers

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def fitted(motion_file):
    return fit_prior(motion_file)


def test_a_fit_is_whole(fitted):
    assert fitted.channels == POSE_CHANNELS + 2 + DEFORMATIONS
    assert all(np.isfinite(value).all() for value in vars(fitted).values())
    np.testing.assert_allclose(np.einsum("bcc->bc", fitted.correlation), 1.0, atol=0.01)


def test_a_fit_explains_the_motion_it_was_fitted_on(fitted, motion_file):
    motion = load_tracks(motion_file)[0].motion(0, 200)
    rest = fitted.split(motion)[1]
    assert (rest**2).sum() < 0.05 * ((motion - motion.mean(axis=0)) ** 2).sum()


def test_blinks_are_found_at_about_the_rate_of_people(fitted):
    assert 0.05 < fitted.blink[0, 0] < 2.0
    assert 0.05 < np.exp(fitted.blink[0, 2]) < 0.6


def test_what_may_not_train_has_no_part(motion_file, tmp_path, fitted):
    with np.load(motion_file) as stored:
        changed = dict(stored)
    for clip in np.flatnonzero(~changed["may_train"]):
        first = changed["start"][clip]
        changed["displacement"][first : first + changed["length"][clip]] = 12345
        changed["reference"][clip] = 7.0
    np.savez(tmp_path / "changed.npz", **changed)
    again = fit_prior(tmp_path / "changed.npz")
    np.testing.assert_array_equal(again.basis, fitted.basis)
    np.testing.assert_array_equal(again.shape, fitted.shape)
    np.testing.assert_array_equal(again.level, fitted.level)
    assert BLINK == POSE_CHANNELS


def test_who_a_fold_holds_out_has_no_part(motion_file, tmp_path, fitted):
    tracks = load_tracks(motion_file)
    held_out = validation_drivers(tracks, fold=1)
    with np.load(motion_file) as stored:
        changed = dict(stored)
    changed["may_train"] = changed["may_train"] & ~np.isin(changed["driver"], list(held_out))
    np.savez(tmp_path / "without.npz", **changed)
    found, expected = fit_prior(motion_file, fold=1), fit_prior(tmp_path / "without.npz")
    for name, value in vars(expected).items():
        np.testing.assert_array_equal(getattr(found, name), value)
    assert not np.array_equal(found.level, fitted.level)
