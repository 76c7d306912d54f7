"""What each disguise does to motion."""

import numpy as np
import pytest

from trainer.attacks.disguises import HONEST, LONGER, Motion, blended, coloured, disguises
from trainer.data.world.pose import POSE_CHANNELS, split_pose
from trainer.data.world.prior import Prior
from trainer.data.world.procedural import ProceduralDriver

FRAMES = 120
NAMED = {(one.attack, one.strength): one for one in disguises()}


@pytest.fixture(scope="module")
def own() -> Motion:
    return ProceduralDriver(3).motion(np.random.default_rng(1), round(LONGER * FRAMES))


@pytest.fixture(scope="module")
def footage() -> Motion:
    return ProceduralDriver(4).motion(np.random.default_rng(2), FRAMES)


def worn(attack: str, strength: str, own: Motion, footage: Motion) -> Motion:
    return NAMED[attack, strength].applied(np.random.default_rng(5), own, footage, FRAMES)


def deformation(motion: Motion) -> Motion:
    prior = Prior.load()
    return split_pose(prior.shape, motion, prior.stiffness)[1]


def head(motion: Motion) -> Motion:
    prior = Prior.load()
    return split_pose(prior.shape, motion, prior.stiffness)[0]


def speed(motion: Motion) -> float:
    return float(np.abs(np.diff(motion, axis=0)).mean())


@pytest.mark.slow
def test_each_has_a_name_of_its_own_and_gives_as_many_frames_as_are_wanted(own: Motion, footage: Motion) -> None:
    assert len(NAMED) == len(list(disguises()))
    assert next(disguises()) is HONEST
    for one in NAMED.values():
        shown = one.applied(np.random.default_rng(0), own, footage, FRAMES)
        assert shown.shape == (FRAMES, 478, 3), one
        assert np.isfinite(shown).all()
        assert (one is HONEST) == bool((shown == own[:FRAMES]).all())


def test_the_longer_the_smoothing_the_slower_everything_moves(own: Motion, footage: Motion) -> None:
    speeds = [speed(worn("smoothed", f"sd {ms} ms", own, footage)) for ms in (40, 80, 160)]
    assert speed(own) > speeds[0] > speeds[1] > speeds[2]


def test_amplified_motion_keeps_its_mean_and_moves_so_much_more(own: Motion, footage: Motion) -> None:
    shown = worn("amplified", "x 2", own, footage)
    np.testing.assert_allclose(shown.mean(axis=0), own[:FRAMES].mean(axis=0), atol=1e-5)
    assert speed(shown) == pytest.approx(2 * speed(own[:FRAMES]), rel=1e-4)


def test_the_face_comes_later_and_the_head_in_time(own: Motion, footage: Motion) -> None:
    shown = worn("face behind the head", "200 ms", own, footage)
    np.testing.assert_allclose(head(shown), head(own[5 : 5 + FRAMES]), atol=2e-3)
    np.testing.assert_allclose(deformation(shown), deformation(own[:FRAMES]), atol=2e-3)


def test_stretched_time_shows_the_same_places_later(own: Motion, footage: Motion) -> None:
    shown = worn("time-stretched", "x 0.8", own, footage)
    np.testing.assert_allclose(shown[10], own[8], atol=1e-6)
    np.testing.assert_allclose(worn("time-stretched", "x 1.25", own, footage)[8], own[10], atol=1e-6)


def test_noise_is_as_strong_as_it_is_said_to_be(own: Motion, footage: Motion) -> None:
    added = worn("noise on landmarks", "0.3 % of a face", own, footage) - own[:FRAMES]
    assert added[..., :2].std() == pytest.approx(0.003, rel=0.05)


def test_a_mirrored_face_goes_to_the_other_side(own: Motion, footage: Motion) -> None:
    shown = worn("mirrored", "left and right", own, footage)
    nose = 1
    np.testing.assert_allclose(shown[:, nose] * [-1, 1, 1], own[:FRAMES, nose], atol=1e-6)


def test_a_blend_lies_between_the_two(own: Motion, footage: Motion) -> None:
    own = own[:FRAMES]
    assert (blended(0.0, own, footage) == own).all()
    assert (blended(1.0, own, footage) == footage).all()
    np.testing.assert_allclose(blended(0.25, own, footage), own + 0.25 * (footage - own), atol=1e-6)


def test_a_borrowed_head_carries_ones_own_face(own: Motion, footage: Motion) -> None:
    shown = worn("borrowed from footage", "head", own, footage)
    np.testing.assert_allclose(head(shown), head(footage), atol=2e-3)
    np.testing.assert_allclose(deformation(shown), deformation(own[:FRAMES]), atol=2e-3)


def test_a_borrowed_mouth_is_the_footages_and_the_brows_are_ones_own(own: Motion, footage: Motion) -> None:
    chin, brow = 13, 105
    lips = deformation(footage)[:, chin]
    mine = deformation(own[:FRAMES])[:, brow]
    shown = deformation(worn("borrowed from footage", "mouth", own, footage))
    rest = deformation(worn("borrowed from footage", "all but the mouth", own, footage))
    np.testing.assert_allclose(shown[:, chin], lips, atol=5e-3)
    np.testing.assert_allclose(shown[:, brow], mine, atol=5e-3)
    assert np.abs(rest[:, chin] - lips).mean() > 2 * np.abs(shown[:, chin] - lips).mean()


@pytest.mark.slow
def test_a_borrowed_covariance_is_the_footages_and_half_of_it_lies_between(own: Motion, footage: Motion) -> None:
    own = own[:FRAMES]

    def distance(shown: Motion) -> float:
        return float(np.linalg.norm(_correlations(shown) - _correlations(footage)))

    assert coloured(0.0, own, footage) == pytest.approx(own, abs=1e-5)
    far, half, near = distance(own), distance(coloured(0.5, own, footage)), distance(coloured(1.0, own, footage))
    assert near < 0.2 * far
    assert near < half < far


def _correlations(motion: Motion) -> np.ndarray:
    channels = Prior.load().split(motion)[0]
    return np.corrcoef(np.diff(channels[:, : POSE_CHANNELS + 4], axis=0).T)
