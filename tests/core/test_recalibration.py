"""From dispositions to stricter thresholds: the posterior against one computed slowly, and what may never happen."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some

from guard.core.items import Thresholds
from guard.core.policy import Operating, Point
from guard.core.recalibration import (
    MOST,
    NEEDED,
    PRIOR,
    Basis,
    Found,
    estimate,
    gamma_below,
    gamma_quantile,
    measured_at,
)
from guard.core.session import SessionModel, Spread, reach

OPERATORS = Thresholds(verify=1.5, suspect=-2.0, dwell=3, memory=40, limit=30, change=6, continuity=6)
ALIKE = SessionModel(Spread(1.4, 0.0, 1.8, 2.5), Spread(-1.4, 0.0, 1.8, 2.5))
"""Sessions that have nothing of their own, so that evidence goes far."""


def points(*triples: tuple[float, float, int]) -> tuple[Point, ...]:
    return tuple(Point(threshold, errors, 8.0, 20.0, 0.9, events, 100.0) for threshold, errors, events in triples)


MEASURED = Operating(
    suspect=points((-1.0, 8.0, 8), (-2.0, 4.0, 4), (-3.0, 2.0, 2), (-4.0, 1.0, 1)),
    change=points((4.0, 9.0, 9), (6.0, 3.0, 3), (7.0, 2.99, 3), (8.0, 1.0, 1), (9.0, 0.99, 1)),
    continuity=points((4.0, 4.0, 4), (6.0, 2.0, 2), (8.0, 0.0, 0)),
)
BASIS = Basis(OPERATORS, MEASURED, ALIKE)
TRYING = settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.too_slow])
counts = some.integers(0, 60)
hours = some.floats(0.0, 2000.0)
levels = some.lists(some.floats(0.1, 20.0), min_size=1, max_size=6, unique=True).map(sorted)


@some.composite
def bases(draw: some.DrawFn) -> Basis:
    """Any table, in the order that a bundle's must have, whether its rates fall or not."""
    lists = {}
    for name in ("suspect", "change", "continuity"):
        sign = -1.0 if name == "suspect" else 1.0
        rates = some.floats(0.0, 50.0)
        lists[name] = points(*((sign * level, draw(rates), draw(some.integers(0, 50))) for level in draw(levels)))
    promised = draw(some.none() | some.floats(0.1, 20.0))
    suspect = -draw(some.floats(0.1, 10.0))
    own = replace(OPERATORS, suspect=suspect, change=draw(some.floats(0.1, 20.0)))
    return Basis(own, Operating(**lists), ALIKE, promised)


def strict(thresholds: Thresholds) -> tuple[float, float, float]:
    return -thresholds.suspect, thresholds.change, thresholds.continuity


@pytest.mark.slow
@TRYING
@given(bases(), hours, some.floats(0.0, 50.0), counts, counts, counts, counts)
def test_more_false_dispositions_never_give_a_laxer_threshold_nor_does_any_number_one_laxer_than_the_operators(
    basis: Basis, watched: float, expected: float, false: int, more: int, confirmed: int, left: int
) -> None:
    found = Found(watched, expected, false, confirmed, left)
    fewer = basis.stricter(estimate(found).strictness)
    many = basis.stricter(estimate(replace(found, false=false + more)).strictness)
    for operators, one, other in zip(strict(basis.thresholds), strict(fewer), strict(many), strict=True):
        assert operators <= one <= other
    assert replace(fewer, suspect=0, change=0, continuity=0) == replace(
        basis.thresholds, suspect=0, change=0, continuity=0
    )


@pytest.mark.slow
@TRYING
@given(hours, some.floats(0.0, 50.0), counts, counts, counts)
def test_confirmed_and_open_ones_move_nothing_by_themselves(
    watched: float, expected: float, false: int, confirmed: int, left: int
) -> None:
    assert estimate(Found(watched, expected, false, confirmed, left)) == estimate(Found(watched, expected, false, 0, 0))


@pytest.mark.parametrize(("false", "expected"), [(0, 0.0), (0, 30.0), (5, 1.0), (40, 40.0), (200, 20.0)])
def test_the_posterior_is_that_of_slow_integration(false: int, expected: float) -> None:
    ratios = np.linspace(1e-6, 80, 800_001)
    # Poisson of the number, Gamma of the prior with mean 1; in logarithms, for both are large.
    density = false * np.log(ratios) - expected * ratios + (PRIOR - 1) * np.log(ratios) - PRIOR * ratios
    weights = np.exp(density - density.max())
    weights /= weights.sum()
    below = np.cumsum(weights)
    said = estimate(Found(100.0, expected, false, 0, 0))
    assert said.ratio == pytest.approx(float(weights @ ratios), rel=1e-4)
    assert said.low == pytest.approx(float(ratios[np.searchsorted(below, 0.025)]), rel=2e-3)
    assert said.high == pytest.approx(float(ratios[np.searchsorted(below, 0.975)]), rel=2e-3)


