"""Variances between and within sessions, from series that were drawn with known ones."""

import numpy as np
import pytest
from scipy.stats import multivariate_normal

from guard.core.session import Spread
from trainer.calls.sessions import LEAST_TAU, Series, _cost, _factors, _grouped, _mean, fit_sessions, fit_spread


def drawn(spread: Spread, count: int, seed: int = 0, length: int = 60) -> list[Series]:
    """Series of two clips each, a moment every 0.8 s."""
    rng, time = np.random.default_rng(seed), np.tile(np.arange(length) * 0.8, 2)
    clip = np.repeat([0, 1], length)
    near = np.exp(-np.abs(time[:, None] - time[None]) / spread.tau) * (clip[:, None] == clip[None])
    llrs = rng.multivariate_normal(np.full(2 * length, spread.mean), spread.between + spread.within * near, count)
    return [Series(llr, time, clip) for llr in llrs]


@pytest.mark.slow
@pytest.mark.parametrize("spread", [Spread(1.2, 0.8, 2.0, 3.0), Spread(-0.7, 0.1, 1.0, 1.0)])
def test_the_variances_and_the_time_are_found_that_series_were_drawn_with(spread: Spread) -> None:
    found = fit_spread(drawn(spread, 400))
    assert found.mean == pytest.approx(spread.mean, abs=0.12)
    assert found.between == pytest.approx(spread.between, rel=0.25)
    assert found.within == pytest.approx(spread.within, rel=0.1)
    assert found.tau == pytest.approx(spread.tau, rel=0.15)


def test_independent_moments_are_given_the_shortest_time() -> None:
    rng = np.random.default_rng(0)
    series = [Series(rng.normal(size=40), np.arange(40) * 0.8, np.zeros(40, int)) for _ in range(50)]
    found = fit_spread(series)
    assert found.tau < 0.4
    assert found.tau >= LEAST_TAU
    assert found.between < 0.03


def test_series_of_other_moments_count_too_and_one_alone_says_nothing_of_sessions() -> None:
    spread = Spread(2.0, 0.5, 1.0, 2.0)
    mixed = drawn(spread, 150) + drawn(spread, 150, seed=1, length=30)
    assert fit_spread(mixed).mean == pytest.approx(2.0, abs=0.15)
    with pytest.raises(ValueError, match="two series"):
        fit_spread(mixed[:1])


def test_the_cost_is_the_density_of_every_series_by_itself() -> None:
    spread = Spread(0.4, 0.7, 1.3, 2.0)
    series = [*drawn(spread, 4, length=6), *drawn(spread, 3, seed=1, length=4)]
    groups, parts = _grouped(series), np.array([spread.between, spread.within, spread.tau])
    mean, slow = _mean(groups, _factors(groups, *parts.tolist())), 0.0
    for one in series:
        near = np.exp(-np.abs(one.time[:, None] - one.time[None]) / spread.tau) * (one.clip[:, None] == one.clip[None])
        wide = spread.between + spread.within * (near + 1e-6 * np.eye(len(near)))
        slow -= 2 * multivariate_normal(np.full(len(near), mean), wide).logpdf(one.llr)
        slow -= len(near) * np.log(2 * np.pi)
    assert _cost(parts, groups) == pytest.approx(slow / len(series), rel=1e-6)


@pytest.mark.slow
def test_both_kinds_are_fitted_apart() -> None:
    model = fit_sessions(drawn(Spread(1.0, 0.5, 1.0, 2.0), 100), drawn(Spread(-1.0, 0.5, 1.0, 2.0), 100))
    assert model.genuine.mean - model.impostor.mean == pytest.approx(2.0, abs=0.3)
