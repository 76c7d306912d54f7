"""Which trials each row counts, against loops over all pairs of a small cast."""

from itertools import combinations, pairwise, permutations

import numpy as np
import pytest

from trainer.tables import slices
from trainer.tables.labels import UNKNOWN, Labels, Numbers
from trainer.tables.readings import EVIDENCE


def cast(clips: int = 40, seed: int = 0, **known: Numbers) -> Labels:
    """Clips with everything drawn at random; `known` replaces parts."""
    rng = np.random.default_rng(seed)
    most = {"driver": 4, "face": 3, "performance": 5, "generator": 2, "session": 2, "group": 2}
    drawn = {name: rng.integers(0, number, clips) for name, number in most.items()}
    return Labels(**{**drawn, "own": rng.random(clips) < 0.5, "generators": ("a", "b"), **known})


def listed(trials: Numbers) -> list[tuple[int, int]]:
    """Trials without regard to which of their clips is the reference."""
    return sorted((min(pair), max(pair)) for pair in trials.tolist())


def copies(labels: Labels, a: int, b: int) -> bool:
    one, other = labels.performance[a], labels.performance[b]
    return bool(labels.driver[a] == labels.driver[b] and (one == other or UNKNOWN in (one, other)))


def test_all_trials_are_all_pairs_of_a_group_but_copies() -> None:
    labels = cast()
    labels.performance[:6] = UNKNOWN
    expected = [(a, b) for a, b in combinations(range(40), 2)
                if labels.group[a] == labels.group[b] and not copies(labels, a, b)]  # fmt: skip
    trials = slices.all_trials(labels, np.random.default_rng(0))
    assert listed(trials) == expected
    assert 0.3 < (trials[:, 0] < trials[:, 1]).mean() < 0.7


def test_without_a_trial_on_one_face_all_quarters_of_motion_are_there_and_empty() -> None:
    parts = list(slices.by_motion(np.arange(4.0), np.zeros((0, 2), np.int64)))
    assert [(part.row, len(part.trials)) for part in parts] == [
        ("least motion", 0),
        ("second quarter", 0),
        ("third quarter", 0),
        ("most motion", 0),
    ]


def test_genuine_trials_are_split_by_what_they_share() -> None:
    labels = cast()
    trials = slices.all_trials(labels, np.random.default_rng(0))
    rows = {part.row: part.trials for part in slices.by_relation(labels, trials)}
    assert len(rows) == 8
    for a, b in trials.tolist():
        words = {
            aspect: "same" if getattr(labels, aspect)[a] == getattr(labels, aspect)[b] else "other"
            for aspect in ("face", "generator", "session")
        }
        sessions = [words["session"]] if labels.driver[a] == labels.driver[b] else ["same", "other"]
        expected = {f"{words['face']} face, {words['generator']} generator, {s} session" for s in sessions}
        assert {row for row, shown in rows.items() if [a, b] in shown.tolist()} == expected


def test_what_is_not_known_splits_nothing() -> None:
    nothing = np.full(40, UNKNOWN)
    labels = cast(generator=nothing, session=nothing)
    trials = slices.all_trials(labels, np.random.default_rng(0))
    assert [part.row for part in slices.by_relation(labels, trials)] == ["same face", "other face"]


@pytest.mark.parametrize("owners", [True, False])
def test_cells_of_the_matrix_hold_each_trial_once_enrolled_on_ones_own_face(owners: bool) -> None:
    labels = cast() if owners else cast(own=np.zeros(40, bool))
    trials = slices.all_trials(labels, np.random.default_rng(0))
    kept = set(listed(trials))
    cells = {part.row: part.trials for part in slices.by_generators(labels, trials)}
    for a, enrolled in enumerate(labels.generators):
        for b, verified in enumerate(labels.generators):
            expected = {
                (reference, test)
                for reference, test in permutations(range(40), 2)
                if (min(reference, test), max(reference, test)) in kept
                and labels.face[reference] == labels.face[test]
                and (labels.generator[reference], labels.generator[test]) == (a, b)
                and (labels.own[reference] or not owners)
            }
            found = [tuple(pair) for pair in cells[slices.cell(enrolled, verified)].tolist()]
            assert set(found) <= expected
            assert listed(np.array(found)) == sorted({(min(pair), max(pair)) for pair in expected})


def test_quarters_of_motion_hold_as_many_test_clips_and_all_trials() -> None:
    labels, energy = cast(), np.random.default_rng(3).random(40)
    trials = slices.all_trials(labels, np.random.default_rng(0))
    parts = list(slices.by_motion(energy, trials))
    assert sorted(np.concatenate([part.trials for part in parts]).tolist()) == sorted(trials.tolist())
    tested = [set(part.trials[:, 1].tolist()) for part in parts]
    assert max(map(len, tested)) - min(map(len, tested)) <= 1
    for quieter, livelier in pairwise(tested):
        assert max(energy[list(quieter)]) < min(energy[list(livelier)])


def test_every_point_in_time_counts_the_trials_whose_test_clip_is_long_enough() -> None:
    lengths = np.array([40, 128, 130, 191, 64, 500, 20])
    trials = np.array([(0, 1), (1, 0), (5, 2), (3, 6), (4, 5), (5, 4)])
    parts = list(slices.by_seconds(lengths, trials))
    assert slices.evidence_windows(lengths) == 2
    assert [part.row for part in parts] == ["0.64", "1.28", "2.56", "5.12"]
    assert [part.test for part in parts] == ["first 16", "first 32", "first 64", "first 128"]
    for part in parts:
        assert part.reference == EVIDENCE
        assert part.trials.tolist() == [[0, 1], [5, 2], [4, 5]]


def test_short_clips_give_one_window_at_most() -> None:
    assert slices.evidence_windows(np.array([10, 30, 60])) == 1


def test_lengths_compare_like_with_like() -> None:
    parts = list(slices.by_length((16, 128), np.array([(0, 1)])))
    assert [(part.row, part.reference, part.test) for part in parts] == [
        ("16", "centre 16", "centre 16"),
        ("128", "centre 128", "centre 128"),
    ]
