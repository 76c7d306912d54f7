from dataclasses import replace

import numpy as np
import pytest

from trainer.data.world.mesh import LOWER_LIDS, UPPER_LIDS
from trainer.data.world.procedural import ProceduralDriver, _bumps, _envelope, _syllables
from trainer.data.world.style import Style


@pytest.fixture
def style(prior):
    return Style.drawn(prior, 1)


def test_syllables_come_at_the_drivers_rate(style):
    steady = replace(style, syllable_rate=4.0, syllable_regularity=0.1, pause_seconds=1e-6, listening=0.0)
    times = _syllables(np.random.default_rng(0), 100.0, steady, tempo=1.0)
    assert len(times) / 101.0 == pytest.approx(4.0, rel=0.1)
    assert (np.diff(times) > 0).all()


def test_pauses_and_listening_make_silence(style):
    talker = replace(style, listening=0.0)
    listener = replace(style, listening=1.0)
    counts = [len(_syllables(np.random.default_rng(0), 120.0, who, 1.0)) for who in (talker, listener)]
    assert counts[1] < 0.7 * counts[0]


def test_bumps_are_where_and_as_late_as_they_should_be():
    bumps = _bumps(np.array([1.0]), np.array([2.0]), 50, np.array([0.0, 0.08], np.float32), 0.1)
    assert bumps.shape == (50, 2)
    assert bumps.argmax(axis=0).tolist() == [25, 27]
    assert bumps.max() == pytest.approx(2.0)


def test_bumps_outside_the_performance_leave_only_their_tails():
    bumps = _bumps(np.array([-5.0, -0.1, 9.0]), np.ones(3), 50, np.zeros(1, np.float32), 0.1)
    assert bumps[0, 0] == pytest.approx(np.exp(-0.5), rel=1e-5)
    assert bumps[20:].max() == 0.0


def test_the_envelope_keeps_the_energy():
    envelope = _envelope(np.random.default_rng(0), 20000, 0.5)
    assert (envelope**2).mean() == pytest.approx(1.0, abs=0.25)
    assert envelope.min() > 0


def test_eyes_close_at_times_and_never_turn_inside_out(prior):
    driver = ProceduralDriver(7, prior)
    shape = prior.shape + driver.motion(np.random.default_rng(0), 500)
    gap = (shape[:, list(LOWER_LIDS), 1] - shape[:, list(UPPER_LIDS), 1]).mean(axis=1)
    rest = (prior.shape[list(LOWER_LIDS), 1] - prior.shape[list(UPPER_LIDS), 1]).mean()
    assert gap.min() < 0.7 * rest
    assert np.quantile(gap, 0.02) > -0.5 * rest
    assert np.median(gap) == pytest.approx(rest, rel=0.35)


def test_a_long_performance_does_not_wander_off(prior):
    motion = ProceduralDriver(8, prior).motion(np.random.default_rng(0), 2000)
    assert np.abs(motion.mean(axis=0)).max() < 0.05
    assert np.abs(motion).max() < 0.6


@pytest.mark.parametrize("frames", [1, 16, 130])
def test_any_length(prior, frames):
    assert ProceduralDriver(9, prior).motion(np.random.default_rng(0), frames).shape == (frames, 478, 3)
