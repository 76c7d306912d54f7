"""Which pairs are compared, and the AUC of their scores against slow definitions."""

from dataclasses import replace

import numpy as np
import pytest

from trainer.data.world.world import Trials
from trainer.measures import weighted_auc
from trainer.trials import LEAST_IDENTITIES, Interval, Pairs, auc, bootstrap, bounds, compare, draws


def trials(rows: list[tuple[int, int, int, str, float]]) -> Trials:
    """Rows of driver, face, performance, kind, group; all of one session."""
    driver, face, performance, kind, group = (np.array(column) for column in zip(*rows, strict=True))
    frames = np.zeros((len(rows), 6, 128, 128), np.uint8)
    alike = {"activity": np.full(len(rows), "speaking"), "family": np.full(len(rows), "gaussian")}
    alike["session"] = np.zeros(len(rows), int)
    return Trials(frames, driver, face, kind, performance, group.astype(np.float32), **alike)


ROWS = [
    (0, 0, 0, "real", 25.0),
    (0, 0, 1, "real", 25.0),
    (0, 1, 0, "real", 25.0),
    (1, 0, 0, "real", 25.0),
    (2, 0, 0, "real", 30.0),
    (3, 0, 0, "procedural", 0.0),
    (3, 0, 1, "procedural", 0.0),
]


def test_pairs_stay_within_kind_and_group_and_share_the_face() -> None:
    pairs = compare(np.eye(7), trials(ROWS), "real", same_face=True)
    assert pairs.drivers.tolist() == [[0, 0], [0, 1], [0, 1]]
    assert pairs.genuine.tolist() == [True, False, False]
    assert compare(np.eye(7), trials(ROWS), "procedural", same_face=True).genuine.tolist() == [True]


def test_one_performance_rendered_twice_is_no_genuine_pair() -> None:
    pairs = compare(np.eye(7), trials(ROWS), "real", same_face=False)
    # Clip 2 is another face's rendering of clip 0's performance, so only clip 1 pairs with it.
    assert pairs.drivers.tolist() == [[0, 0], [0, 1]]


def test_genuine_pairs_are_of_one_session_or_of_two_and_impostors_of_any() -> None:
    rows = [(driver, 0, number, "procedural", 0.0) for driver in (0, 1) for number in (0, 1, 2)]
    listed = replace(trials(rows), session=np.array([0, 0, 1, 0, 1, 1]))
    genuine = {
        same: (pairs := compare(np.eye(6), listed, "procedural", True, same)).drivers[pairs.genuine].tolist()
        for same in (None, True, False)
    }
    assert genuine == {None: [[0, 0]] * 3 + [[1, 1]] * 3, True: [[0, 0], [1, 1]], False: [[0, 0]] * 2 + [[1, 1]] * 2}
    assert (~compare(np.eye(6), listed, "procedural", True, True).genuine).sum() == 9


def test_families_of_generators_are_the_same_or_two() -> None:
    listed = replace(
        trials(ROWS[:4]), face=np.array([0, 1, 2, 3]), family=np.array(["latent", "latent", "turning", "keypoint"])
    )
    found = {same: compare(np.eye(4), listed, "real", False, None, same).faces.tolist() for same in (None, True, False)}
    assert found[True] == [[0, 1]]
    assert found[False] == [[0, 3], [1, 2], [1, 3], [2, 3]]  # clips 0 and 2 are of one performance
    assert sorted(found[True] + found[False]) == found[None]


def test_scores_are_cosines() -> None:
    angles = np.linspace(0, 1, 7)
    embeddings = np.stack((np.cos(angles), np.sin(angles)), axis=1)
    pairs = compare(embeddings, trials(ROWS), "real", same_face=True)
    assert pairs.score[0] == pytest.approx(np.cos(angles[1]))


def test_auc_is_the_share_of_pairs_in_the_right_order() -> None:
    score = np.array([0.9, 0.4, 0.4, 0.1, 0.6])
    genuine = np.array([True, True, False, False, False])
    wins = [(0.9, 1), (0.4, 1)]
    expected = np.mean([(g > i) + 0.5 * (g == i) for g, _ in wins for i in (0.4, 0.1, 0.6)])
    assert auc(Pairs(score, genuine, np.zeros((5, 2), int))) == pytest.approx(expected)


def test_a_weight_of_two_is_a_pair_that_comes_twice() -> None:
    rng = np.random.default_rng(0)
    score, genuine, times = rng.integers(0, 9, 30) / 9, rng.random(30) < 0.5, rng.integers(0, 3, 30)
    again = weighted_auc(np.repeat(score, times), np.repeat(genuine, times), np.ones(times.sum()))
    assert weighted_auc(score, genuine, times.astype(float)) == pytest.approx(again)


def test_without_one_kind_of_pair_there_is_no_auc() -> None:
    assert np.isnan(weighted_auc(np.array([0.1]), np.array([True]), np.ones(1)))


