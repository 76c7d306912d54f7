import numpy as np
import pytest

from trainer.data.world.circumstances import ACTIVITIES, Circumstances, RecordingSession
from trainer.data.world.drivers import RealDriver, RestyledDriver
from trainer.data.world.prior import JAW
from trainer.data.world.procedural import ProceduralDriver
from trainer.data.world.spectra import band_covariance
from trainer.data.world.tracks import by_driver, load_tracks


@pytest.fixture
def real(motion_file):
    return {driver: RealDriver(tracks) for driver, tracks in by_driver(load_tracks(motion_file)).items()}


def kinds(real, prior):
    return real[0], RestyledDriver(real[0], prior, 4), ProceduralDriver(4, prior)


def test_every_kind_gives_the_motion_it_is_asked_for(real, prior):
    for driver in kinds(real, prior):
        motion = driver.motion(np.random.default_rng(0), 70)
        assert motion.shape == (70, 478, 3)
        assert motion.dtype == np.float32
        assert 0.001 < motion.std() < 0.2


def test_performances_repeat_by_seed_only(real, prior):
    for driver in kinds(real, prior):
        first, again, other = (driver.motion(np.random.default_rng(seed), 40) for seed in (1, 1, 2))
        np.testing.assert_array_equal(first, again)
        assert not np.allclose(first, other)


def test_drivers_repeat_by_seed_only(real, prior):
    for make in (lambda seed: ProceduralDriver(seed, prior), lambda seed: RestyledDriver(real[0], prior, seed)):
        first, again, other = (make(seed).motion(np.random.default_rng(0), 40) for seed in (1, 1, 2))
        np.testing.assert_array_equal(first, again)
        assert not np.allclose(first, other)


def test_a_real_performance_is_a_piece_of_the_track(real):
    track = real[0].tracks[0]
    motion = real[0].motion(np.random.default_rng(3), 40)
    whole = track.motion(0, len(track))
    assert min(np.abs(whole[start : start + 40] - motion).max() for start in range(len(track) - 39)) < 1e-6


def test_a_track_shorter_than_the_performance_is_played_back_and_forth(real):
    assert real[2].motion(np.random.default_rng(0), 200).shape == (200, 478, 3)


def test_stretches_share_no_frame_and_go_round(real):
    whole = real[0].tracks[0].motion(0, 260)
    found = [real[0].stretch(number, 80) for number in range(4)]
    assert [index for _, index in found] == [0, 1, 2, 0]
    for motion, index in found:
        np.testing.assert_array_equal(motion, whole[80 * index : 80 * index + 80])
    assert {real[1].stretch(number, 80)[1] for number in range(5)} == {0, 1}
    assert {real[2].stretch(number, 80)[1] for number in range(5)} == {0}


def circumstances(prior, activity, seed=0):
    return Circumstances(prior, RecordingSession.drawn(np.random.default_rng(seed), prior), activity)


@pytest.mark.slow
@pytest.mark.parametrize("activity", ACTIVITIES)
def test_every_kind_performs_whatever_it_is_doing(real, prior, activity):
    for driver in kinds(real, prior):
        motion = driver.motion(np.random.default_rng(0), 60, circumstances(prior, activity))
        assert motion.shape == (60, 478, 3)
        assert motion.dtype == np.float32
        assert not np.allclose(motion, driver.motion(np.random.default_rng(0), 60, circumstances(prior, activity, 1)))


@pytest.mark.slow
def test_a_listener_moves_his_jaw_less_than_a_speaker(prior):
    def jaw(activity):
        motion = ProceduralDriver(3, prior).motion(np.random.default_rng(0), 300, circumstances(prior, activity))
        return prior.split(motion)[0][:, JAW].std()

    assert jaw("still") < jaw("listening") < jaw("speaking")


def test_restyling_changes_the_style_and_keeps_the_content(real, prior):
    restyled = RestyledDriver(real[0], prior, 5)
    assert restyled.motion(np.random.default_rng(0), 50).std() == pytest.approx(
        real[0].motion(np.random.default_rng(0), 50).std(), rel=1.0
    )


def levels(driver, prior, seed, frames=250):
    """What a landmark-level fingerprint would see: log levels of all channels in all bands."""
    channels = prior.split(driver.motion(np.random.default_rng(seed), frames))[0]
    return np.log(np.einsum("bcc->bc", band_covariance(channels)) + 1e-9).ravel()


@pytest.mark.slow
def test_style_persists_and_does_not_give_itself_away(prior):
    """Performances of one driver are nearer to each other than to others', but not without exception."""
    seen = np.stack([[levels(ProceduralDriver(who, prior), prior, take) for take in (1, 2)] for who in range(12)])
    flat = (seen - seen.mean(axis=(0, 1))) / seen.std(axis=(0, 1))
    distance = np.linalg.norm(flat[:, None, 0] - flat[None, :, 1], axis=2)
    own, others = np.diag(distance), distance[~np.eye(12, dtype=bool)]
    auc = (own[:, None] < others[None]).mean()
    assert 0.75 < auc < 0.9999


def test_eyes_are_open_most_of_the_time(prior):
    driver = ProceduralDriver(3, prior)
    closed = np.concatenate([driver._blinks(np.random.default_rng(seed), 250, often=1.0) for seed in range(6)])
    assert closed.max() > 0.35
    assert np.median(closed) < 0.05
