"""Before and after on the same trials: the difference, its own interval, and what is said of it."""

from collections.abc import Sequence
from itertools import combinations

import numpy as np
import pytest

from trainer.beforeafter import Change, advice, changes, table, untold
from trainer.measures import weighted_auc
from trainer.trials import LEAST_IDENTITIES, Interval, Pairs


def scored(skill: float, drivers: int = 8, clips: int = 4, seed: int = 0) -> Pairs:
    """Every clip with every other; genuine pairs score `skill` deviations higher."""
    who = np.repeat(np.arange(drivers), clips)
    pairs = np.array(list(combinations(range(len(who)), 2)))
    genuine = who[pairs[:, 0]] == who[pairs[:, 1]]
    noise = np.random.default_rng(seed).normal(size=len(pairs))
    return Pairs(noise + skill * genuine, genuine, who[pairs])


def drawn_again(before: Pairs, after: Pairs, rounds: int = 200) -> list[float]:
    """The slow way: each round's pairs written out as often as their drivers were drawn."""
    rng, drivers, found = np.random.default_rng(1), np.unique(before.drivers), []
    for _ in range(rounds):
        times = np.bincount(rng.choice(drivers, len(drivers)), minlength=len(drivers))
        rows = [
            row
            for row, (one, other) in enumerate(before.drivers)
            for _ in range(times[one] if one == other else times[one] * times[other])
        ]
        even = np.ones(len(rows))
        aucs = [weighted_auc(pairs.score[rows], pairs.genuine[rows], even) for pairs in (before, after)]
        found.append(aucs[1] - aucs[0])
    return found


@pytest.mark.slow
def test_the_difference_has_the_interval_of_its_own_trials() -> None:
    before, after = scored(0.5), scored(1.2, seed=1)
    change = changes({"same face": before}, {"same face": after})[0]
    low, high = np.percentile(drawn_again(before, after), (2.5, 97.5))
    assert change.name == "AUC, same face"
    assert change.difference.value == pytest.approx(change.after.value - change.before.value)
    assert (change.difference.low, change.difference.high) == pytest.approx((low, high), abs=0.03)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("before", "after", "drivers", "said"),
    [
        (0.0, 2.0, 8, "better"),
        (2.0, 0.0, 8, "worse"),
        (1.0, 1.0, 8, "no difference beyond chance"),
        (0.0, 2.0, 4, "too few people to tell"),
    ],
)
def test_the_verdict_is_that_of_the_interval(before: float, after: float, drivers: int, said: str) -> None:
    found = changes({"one face": scored(before, drivers)}, {"one face": scored(after, drivers)})
    assert [change.name for change in found] == ["AUC, one face", "EER, one face"]
    assert [change.verdict for change in found] == [said, said]


def test_trials_of_one_kind_are_no_figure() -> None:
    pairs = scored(1.0)
    genuine = Pairs(pairs.score[pairs.genuine], pairs.genuine[pairs.genuine], pairs.drivers[pairs.genuine])
    assert changes({"other face": genuine}, {"other face": genuine}) == []
    count = len(genuine.score)
    assert untold({"same face": pairs, "other face": genuine}) == [
        f"AUC and EER, other face: there are {count} genuine, 0 impostor trials."
    ]


def moved(low: float, high: float, drivers: int = 8) -> Change:
    even = Interval(0.7, 0.6, 0.8, 100, drivers)
    within = (low, high) if drivers >= LEAST_IDENTITIES else (None, None)
    return Change("AUC, same face", even, even, Interval((low + high) / 2, *within, 100, drivers), drivers, 1)


@pytest.mark.parametrize(
    ("people", "world", "said"),
    [
        ([moved(0.1, 0.2)], [moved(-0.1, 0.1)], "The tuned bundle is better on the people held out, beyond chance."),
        ([moved(0.1, 0.2)], [moved(-0.2, -0.1)], "for your people only"),
        ([moved(-0.1, 0.2)], [moved(0.1, 0.2)], "NOT better"),
        ([moved(0.1, 0.2), moved(-0.2, -0.1)], [], "NOT better"),
        ([moved(0.1, 0.2, drivers=4)], [], "cannot be told"),
    ],
)
def test_advice_chooses_nothing_silently(people: Sequence[Change], world: Sequence[Change], said: str) -> None:
    assert said in advice(people, world)


@pytest.mark.slow
def test_of_too_few_people_the_table_has_no_interval() -> None:
    few = {"one face": scored(0.0, 4)}
    cells = [line.split(" | ") for line in list(table(changes(few, few)))[2:]]
    assert [cell[1].endswith("(no interval)") for cell in cells] == [True, True]
    assert [cell[3] for cell in cells] == ["+0.000 (no interval)"] * 2


def test_the_table_states_both_and_the_change() -> None:
    assert list(table([moved(0.1, 0.2)]))[2:] == [
        "| AUC, same face | 0.700 (0.600 to 0.800) | 0.700 (0.600 to 0.800) | +0.150 (+0.100 to +0.200) | better |"
    ]
