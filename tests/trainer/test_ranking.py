"""Intervals by ranks are those of the slow bootstrap, to the last bit."""

import numpy as np
import pytest

from trainer.measures import Measure, equal_error_rate, least_detection_cost, weighted_auc
from trainer.ranking import bootstrap_ranks
from trainer.trials import Pairs, bootstrap

MEASURES: dict[str, Measure] = {"AUC": weighted_auc, "EER": equal_error_rate, "minDCF": least_detection_cost}


def scored(seed: int, drivers: int = 7, pairs: int = 300, steps: float = 4.0) -> Pairs:
    """Trials of drivers by chance; scores are rounded to 1 / `steps`, so that many are equal."""
    rng = np.random.default_rng(seed)
    who = rng.integers(0, drivers, (pairs, 2))
    genuine = who[:, 0] == who[:, 1]
    score = np.round(steps * rng.normal(genuine * 1.0)) / steps
    return Pairs(score.astype(np.float32), genuine, who)


@pytest.mark.parametrize("steps", [1.0, 4.0, 1e6])
@pytest.mark.parametrize("seed", range(6))
def test_all_measures_are_those_of_the_slow_bootstrap(seed: int, steps: float) -> None:
    pairs = scored(seed, steps=steps)
    found = bootstrap_ranks(pairs, MEASURES, np.random.default_rng(4), rounds=20)
    for name, measure in MEASURES.items():
        assert found[name] == bootstrap(pairs, measure, np.random.default_rng(4), rounds=20)


def test_rounds_without_one_kind_of_trial_are_those_of_the_slow_bootstrap() -> None:
    pairs = scored(1, drivers=6, pairs=40)
    genuine = pairs.genuine & (pairs.drivers[:, 0] < 2)  # of two drivers only: a third of the rounds draw neither
    kept = genuine | ~pairs.genuine
    few = Pairs(pairs.score[kept], pairs.genuine[kept], pairs.drivers[kept])
    found = bootstrap_ranks(few, MEASURES, np.random.default_rng(4), rounds=20)
    for name, measure in MEASURES.items():
        assert found[name] == bootstrap(few, measure, np.random.default_rng(4), rounds=20)


def test_a_round_looks_at_genuine_scores_and_not_at_every_impostor() -> None:
    pairs, seen = scored(0, drivers=40, pairs=20_000, steps=1e6), []

    def watched(score: np.ndarray, genuine: np.ndarray, weight: np.ndarray) -> float:
        seen.append(len(score))
        return weighted_auc(score, genuine, weight)

    bootstrap_ranks(pairs, {"AUC": watched}, np.random.default_rng(4), rounds=2)
    assert max(seen) <= 3 * pairs.genuine.sum() + 1 < len(pairs.score) / 5
