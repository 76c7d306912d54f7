import numpy as np
import pytest

from guard.core.recollection import ALIKE, BREAK, LENGTH, MODES, Recollection, Rows


def rows(count: int, seed: int = 0, size: float = 20.0) -> Rows:
    return np.clip(np.random.default_rng(seed).normal(0, size, (count, MODES)), -127, 127).astype(np.int8)


def holding(*runs: Rows, capacity: int = 1000) -> Recollection:
    kept = Recollection(capacity)
    for run in runs:
        kept.restart()
        for row in run:
            kept.push(row)
    return kept


def window_of(run: Rows) -> np.ndarray:
    window = holding(run).window()
    assert window is not None
    return window


def by_definition(kept: Rows, query: Rows) -> float:
    """The highest correlation with any LENGTH rows in a row, computed one by one."""
    found = [
        np.corrcoef((kept[n : n + LENGTH] - kept[n : n + LENGTH].mean(axis=0)).ravel(), (query - query.mean(0)).ravel())
        for n in range(len(kept) - LENGTH + 1)
    ]
    return float(max(one[0, 1] for one in found))


def test_what_was_seen_is_recognised_wherever_it_lies() -> None:
    seen = rows(5000)
    kept = Recollection.of(seen, 5000)
    for first in (0, 1, 1990, 2048, 4936):
        assert kept.alike(window_of(seen[first : first + LENGTH])) == pytest.approx(1.0, abs=1e-5)


def test_correlations_are_those_of_the_definition() -> None:
    seen, other = rows(300), rows(LENGTH, seed=1)
    mixed = (0.5 * seen[100 : 100 + LENGTH] + 0.7 * other).astype(np.int8)
    for query in (other, mixed):
        assert holding(seen).alike(window_of(query)) == pytest.approx(by_definition(seen, query), abs=1e-4)


def test_what_is_new_is_not_recognised() -> None:
    assert holding(rows(900)).alike(window_of(rows(LENGTH, seed=1))) < ALIKE


def test_order_counts() -> None:
    seen = rows(300)
    assert holding(seen).alike(window_of(seen[100 + LENGTH - 1 : 99 : -1])) < ALIKE


def test_size_does_not_count_and_sides_only_if_asked() -> None:
    seen = rows(300)
    larger = (seen[100 : 100 + LENGTH] * 1.5).clip(-127, 127).astype(np.int8)
    mirrored = seen[100 : 100 + LENGTH] * np.array([-1, 1, -1, 1, 1, -1, 1, -1], np.int8)
    kept = holding(seen)
    assert kept.alike(window_of(larger)) > 0.99
    assert kept.alike(window_of(mirrored)) < ALIKE
    assert kept.alike_mirrored(window_of(mirrored)) > 0.99


def test_nothing_is_recognised_across_a_break() -> None:
    seen = rows(120)
    kept = holding(seen[:60], seen[60:])
    assert kept.alike(window_of(seen[30 : 30 + LENGTH])) < ALIKE


def test_too_little_motion_is_never_recognised() -> None:
    still = rows(300, size=1.0)
    assert holding(still).window() is None
    assert holding(still).alike(window_of(rows(LENGTH))) == 0
    assert holding(rows(LENGTH - 1)).window() is None
    assert Recollection(100).window() is None


def test_the_newest_are_kept() -> None:
    seen = rows(950)
    kept = holding(seen, capacity=200)
    np.testing.assert_array_equal(kept.rows, seen[-200:])
    assert kept.alike(window_of(seen[-LENGTH:])) > 0.99
    assert kept.alike(window_of(seen[:LENGTH])) < ALIKE
    assert kept.alike(window_of(seen[-LENGTH:]), apart=1) < ALIKE


def test_rows_tell_all_that_is_to_be_kept_breaks_too() -> None:
    kept = holding(rows(100), rows(100, seed=1))
    assert (kept.rows == BREAK).all(axis=1).sum() == 1
    again = Recollection.of(kept.rows, 1000)
    np.testing.assert_array_equal(again.rows, kept.rows)
    assert again.alike(window_of(rows(100, seed=1)[:LENGTH])) > 0.99