def test_the_interval_holds_the_auc_and_narrows_with_more_drivers() -> None:
    widths = []
    for drivers in (6, 40):
        rng = np.random.default_rng(0)
        first, second = np.triu_indices(2 * drivers, k=1)
        who = np.stack((first // 2, second // 2), axis=1)
        genuine = who[:, 0] == who[:, 1]
        interval = bootstrap(Pairs(genuine + rng.normal(0, 1, len(first)), genuine, who), weighted_auc, rng)
        assert interval.low <= interval.value <= interval.high
        widths.append(interval.high - interval.low)
    assert widths[1] < widths[0]


def crossed(faces: int, spread: float) -> Pairs:
    """Twelve drivers on so many faces, twice each; a face moves the scores of all impostors on it by `spread`."""
    who, face, _ = (axis.ravel() for axis in np.indices((12, faces, 2)))
    rng, (first, second) = np.random.default_rng(0), np.triu_indices(len(who), k=1)
    kept = face[first] == face[second]
    pairs = np.stack((first, second), axis=1)[kept]
    genuine, shown = who[pairs[:, 0]] == who[pairs[:, 1]], face[pairs]
    score = genuine + rng.normal(0, 1, len(pairs)) + spread * rng.normal(size=faces)[shown[:, 0]] * ~genuine
    return Pairs(score, genuine, who[pairs], shown)


def test_drivers_and_faces_are_drawn_again_apart() -> None:
    pairs, slow = crossed(LEAST_IDENTITIES, 0.0), np.random.default_rng(7)
    for weights in draws(pairs, np.random.default_rng(7), rounds=3):
        drivers = slow.integers(12, size=12).tolist()
        faces = slow.integers(LEAST_IDENTITIES, size=LEAST_IDENTITIES).tolist()
        expected = [
            drivers.count(a) * (1 if a == b else drivers.count(b)) * faces.count(f)
            for (a, b), (f, _) in zip(pairs.drivers.tolist(), pairs.faces.tolist(), strict=True)
        ]
        assert weights.tolist() == expected


def test_an_interval_knows_that_another_face_is_another_figure() -> None:
    def width(pairs: Pairs) -> float:
        found = bootstrap(pairs, weighted_auc, np.random.default_rng(0))
        return found.high - found.low

    pairs = crossed(8, 1.0)
    assert width(pairs) > 1.5 * width(replace(pairs, faces=None))
    few = crossed(LEAST_IDENTITIES - 1, 1.0)
    assert width(few) == width(replace(few, faces=None))


def among(drivers: int, genuine_of: int | None = None) -> Pairs:
    """Two clips of everybody, each with each; genuine trials of the first few only."""
    first, second = np.triu_indices(2 * drivers, k=1)
    who = np.stack((first // 2, second // 2), axis=1)
    genuine = who[:, 0] == who[:, 1]
    kept = ~genuine | (who[:, 0] < (drivers if genuine_of is None else genuine_of))
    score = genuine + np.random.default_rng(0).normal(0, 1, len(first))
    return Pairs(score[kept], genuine[kept], who[kept])


@pytest.mark.slow
@pytest.mark.parametrize("drivers", [2, LEAST_IDENTITIES - 1])
def test_few_identities_have_a_figure_and_no_interval(drivers: int) -> None:
    found = bootstrap(among(drivers), weighted_auc, np.random.default_rng(0))
    assert 0 < found.value <= 1
    assert (found.low, found.high, found.identities) == (None, None, drivers)
    assert found.remark == f"no interval: {drivers} of at least {LEAST_IDENTITIES} identities"
    assert bootstrap(among(LEAST_IDENTITIES), weighted_auc, np.random.default_rng(0)).low is not None


@pytest.mark.slow
def test_draws_that_cannot_be_measured_are_counted() -> None:
    drivers, rounds = 6, 300
    found = bootstrap(among(drivers, genuine_of=1), weighted_auc, np.random.default_rng(0), rounds)
    rng = np.random.default_rng(0)
    without = sum(0 not in rng.integers(drivers, size=drivers) for _ in range(rounds))
    assert found.unmeasured == without > 50
    assert found.remark == f"{without} draws of its interval held one kind of trial only"
    assert bootstrap(among(drivers), weighted_auc, np.random.default_rng(0)).remark == ""


def test_a_figure_that_no_draw_can_measure_has_no_interval() -> None:
    found = bootstrap(among(6, genuine_of=0), weighted_auc, np.random.default_rng(0), 20)
    assert (found.low, found.high, found.unmeasured) == (None, None, 20)
    assert found.remark == "no interval: none of its draws could be measured"


def test_bounds_in_words() -> None:
    assert bounds(0.7, 0.9) == "0.700 to 0.900"
    assert bounds(-0.1, 0.25, "+.2f") == "-0.10 to +0.25"
    assert bounds(None, None) == "no interval"
    assert Interval(0.5, None, None, 3, 2).rounded() == {"value": 0.5, "low": None, "high": None}
    assert Interval(1 / 3, 0.3, 0.4, 3, 9).rounded() == {"value": 0.3333, "low": 0.3, "high": 0.4}
