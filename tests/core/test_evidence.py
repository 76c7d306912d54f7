"""Evidence: what it weighs, how it fades, which horizon speaks, where it stops."""

import math
from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from guard.core.evidence import Evidence, accumulate, window_weight
from guard.core.items import Thresholds
from guard.core.session import SessionModel, Spread, call_llr

RULES = Thresholds(verify=4, suspect=-4, dwell=1, memory=20, limit=12)
MODEL = SessionModel(Spread(1.5, 0.5, 2.0, 2.5), Spread(-1.5, 0.5, 2.0, 2.5))
WINDOW = 64 / 25


def after(windows: Sequence[tuple[float, float, float]], horizon: int = 64, before: Evidence | None = None) -> Evidence:
    """Evidence after windows given as LLR, weight and time."""
    evidence = before or Evidence()
    for llr, weight, time in windows:
        evidence = accumulate(evidence, llr, horizon, weight, time, {64: MODEL, 16: MODEL}, RULES)
    return evidence


@pytest.mark.parametrize(
    ("new", "horizon", "weight"),
    [(None, 64, 1), (5, 64, 5 / 64), (64, 64, 1), (63, 64, 63 / 64), (200, 64, 1), (5, 16, 5 / 16), (5, 128, 5 / 128)],
)
def test_only_new_frames_weigh(new: int | None, horizon: int, weight: float) -> None:
    assert window_weight(new, horizon) == weight


def test_the_first_window_is_worth_one_window() -> None:
    assert after([(0.7, 1.0, 2.56)]).value == pytest.approx(call_llr(0.7, 0.0, MODEL))


def test_windows_side_by_side_count_once_however_often_they_are_scored() -> None:
    often = after([(1.0, 1.0, 0.0), *((1.0, 5 / 64, 0.2 * n) for n in range(1, 129))])
    seldom = after([(1.0, 1.0, WINDOW * n) for n in range(11)])
    assert often.summaries[64].seconds == pytest.approx(seldom.summaries[64].seconds, rel=0.06)
    assert often.value == pytest.approx(seldom.value, rel=0.04)


def test_the_mean_is_that_of_what_was_seen_weighed_by_news_and_age() -> None:
    windows = [(2.0, 1.0, 0.0), (-1.0, 0.5, 5.0), (0.5, 0.25, 9.0)]
    weights = [weight * WINDOW * math.exp(-(9.0 - time) / RULES.memory) for _, weight, time in windows]
    slow = sum(w * llr for w, (llr, _, _) in zip(weights, windows, strict=True)) / sum(weights)
    summary = after(windows).summaries[64]
    assert summary.mean == pytest.approx(slow)
    assert summary.seconds == pytest.approx(sum(weights))


def test_more_of_the_same_says_more_and_then_no_more() -> None:
    values = [after([(1.0, 1.0, WINDOW * n) for n in range(count)]).value for count in (1, 2, 8, 100, 1000)]
    assert values == sorted(values)
    assert values[-1] < call_llr(1.0, RULES.memory, MODEL)
    assert values[-1] - values[-2] < 0.01 < values[1] - values[0]


def test_a_pause_takes_the_past_back_but_not_the_last_window() -> None:
    much = after([(-2.0, 1.0, WINDOW * n) for n in range(40)])
    late = after([(2.0, 1.0, 1e5)], before=much)
    assert late.value == pytest.approx(after([(2.0, 1.0, 1e5)]).value)


def test_the_horizon_that_tells_most_speaks() -> None:
    short = after([(1.0, 1.0, 0.64)], 16)
    both = after([(-1.0, 1.0, 2.56)], 64, short)
    assert short.value > 0
    assert both.value < 0, "of two that are worth one window each, the longer one's is the later"
    much = after([(1.0, 1.0, 0.64 * n) for n in range(1, 40)], 16)
    assert after([(-1.0, 1.0, 26.0)], 64, much).value > 0, "one long window does not outweigh a call of short ones"


@pytest.mark.parametrize(("llr", "limit"), [(1000.0, 12.0), (-1000.0, -12.0)])
def test_evidence_stops_at_the_limit(llr: float, limit: float) -> None:
    assert after([(llr, 1.0, 1.0)]).value == limit


def test_a_swap_is_seen_after_an_hour_as_soon_as_after_ten_minutes() -> None:
    def until_suspect(seconds: int) -> int:
        evidence = after([(2.0, 5 / 64, n / 5) for n in range(seconds * 5)])
        steps = 0
        while evidence.value > RULES.suspect:
            steps += 1
            evidence = after([(-2.0, 5 / 64, seconds + steps / 5)], before=evidence)
        return steps

    assert until_suspect(3600) == until_suspect(600) <= 5 * 2 * RULES.memory


@settings(deadline=None, max_examples=50)
@given(some.lists(some.tuples(some.floats(-5, 5), some.floats(0.01, 1)), min_size=1, max_size=30), some.floats(0, 1e6))
def test_evidence_does_not_depend_on_when_the_call_began(windows: list[tuple[float, float]], start: float) -> None:
    at = [(llr, weight, 0.25 * n) for n, (llr, weight) in enumerate(windows)]
    later = [(llr, weight, start + time) for llr, weight, time in at]
    assert after(later).value == pytest.approx(after(at).value, abs=1e-6)


@settings(deadline=None, max_examples=50)
@given(some.lists(some.floats(-5, 5), min_size=1, max_size=30), some.integers(0, 29), some.floats(0, 3))
def test_a_better_window_never_makes_a_call_worse(llrs: list[float], place: int, more: float) -> None:
    better = [llr + more * (n == place % len(llrs)) for n, llr in enumerate(llrs)]
    value = [after([(llr, 0.5, n / 5) for n, llr in enumerate(one)]).value for one in (llrs, better)]
    assert value[0] <= value[1] + 1e-9
