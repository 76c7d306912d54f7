"""Error rates and detection cost against their definitions, threshold by threshold."""

import numpy as np
import pytest

from trainer.measures import TARGET_PRIOR, equal_error_rate, least_detection_cost, weighted_auc

EVEN = np.ones(4)


def trials(seed: int, number: int = 200) -> tuple[np.ndarray, np.ndarray]:
    """Scores with ties, genuine ones half a step higher on average."""
    rng = np.random.default_rng(seed)
    genuine = rng.random(number) < 0.4
    return np.round(rng.normal(genuine * 1.0), 1), genuine


def rates(score: np.ndarray, genuine: np.ndarray) -> list[tuple[float, float]]:
    """(missed, accepted) of each rule `accept if score >= threshold`, slowly."""
    thresholds = [*np.unique(score), np.inf]
    return [(float(np.mean(score[genuine] < t)), float(np.mean(score[~genuine] >= t))) for t in thresholds]


@pytest.mark.parametrize("seed", range(5))
def test_equal_error_rate_lies_where_the_rates_cross(seed: int) -> None:
    score, genuine = trials(seed)
    found = equal_error_rate(score, genuine, np.ones(len(score)))
    steps = rates(score, genuine)
    crossing = next(place for place, (missed, accepted) in enumerate(steps) if missed >= accepted)
    (missed, accepted), (missed_next, accepted_next) = steps[crossing - 1 : crossing + 1]
    assert max(missed, accepted_next) <= found <= min(accepted, missed_next)


@pytest.mark.parametrize("seed", range(5))
def test_least_cost_is_that_of_the_best_threshold(seed: int) -> None:
    score, genuine = trials(seed)
    costs = [TARGET_PRIOR * missed + (1 - TARGET_PRIOR) * accepted for missed, accepted in rates(score, genuine)]
    found = least_detection_cost(score, genuine, np.ones(len(score)))
    assert found == pytest.approx(min(costs) / TARGET_PRIOR)
    assert found <= 1.0


@pytest.mark.parametrize(
    ("score", "error", "cost"),
    [([0.9, 0.8, 0.2, 0.1], 0.0, 0.0), ([0.1, 0.2, 0.8, 0.9], 1.0, 1.0), ([0.5, 0.5, 0.5, 0.5], 0.5, 1.0)],
)
def test_perfect_reversed_and_silent_scores(score: list[float], error: float, cost: float) -> None:
    genuine = np.array([True, True, False, False])
    assert equal_error_rate(np.array(score), genuine, EVEN) == pytest.approx(error)
    assert least_detection_cost(np.array(score), genuine, EVEN) == pytest.approx(cost)


@pytest.mark.parametrize("measure", [weighted_auc, equal_error_rate, least_detection_cost])
def test_a_weight_of_two_is_a_trial_that_comes_twice(measure) -> None:  # type: ignore[no-untyped-def]
    score, genuine = trials(9, 60)
    times = np.random.default_rng(1).integers(0, 3, 60)
    again = measure(np.repeat(score, times), np.repeat(genuine, times), np.ones(times.sum()))
    assert measure(score, genuine, times.astype(float)) == pytest.approx(again)


@pytest.mark.parametrize("measure", [weighted_auc, equal_error_rate, least_detection_cost])
@pytest.mark.parametrize("kind", [True, False])
def test_one_kind_of_trial_alone_is_no_measurement(measure, kind: bool) -> None:  # type: ignore[no-untyped-def]
    assert np.isnan(measure(np.arange(4.0), np.full(4, kind), EVEN))
