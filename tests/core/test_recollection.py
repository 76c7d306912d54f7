import numpy as np
import pytest

from guard.core.recollection import ALIKE, BREAK, MODES, SPAN, Recollection, Rows


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
    """The highest correlation with every second of SPAN rows in a row, computed one by one."""
    found = []
    for first in range(len(kept) - SPAN + 1):
        one, other = kept[first + 1 : first + SPAN : 2].astype(float), query[1::2].astype(float)
        found.append(np.corrcoef((one - one.mean(axis=0)).ravel(), (other - other.mean(axis=0)).ravel())[0, 1])
    return float(max(found))


def test_what_was_seen_is_recognised_wherever_it_lies() -> None:
    seen = rows(5000)
    kept = Recollection.of(seen, 5000)
    for first in (0, 1, 1930, 2048, 4872):
        assert kept.alike(window_of(seen[first : first + SPAN])) == pytest.approx(1.0, abs=1e-5)


def test_correlations_are_those_of_the_definition() -> None:
    seen, other = rows(300), rows(SPAN, seed=1)
    mixed = (0.5 * seen[100 : 100 + SPAN] + 0.7 * other).astype(np.int8)
    for query in (other, mixed):
        assert holding(seen).alike(window_of(query)) == pytest.approx(by_definition(seen, query), abs=1e-4)


def test_what_is_new_is_not_recognised() -> None:
    assert holding(rows(900)).alike(window_of(rows(SPAN, seed=1))) < ALIKE


def test_order_counts() -> None:
    seen = rows(300)
    assert holding(seen).alike(window_of(seen[100 + SPAN - 1 : 99 : -1])) < ALIKE


def test_size_does_not_count_and_sides_only_if_asked() -> None:
    seen = rows(300)
    larger = (seen[100 : 100 + SPAN] * 1.5).clip(-127, 127).astype(np.int8)
    mirrored = seen[100 : 100 + SPAN] * np.array([-1, 1, -1, 1, 1, -1, 1, -1], np.int8)
    kept = holding(seen)
    assert kept.alike(window_of(larger)) > 0.99
    assert kept.alike(window_of(mirrored)) < ALIKE
    assert kept.alike_mirrored(window_of(mirrored)) > 0.99


def test_nothing_is_recognised_across_a_break() -> None:
    seen = rows(240)
    kept = holding(seen[:120], seen[120:])
    assert kept.alike(window_of(seen[60 : 60 + SPAN])) < ALIKE


def test_too_little_motion_is_never_recognised() -> None:
    still = rows(300, size=1.0)
    assert holding(still).window() is None
    assert holding(still).alike(window_of(rows(SPAN))) == 0
    assert holding(rows(SPAN - 1)).window() is None
    assert Recollection(100).window() is None


def test_the_newest_are_kept() -> None:
    seen = rows(950)
    kept = holding(seen, capacity=200)
    np.testing.assert_array_equal(kept.rows[1:], seen[-200:])
    assert kept.alike(window_of(seen[-SPAN:])) > 0.99
    assert kept.alike(window_of(seen[:SPAN])) < ALIKE
    assert kept.alike(window_of(seen[-SPAN:]), apart=1) < ALIKE


def test_rows_tell_all_that_is_to_be_kept_breaks_too() -> None:
    kept = holding(rows(200), rows(200, seed=1))
    assert (kept.rows == BREAK).all(axis=1).sum() == 2
    again = Recollection.of(kept.rows, 1000)
    query = window_of(rows(200)[20:148])
    assert again.alike(query) == pytest.approx(kept.alike(query), abs=1e-4)
    again.push(rows(1, seed=2)[0])
    kept.push(rows(1, seed=2)[0])
    assert again.alike(window_of(kept.rows[-SPAN:])) > 0.99
    np.testing.assert_array_equal(again.rows, kept.rows)
    assert again.alike(window_of(rows(200, seed=1)[:SPAN])) > 0.99
