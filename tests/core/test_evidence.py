"""Evidence on literals: what it weighs, how it fades, where it stops."""

import math

import pytest

from guard.core.evidence import Evidence, accumulate, window_weight
from guard.core.items import Thresholds

RULES = Thresholds(verify=4, suspect=-4, dwell=1, memory=20, limit=12)


@pytest.mark.parametrize(
    ("new", "horizon", "weight"),
    [(None, 64, 1), (5, 64, 5 / 64), (64, 64, 1), (63, 64, 63 / 64), (200, 64, 1), (5, 16, 5 / 16), (5, 128, 5 / 128)],
)
def test_only_new_frames_weigh(new: int | None, horizon: int, weight: float) -> None:
    assert window_weight(new, horizon) == weight


def test_windows_side_by_side_count_once_however_often_they_are_scored() -> None:
    often = 1 + sum(window_weight(5, 60) for _ in range(12))  # one window, and one more in twelve steps
    seldom = 1 + window_weight(60, 60)
    assert often == pytest.approx(seldom)


def test_the_first_window_counts_as_it_is() -> None:
    assert accumulate(Evidence(), 3.0, 1.0, 2.56, RULES) == Evidence(3.0, 2.56)


def test_nothing_fades_before_the_first_score_however_late_it_comes() -> None:
    assert accumulate(Evidence(), -3.0, 1.0, 1e6, RULES).value == -3.0


def test_what_was_seen_fades_with_the_memory() -> None:
    before = Evidence(8.0, 10.0)
    assert accumulate(before, 0.0, 1.0, 30.0, RULES).value == pytest.approx(8 / math.e)
    assert accumulate(before, 1.0, 0.5, 30.0, RULES).value == pytest.approx(8 / math.e + 0.5)


def test_fading_does_not_depend_on_how_often_one_looks() -> None:
    once = accumulate(Evidence(8.0, 0.0), 0.0, 1.0, 6.0, RULES)
    steps = Evidence(8.0, 0.0)
    for n in range(1, 31):
        steps = accumulate(steps, 0.0, 1.0, n * 0.2, RULES)
    assert steps.value == pytest.approx(once.value)


@pytest.mark.parametrize(("llr", "limit"), [(100.0, 12.0), (-100.0, -12.0), (math.inf, 12.0)])
def test_evidence_stops_at_the_limit(llr: float, limit: float) -> None:
    assert accumulate(Evidence(1.0, 0.0), llr, 1.0, 1.0, RULES).value == limit


def test_a_swap_is_seen_after_an_hour_as_soon_as_after_ten_minutes() -> None:
    def until_suspect(seconds: int) -> int:
        evidence = Evidence()
        for n in range(seconds * 5):
            evidence = accumulate(evidence, 6.0, 5 / 64, n / 5, RULES)
        steps = 0
        while evidence.value > RULES.suspect:
            steps += 1
            evidence = accumulate(evidence, -6.0, 5 / 64, seconds + steps / 5, RULES)
        return steps

    assert until_suspect(3600) == until_suspect(600) <= 35
