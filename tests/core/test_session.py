"""What a whole call says: against sums written out, and against simulated sessions."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from guard.core.session import (
    ASSUMED,
    SessionModel,
    Spread,
    call_llr,
    independent_windows,
    reach,
    separation,
    share_beyond,
    variance,
)

variances = some.floats(0.05, 5)
spreads = some.builds(Spread, mean=some.just(0.0), between=variances, within=variances, tau=some.floats(0.5, 20))


def normal(value: float, mean: float, variance: float) -> float:
    """Logarithm of the density."""
    return -0.5 * ((value - mean) ** 2 / variance + math.log(2 * math.pi * variance))


@pytest.mark.parametrize(("seconds", "tau"), [(0.001, 2.0), (1.0, 2.0), (10.0, 2.0), (100.0, 2.0)])
def test_independent_windows_are_those_of_the_variance_of_a_mean(seconds: float, tau: float) -> None:
    times = np.linspace(0, seconds, 1000)
    correlation = np.exp(-np.abs(times[:, None] - times) / tau)
    assert independent_windows(seconds, tau) == pytest.approx(1 / correlation.mean(), rel=0.01)


def test_a_single_window_is_worth_one() -> None:
    assert independent_windows(0.0, 2.0) == 1.0
    assert independent_windows(0.00199, 2.0) == pytest.approx(independent_windows(0.00201, 2.0), abs=1e-5)


def test_of_equal_spreads_it_is_the_ratio_of_two_normal_densities() -> None:
    wide = variance(ASSUMED.genuine, 20.0)
    expected = normal(0.6, 1.4, wide) - normal(0.6, -1.4, wide)
    assert call_llr(0.6, 20.0, ASSUMED) == pytest.approx(expected)


@settings(deadline=None, max_examples=50)
@given(spreads, spreads, some.floats(0.1, 4), some.floats(0, 200), some.floats(-9, 9), some.floats(0, 9))
def test_a_higher_mean_never_says_less(
    genuine: Spread, impostor: Spread, apart: float, seconds: float, mean: float, more: float
) -> None:
    lifted = Spread(apart, genuine.between, genuine.within, genuine.tau)
    model = SessionModel(lifted, impostor)
    assert call_llr(mean, seconds, model) <= call_llr(mean + more, seconds, model) + 1e-9


def test_evidence_saturates_where_sessions_differ_and_does_not_where_they_do_not() -> None:
    assert call_llr(1.4, 1e5, ASSUMED) == pytest.approx(2.8**2 / 2 / 0.9, rel=0.01)
    low, high = reach(1e5, ASSUMED)
    assert high == -low == pytest.approx(2 * 1.4 * (1.4 + 1.645 * math.sqrt(0.9)) / 0.9, rel=0.01)
    alike = SessionModel(Spread(1.4, 0.0, 1.8, 2.5), Spread(-1.4, 0.0, 1.8, 2.5))
    assert reach(1e5, alike)[1] > 1e4
    assert separation(1e5, ASSUMED) < separation(1e5, alike)


@pytest.mark.parametrize("threshold", [-3.0, 0.0, 2.0])
def test_the_share_of_calls_beyond_a_threshold_is_that_of_drawn_calls(threshold: float) -> None:
    model = SessionModel(Spread(1.4, 0.9, 1.8, 2.5), Spread(-1.4, 1.5, 1.8, 2.5))
    drawn = np.random.default_rng(6).normal(-1.4, math.sqrt(variance(model.impostor, 20.0)), 20_000)
    share = np.mean([call_llr(float(mean), 20.0, model) >= threshold for mean in drawn])
    assert share_beyond(threshold, model.impostor, 20.0, model) == pytest.approx(share, abs=0.01)
    assert share_beyond(1e3, model.genuine, 20.0, model) == 0.0


def test_simulated_sessions_are_as_probable_as_it_says() -> None:
    """Of a true log-likelihood ratio, the mean of exp(-llr) over genuine calls is one."""
    random = np.random.default_rng(2)
    spread, seconds, step = ASSUMED.genuine, 20.0, 0.2
    keep = math.exp(-step / spread.tau)
    count = int(seconds / step)
    within = np.empty((4000, count))
    within[:, 0] = random.normal(0, math.sqrt(spread.within), 4000)
    for n in range(1, count):
        news = random.normal(0, math.sqrt(spread.within * (1 - keep**2)), 4000)
        within[:, n] = keep * within[:, n - 1] + news
    means = spread.mean + random.normal(0, math.sqrt(spread.between), 4000) + within.mean(axis=1)
    llrs = np.array([call_llr(float(mean), seconds, ASSUMED) for mean in means])
    assert means.var() == pytest.approx(variance(spread, seconds), rel=0.1)
    assert np.exp(-llrs).mean() == pytest.approx(1, abs=0.25)
    assert (llrs <= -2).mean() < math.exp(-2)
