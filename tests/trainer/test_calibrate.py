"""Calibration: what it costs, what it finds, and from which trials."""

import numpy as np
import pytest

from tests.trainer.test_trials import trials
from trainer.calibrate import cllr, fit_calibration, template_scores


def test_knowing_nothing_costs_one_bit_and_certainty_nothing() -> None:
    genuine = np.array([True, False, False])
    assert cllr(np.zeros(3), genuine) == pytest.approx(1)
    assert cllr(np.array([50.0, -50.0, -50.0]), genuine) == pytest.approx(0, abs=1e-9)
    assert cllr(np.array([-9.0, 9.0, 9.0]), genuine) > 9


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


def test_a_template_never_holds_the_performance_that_it_is_compared_with() -> None:
    rows = [(driver, 0, performance, "procedural", 0.0) for driver in (0, 1) for performance in (0, 1, 2)]
    embeddings = np.eye(6, 256, dtype=np.float32)
    scores, genuine = template_scores(embeddings, trials(rows), None)
    # With every clip a direction of its own, a template that held the clip itself would score above 0.
    assert scores.max() == pytest.approx(0)
    assert genuine.tolist() == [True, False] * 3 + [False, True] * 3


def test_drivers_with_one_performance_give_no_trials() -> None:
    rows = [(0, 0, 0, "real", 25.0), (0, 0, 0, "real", 25.0), (1, 0, 0, "real", 25.0)]
    _, genuine = template_scores(np.eye(3, 256, dtype=np.float32), trials(rows), None)
    assert genuine.tolist() == [False]


def test_the_centre_is_taken_off() -> None:
    rows = [(0, 0, 0, "real", 25.0), (0, 0, 1, "real", 25.0)]
    centre = np.zeros(256, np.float32)
    centre[0] = 1
    embeddings = np.stack((centre, centre)).astype(np.float32)
    embeddings[0, 1], embeddings[1, 1] = 0.1, -0.1
    with_centre, _ = template_scores(embeddings, trials(rows), centre)
    without, _ = template_scores(embeddings, trials(rows), None)
    assert with_centre == pytest.approx([-1, -1])
    assert without.min() > 0.9
