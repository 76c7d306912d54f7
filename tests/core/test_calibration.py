"""The line from scores to LLRs, and how quality bends it."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as some

from guard.core.calibration import Calibration, Quality, Term, log_likelihood_ratio, qualities

MOTION = Term(Quality.MOTION, low=-1.0, typical=0.5, high=2.0, slope=3.0, offset=0.5)
LINE = Calibration(8.0, -4.0, (MOTION,))


def test_without_terms_it_is_a_line() -> None:
    assert log_likelihood_ratio(0.5, Calibration(8.0, -1.0)) == 3.0
    assert log_likelihood_ratio(0.5, Calibration(8.0, -1.0), {Quality.FILLER: 0.3}) == 3.0


def test_a_typical_and_an_unknown_quality_leave_the_line() -> None:
    assert log_likelihood_ratio(0.5, LINE, {Quality.MOTION: 0.5}) == log_likelihood_ratio(0.5, LINE, {}) == 0.0
    assert log_likelihood_ratio(0.5, LINE) == 0.0


def test_poor_quality_takes_the_slope_back() -> None:
    assert log_likelihood_ratio(0.5, LINE, {Quality.MOTION: -0.5}) == pytest.approx((8 - 3) * 0.5 - 4 - 0.5)


def test_beyond_what_was_fitted_nothing_more_is_said() -> None:
    for far, near in ((-9.0, -1.0), (9.0, 2.0)):
        assert log_likelihood_ratio(0.5, LINE, {Quality.MOTION: far}) == log_likelihood_ratio(
            0.5, LINE, {Quality.MOTION: near}
        )


@given(some.floats(-1, 1), some.floats(0, 1), some.floats(-5, 5))
def test_a_higher_score_is_never_evidence_for_an_impostor(score: float, more: float, motion: float) -> None:
    steep = Calibration(2.0, 0.0, (Term(Quality.MOTION, -3.0, 0.0, 3.0, 2.0, 0.0),))
    known = {Quality.MOTION: motion}
    assert log_likelihood_ratio(score, steep, known) <= log_likelihood_ratio(score + more, steep, known)


def test_qualities_are_those_that_are_known() -> None:
    assert qualities(None, None, None) == {}
    assert qualities(0.0, 0.1, 0) == {Quality.FILLER: 0.1}, "no motion and no windows have no logarithm"
    assert qualities(math.e, 0.25, 100) == {
        Quality.MOTION: pytest.approx(1.0),
        Quality.FILLER: 0.25,
        Quality.WINDOWS: pytest.approx(math.log(100)),
    }
