"""Lines from scores to LLRs, and what they cost: against slow versions and distributions whose answer is known."""

import numpy as np
import pytest
from scipy.optimize import minimize

from guard.core.calibration import Quality, log_likelihood_ratio
from trainer.calibrate import cllr
from trainer.calls.fitting import RESTRAINT, applied, decision_cost, fit_line, least_cllr


def normal_scores(count: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Scores whose spread grows as motion falls: the LLR of N(.3, s) over N(-.3, s) is .6 x / s^2."""
    rng = np.random.default_rng(seed)
    genuine, motion = np.arange(count) % 3 == 0, rng.normal(0.0, 1.0, count)
    return rng.normal(np.where(genuine, 0.3, -0.3), np.exp(-0.2 * motion)), genuine, motion


def test_the_slope_gives_way_where_quality_is_poor() -> None:
    score, genuine, motion = normal_scores(20_000)
    line = fit_line(score, genuine, np.ones(20_000), {Quality.MOTION: motion})
    slopes = [log_likelihood_ratio(1, line, {Quality.MOTION: at}) - line.offset for at in (-1.0, 0.0, 1.0)]
    assert slopes == pytest.approx([0.6 * np.exp(0.4 * at) for at in (-1.0, 0.0, 1.0)], abs=0.06)
    assert line.offset == pytest.approx(0, abs=0.05)


def test_the_line_is_that_of_least_cost_as_a_search_without_derivatives_finds_it() -> None:
    score, genuine, motion = normal_scores(500)
    weight, qualities = np.random.default_rng(2).uniform(0.5, 2.0, 500), {Quality.MOTION: motion}
    line = fit_line(score, genuine, weight, qualities)
    (term,) = line.terms
    above = np.clip(motion, term.low, term.high) - term.typical

    def cost(at: np.ndarray) -> float:
        llr = np.maximum(0.0, at[0] + at[2] * above) * score + at[1] + at[3] * above
        return cllr(llr, genuine, weight) + RESTRAINT * float(((at[2:] * above.std()) ** 2).sum())

    found = np.array([line.slope, line.offset, term.slope, term.offset])
    searched = minimize(
        cost, np.zeros(4), method="Nelder-Mead", options={"maxiter": 4000, "xatol": 1e-6, "fatol": 1e-10}
    )
    assert found == pytest.approx(searched.x, abs=2e-3)
    assert cost(found) <= searched.fun + 1e-8


def test_a_quality_that_hardly_differs_gets_no_term_and_extremes_say_no_more_than_the_fitted_range() -> None:
    score, genuine, motion = normal_scores(2000)
    line = fit_line(score, genuine, np.ones(2000), {Quality.MOTION: motion, Quality.FILLER: np.zeros(2000)})
    (term,) = line.terms
    assert term.quality is Quality.MOTION
    assert (term.low, term.high) == pytest.approx(np.quantile(motion, (0.05, 0.95)), abs=0.02)


def test_many_windows_at_once_are_what_the_guard_says_of_each() -> None:
    score, genuine, motion = normal_scores(300)
    filler = np.random.default_rng(1).uniform(0, 0.4, 300)
    qualities = {Quality.MOTION: motion, Quality.FILLER: filler}
    line = fit_line(score, genuine, np.ones(300), qualities)
    one_by_one = [
        log_likelihood_ratio(score[n], line, {Quality.MOTION: motion[n], Quality.FILLER: filler[n]}) for n in range(300)
    ]
    assert applied(line, score, qualities) == pytest.approx(one_by_one)


def slow_least_cllr(score: np.ndarray, genuine: np.ndarray) -> float:
    """Pool adjacent violators by the book: merge neighbours until shares of genuine trials rise."""
    shares = {True: 1 / genuine.sum(), False: 1 / (~genuine).sum()}
    pools: list[list[float]] = []  # genuine mass, mass
    members: list[list[bool]] = []
    for value in np.unique(score):
        there = genuine[score == value].tolist()
        pools.append([sum(shares[True] for one in there if one), sum(shares[one] for one in there)])
        members.append(there)
        while len(pools) > 1 and pools[-2][0] / pools[-2][1] >= pools[-1][0] / pools[-1][1]:
            last, joined = pools.pop(), members.pop()
            pools[-1] = [pools[-1][0] + last[0], pools[-1][1] + last[1]]
            members[-1] = members[-1] + joined
    cost = 0.0
    for (mine, mass), there in zip(pools, members, strict=True):
        odds = mine / (mass - mine) if mass > mine else np.inf
        for one in there:
            if one:
                cost += shares[True] * np.log2(1 + 1 / odds) if odds else np.inf
            else:
                cost += shares[False] * np.log2(1 + odds)
    return cost / 2


@pytest.mark.parametrize("seed", range(5))
def test_the_least_cost_is_that_of_pooled_neighbours(seed: int) -> None:
    rng = np.random.default_rng(seed)
    genuine = rng.random(120) < 0.4
    score = np.round(rng.normal(genuine * 1.0, 1.0), 1)  # with ties
    assert least_cllr(score, genuine, np.ones(120)) == pytest.approx(slow_least_cllr(score, genuine))


def test_what_is_calibrated_costs_little_more_than_the_least_and_a_wrong_scale_much() -> None:
    score, genuine, _ = normal_scores(20_000)
    even, line = np.ones(20_000), fit_line(*normal_scores(20_000, 1)[:2], np.ones(20_000), {})
    llr = applied(line, score, {})
    assert 0 < cllr(llr, genuine, even) - least_cllr(llr, genuine, even) < 0.005
    assert least_cllr(5 * llr + 3, genuine, even) == pytest.approx(least_cllr(llr, genuine, even))
    assert cllr(5 * llr + 3, genuine, even) - least_cllr(llr, genuine, even) > 0.2
    assert np.isnan(least_cllr(llr[genuine], genuine[genuine], even[genuine]))


def test_weights_stand_for_repetition() -> None:
    rng = np.random.default_rng(0)
    score, genuine, times = rng.normal(size=30), np.arange(30) % 2 == 0, rng.integers(1, 4, 30)
    again = least_cllr(np.repeat(score, times), np.repeat(genuine, times), np.ones(times.sum()))
    assert least_cllr(score, genuine, times.astype(float)) == pytest.approx(again)


def test_decisions_cost_what_their_threshold_brings() -> None:
    llr, genuine = np.array([3.0, 1.0, -1.0, -3.0]), np.array([True, True, False, False])
    even = np.ones(4)
    assert decision_cost(llr, genuine, even, 0.5, 1.0, 1.0) == 0
    # ln(10) = 2.3: the genuine trial at 1 is accused, which is half of them and as bad as not looking half the time
    assert decision_cost(llr, genuine, even, 0.5, 1.0, 10.0) == pytest.approx(0.5)
    assert decision_cost(-llr, genuine, even, 0.5, 1.0, 1.0) == pytest.approx(2.0)
