from dataclasses import replace

import numpy as np
import pytest

from trainer.data.world.circumstances import ACTIVITIES, DOING, Circumstances, RecordingSession
from trainer.data.world.pose import POSE_CHANNELS
from trainer.data.world.prior import BLINK, JAW


@pytest.fixture
def session(prior):
    return RecordingSession.drawn(np.random.default_rng(0), prior)


@pytest.fixture
def plain(prior, session):
    """A session that changes nothing."""
    still = np.zeros(prior.channels, np.float32)
    return replace(session, mood=still + 1, posture=still, tempo=1.0, smoothing=0.0, noise=0.0)


def series(prior, frames=30):
    return np.random.default_rng(1).normal(0, 0.1, (frames, prior.channels)).astype(np.float32)


def test_sessions_differ(prior):
    drawn = [RecordingSession.drawn(np.random.default_rng(seed), prior) for seed in range(200)]
    tempos, moods = np.array([one.tempo for one in drawn]), np.array([one.mood for one in drawn])
    assert tempos.std() == pytest.approx(0.06, rel=0.2)
    assert np.log(moods).std(axis=0).mean() == pytest.approx(np.hypot(0.2, 0.2), rel=0.1)
    heads = np.array([one.posture[:3] for one in drawn])
    assert np.abs(heads).max() < 0.3
    assert (heads.std(axis=0) > 0.02).all()


def test_speaking_in_a_plain_session_changes_nothing(prior, plain):
    channels, rng = series(prior), np.random.default_rng(0)
    plainly = Circumstances(prior, plain, "speaking")
    np.testing.assert_array_equal(plainly.changed(rng, channels), channels)
    assert plainly.tempo == 1.0
    motion = prior.join(channels)
    np.testing.assert_allclose(plainly.replayed(rng, motion), motion, atol=2e-4)


def test_moods_and_postures_are_gains_and_offsets(prior, session):
    channels = series(prior)
    changed = Circumstances(prior, session, "speaking").changed(np.random.default_rng(0), channels)
    gain = session.mood.copy()
    gain[BLINK] = 1
    np.testing.assert_allclose(changed, channels * gain + session.posture, rtol=1e-5, atol=1e-6)


def test_activities_change_how_much_moves(prior, plain):
    channels = series(prior)

    def changed(activity):
        found = Circumstances(prior, plain, activity).changed(np.random.default_rng(0), channels)
        return (found - found.mean(axis=0)).std(axis=0) / channels.std(axis=0)

    head, face = slice(0, POSE_CHANNELS), slice(JAW, None)
    assert changed("still")[face].max() < 0.4
    assert changed("excited")[head].min() > 1.5
    assert changed("tired")[face].mean() == pytest.approx(0.7, abs=0.05)
    unsmiling = [activity for activity in ACTIVITIES if not DOING[activity].smile]
    assert [changed(activity)[BLINK] for activity in unsmiling] == pytest.approx([1.0] * len(unsmiling), rel=0.1)


def test_tired_is_slow_and_excited_fast(prior, plain):
    tired, speaking, excited = (Circumstances(prior, plain, one).tempo for one in ("tired", "speaking", "excited"))
    assert tired < 0.9 < speaking < 1.1 < excited


def test_a_smile_draws_the_corners_of_the_mouth_apart_and_up(prior, plain):
    still = np.zeros((50, prior.channels), np.float32)
    smiling = prior.join(Circumstances(prior, plain, "smiling").changed(np.random.default_rng(0), still))
    assert (smiling[:, 291, 0] - smiling[:, 61, 0]).min() > 0.005
    assert smiling[:, [61, 291], 1].max() < 0
    assert np.abs(smiling[:, 10]).max() < 0.01


def test_a_tracker_adds_noise_and_smooths(prior, plain):
    still = np.zeros((300, 478, 3), np.float32)
    rough = Circumstances(prior, replace(plain, noise=0.002), "speaking").tracked(np.random.default_rng(0), still)
    smooth = Circumstances(prior, replace(plain, noise=0.002, smoothing=1.2), "speaking")
    smoothed = smooth.tracked(np.random.default_rng(0), still)
    assert rough[:, 61, 0].std() == pytest.approx(0.002, rel=0.2)
    assert smoothed[:, 61, 0].std() < 0.7 * rough[:, 61, 0].std()


def test_all_activities_are_met_and_speaking_most(prior, session):
    rng = np.random.default_rng(0)
    met = [Circumstances.drawn(rng, prior, session).activity for _ in range(400)]
    counts = {activity: met.count(activity) for activity in ACTIVITIES}
    assert min(counts.values()) > 8
    assert max(counts, key=counts.get) == "speaking"