@TRYING
@given(some.floats(0.5, 500.0), some.floats(0.001, 0.999))
def test_a_quantile_is_where_the_distribution_function_comes_to_its_share(shape: float, share: float) -> None:
    assert gamma_below(gamma_quantile(share, shape), shape) == pytest.approx(share, abs=1e-9)


def test_few_events_change_little_and_many_what_they_say() -> None:
    assert estimate(Found(2.0, 0.1, 1, 0, 0)).strictness < 1.25
    assert estimate(Found(2000.0, 100.0, 300, 0, 0)).strictness == pytest.approx(3, rel=0.05)
    assert estimate(Found(2000.0, 100.0, 10, 0, 0)).strictness == 1.0
    assert estimate(Found(1.0, 0.1, 500, 0, 0)).strictness == MOST


@pytest.mark.parametrize(
    ("false", "confirmed", "left", "missing"),
    [(0, 0, 0, NEEDED), (2, 1, 0, 2), (5, 0, 0, 0), (3, 3, 20, 7), (0, 5, 5, 0), (0, 5, 6, 1)],
)
def test_so_many_dispositions_are_missing(false: int, confirmed: int, left: int, missing: int) -> None:
    assert Found(1.0, 0.1, false, confirmed, left).missing == missing


def test_thresholds_are_the_first_that_err_seldom_enough_and_no_later_than_that_gains() -> None:
    assert strict(BASIS.stricter(1.0)) == (2.0, 6.0, 6.0)
    assert strict(BASIS.stricter(1.01)) == (3.0, 8.0, 8.0)  # 7.0 errs as often as 6.0
    assert strict(BASIS.stricter(2.0)) == (3.0, 8.0, 8.0)
    assert strict(BASIS.stricter(3.0)) == (4.0, 8.0, 8.0)
    assert BASIS.keeps(3.0)
    assert strict(BASIS.stricter(4.0)) == (4.0, 8.0, 8.0)
    assert not BASIS.keeps(4.0)  # the change of driver errs once, and nothing errs less
    assert strict(replace(BASIS, promised=8.0).stricter(2.0)) == (3.0, 8.0, 6.0)


def test_a_threshold_that_no_impostor_reaches_is_not_picked() -> None:
    low, _ = reach(OPERATORS.memory, ALIKE)
    measured = replace(MEASURED, suspect=points((-2.0, 4.0, 4), (low + 0.1, 1.0, 1), (low - 0.1, 0.0, 0)))
    assert Basis(OPERATORS, measured, ALIKE).stricter(9.0).suspect == low + 0.1
    near = Basis(replace(OPERATORS, limit=3.0), measured, ALIKE).stricter(9.0)
    assert (near.suspect, near.limit) == (low + 0.1, 1.0 - near.suspect), "the bound of the evidence leaves room"


def test_a_threshold_that_hardly_any_take_over_came_to_is_not_picked() -> None:
    silent = replace(MEASURED.change[-1], threshold=20.0, errors=0.0, events=0, reached=0.04)
    measured = replace(MEASURED, change=(*MEASURED.change, silent))
    assert Basis(OPERATORS, measured, ALIKE).stricter(9.0).change == 8.0
    heard = replace(measured, change=(*MEASURED.change, replace(silent, reached=0.06)))
    assert Basis(OPERATORS, heard, ALIKE).stricter(9.0).change == 20.0


def test_rates_are_those_of_the_strictest_point_that_is_not_stricter_and_never_nothing() -> None:
    rates = BASIS.rates(replace(OPERATORS, suspect=-2.5, continuity=9.0))
    assert rates is not None
    assert rates.claimed == pytest.approx((4.5 + 3.5) / 100)
    assert rates.followed == pytest.approx(0.5 / 100)
    assert BASIS.rates(replace(OPERATORS, suspect=-0.5)) is None
    assert Basis(OPERATORS, Operating(), ALIKE).rates(OPERATORS) is None
    assert measured_at(MEASURED, "change", 3.0) is None
