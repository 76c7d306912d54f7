"""Calibration: what it costs, what it finds, and from which trials."""

import numpy as np
import pytest

from tests.trainer.test_trials import trials
from trainer.calibrate import cllr, fit_calibration, held_out_llr, template_scores
from trainer.trials import Pairs


def test_knowing_nothing_costs_one_bit_and_certainty_nothing() -> None:
    genuine, even = np.array([True, False, False]), np.ones(3)
    assert cllr(np.zeros(3), genuine, even) == pytest.approx(1)
    assert cllr(np.array([50.0, -50.0, -50.0]), genuine, even) == pytest.approx(0, abs=1e-9)
    assert cllr(np.array([-9.0, 9.0, 9.0]), genuine, even) > 9


def test_it_finds_the_line_that_scores_were_drawn_from() -> None:
    rng = np.random.default_rng(0)
    # Normal scores of equal spread s around m and -m have the log-likelihood ratio 2 m x / s^2.
    genuine = np.arange(20_000) % 4 == 0
    scores = rng.normal(np.where(genuine, 0.3, -0.3), 0.5)
    calibration = fit_calibration(scores, genuine)
    assert calibration.slope == pytest.approx(2 * 0.3 / 0.25, rel=0.05)
    assert calibration.offset == pytest.approx(0, abs=0.05)


def test_scores_that_say_nothing_are_given_no_weight() -> None:
    rng = np.random.default_rng(0)
    calibration = fit_calibration(rng.normal(size=5000), np.arange(5000) % 2 == 0)
    assert abs(calibration.slope) < 0.1


def test_weights_stand_for_repetition_and_one_kind_alone_costs_nothing_that_is_known() -> None:
    llr, genuine, times = np.array([1.0, -2.0, 0.5]), np.array([True, False, False]), np.array([2, 1, 3])
    again = cllr(np.repeat(llr, times), np.repeat(genuine, times), np.ones(6))
    assert cllr(llr, genuine, times.astype(float)) == pytest.approx(again)
    assert np.isnan(cllr(llr, genuine, np.array([1.0, 0.0, 0.0])))


def test_a_held_out_ratio_owes_nothing_to_its_own_half() -> None:
    rng = np.random.default_rng(0)
    drivers = rng.integers(0, 8, (4000, 2))
    drivers[::2, 1] = drivers[::2, 0]
    genuine = drivers[:, 0] == drivers[:, 1]
    even = (drivers % 2 == 0).all(axis=1)
    # Scores speak of the driver only among even ones; odd ones are given noise, so their line is flat.
    pairs = Pairs(rng.normal(size=4000) + 3.0 * (genuine & even), genuine, drivers)
    ratios = held_out_llr(pairs)
    within = (ratios.drivers % 2 == 0).all(axis=1)
    assert set(np.unique(ratios.drivers[within] % 2)) == {0}
    assert np.abs(ratios.score[within]).max() < 1.5
    assert np.abs(ratios.score[~within]).max() > 3
    assert len(ratios.score) == even.sum() + (drivers % 2 == 1).all(axis=1).sum()


def test_a_template_never_holds_the_performance_that_it_is_compared_with() -> None:
    rows = [(driver, 0, performance, "procedural", 0.0) for driver in (0, 1) for performance in (0, 1, 2)]
    embeddings = np.eye(6, 256, dtype=np.float32)
    pairs = template_scores(embeddings, trials(rows), None)
    # With every clip a direction of its own, a template that held the clip itself would score above 0.
    assert pairs.score.max() == pytest.approx(0)
    assert pairs.genuine.tolist() == [True, False] * 3 + [False, True] * 3


def test_drivers_with_one_performance_give_no_trials() -> None:
    rows = [(0, 0, 0, "real", 25.0), (0, 0, 0, "real", 25.0), (1, 0, 0, "real", 25.0)]
    pairs = template_scores(np.eye(3, 256, dtype=np.float32), trials(rows), None)
    assert pairs.genuine.tolist() == [False]


def test_the_centre_is_taken_off() -> None:
    rows = [(0, 0, 0, "real", 25.0), (0, 0, 1, "real", 25.0)]
    centre = np.zeros(256, np.float32)
    centre[0] = 1
    embeddings = np.stack((centre, centre)).astype(np.float32)
    embeddings[0, 1], embeddings[1, 1] = 0.1, -0.1
    with_centre = template_scores(embeddings, trials(rows), centre).score
    without = template_scores(embeddings, trials(rows), None).score
    assert with_centre == pytest.approx([-1, -1])
    assert without.min() > 0.9
