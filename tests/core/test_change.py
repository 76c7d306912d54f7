"""Suspicion: against a slow version that looks at every stretch anew, what moves it, and that it saturates."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as trying
from hypothesis import strategies as some
from scipy.stats import norm

from guard.core.calibration import Calibration
from guard.core.change import STRETCHES, Change, Suspicion, assumed, suspect
from guard.core.session import SessionModel, Spread

HORIZON = 50
SPREAD = SessionModel(Spread(3.0, 0.5, 2.0, 2.0), Spread(-3.0, 2.0, 2.0, 2.5))
CHANGE = Change(HORIZON, Calibration(1.0, 0.0), spread=SPREAD)
Windows = list[tuple[float, int]]
"""LLR and new frames of each."""


def after(windows: Windows, change: Change = CHANGE, start: float = 0.0) -> list[Suspicion]:
    time, found = start, [Suspicion()]
    for llr, frames in windows:
        time += frames / 25
        found.append(suspect(found[-1], llr, frames, 0, time, change))
    return found[1:]


def slow(windows: Windows) -> float:
    """Of all stretches by densities of their mean, from a list that nothing is forgotten of."""
    begins: list[int] = []
    for at, (_, frames) in enumerate(windows):
        if frames and (not begins or sum(frames for _, frames in windows[begins[-1] : at]) >= HORIZON):
            begins.append(at)
    best = 0.0
    for begin in begins[-STRETCHES:]:
        stretch = [one for one in windows[begin:] if one[1]]
        frames = np.array([one[1] for one in stretch])
        mean = float(np.average([one[0] for one in stretch], weights=frames))
        seconds = frames[1:].sum() / 25
        densities = []
        for spread in (SPREAD.genuine, SPREAD.impostor):
            part = seconds / spread.tau
            count = part**2 / (2 * (part - 1 + np.exp(-part))) if part > 1e-3 else 1.0
            densities.append(norm(spread.mean, np.sqrt(spread.between + spread.within / count)))
        wide = [one.std() ** 2 for one in densities]
        turn = (SPREAD.genuine.mean / wide[0] - SPREAD.impostor.mean / wide[1]) / (1 / wide[0] - 1 / wide[1])
        mean = min(mean, turn) if wide[0] < wide[1] else max(mean, turn)
        best = max(best, densities[1].logpdf(mean) - densities[0].logpdf(mean))
    return best


windows = some.lists(
    some.tuples(some.floats(-15, 15), some.sampled_from([0, 1, 5, 5, 10, 20, HORIZON])), min_size=1, max_size=100
)


@pytest.mark.slow
@trying(deadline=None, max_examples=40)
@given(windows)
def test_it_is_what_a_look_at_every_stretch_finds(seen: Windows) -> None:
    assert after(seen)[-1].value == pytest.approx(slow(seen), abs=1e-6)


@trying(deadline=None, max_examples=40)
@given(windows, some.floats(0, 10), some.integers(0, 99))
def test_what_speaks_more_against_the_driver_never_lowers_it(seen: Windows, less: float, place: int) -> None:
    place %= len(seen)
    worse = [*seen[:place], (seen[place][0] - less, seen[place][1]), *seen[place + 1 :]]
    assert all(more.value >= one.value - 1e-9 for one, more in zip(after(seen), after(worse), strict=True))


@trying(deadline=None, max_examples=30)
@given(windows, some.floats(0, 1e6))
def test_when_a_call_begins_makes_no_difference(seen: Windows, start: float) -> None:
    assert [one.value for one in after(seen)] == [one.value for one in after(seen, start=start)]


@trying(deadline=None, max_examples=30)
@given(windows)
def test_its_state_does_not_grow(seen: Windows) -> None:
    assert all(len(one.stretches) <= STRETCHES for one in after(seen * 4))


@pytest.mark.slow
def test_a_stretch_that_is_somewhat_unlike_stays_where_a_cumulative_sum_would_rise_without_bound() -> None:
    unlike = after([(0.5, 5)] * 4500)  # a quarter of an hour, nearer to the same driver than to another one
    assert max(one.value for one in unlike) < 3.0
    assert unlike[-1].value == pytest.approx(unlike[2250].value, abs=0.2)
    worse = after([(-1.0, 5)] * 4500)
    assert unlike[-1].value < worse[-1].value < after([(-3.0, 5)] * 300)[-1].value


def test_another_driver_is_found_within_seconds_and_one_who_comes_back_is_seen_in_finite_time() -> None:
    found = after([(3.0, 5)] * 300 + [(-3.0, 5)] * 100 + [(3.0, 5)] * 300)
    values = np.array([one.value for one in found])
    assert values[:300].max() == 0.0
    assert np.argmax(values[300:] > 6.0) <= 25
    assert values[300 + 100 + STRETCHES * HORIZON // 5 + 10 :].max() == 0.0


def test_a_window_without_news_says_nothing() -> None:
    before = after([(-3.0, 5)])[-1]
    again = suspect(before, -9.0, 0, 1, 7.0, CHANGE)
    assert (again.value, again.stretches, again.run, again.time) == (before.value, before.stretches, 1, 7.0)


def test_where_nothing_is_said_the_template_finds_who_is_as_far_off_as_assumed() -> None:
    change = assumed(64)
    assert (change.horizon, change.line.slope) == (64, 0.0)
    at_baseline, at_other = (change.line.offset + change.lean * below for below in (0.0, -2.8))
    assert at_baseline == -at_other == 1.4
    assert (change.spread.genuine.mean, change.spread.impostor.mean) == (at_baseline, at_other)


@pytest.mark.slow
def test_by_chance_it_reaches_a_threshold_more_seldom_than_the_bound_for_one_stretch_allows() -> None:
    """Of windows as the model has them a likelihood ratio of e^h comes by chance in at most e^-h of the stretches."""
    random, threshold, sessions, alarms, looks = np.random.default_rng(4), 3.0, 500, 0, 20
    for _ in range(sessions):
        shared = random.normal(SPREAD.genuine.mean, np.sqrt(SPREAD.genuine.between))
        llrs = shared + random.normal(0, np.sqrt(SPREAD.genuine.within), looks)
        found = after([(float(llr), HORIZON) for llr in llrs])
        alarms += sum(one.value >= threshold for one in found)
    assert 0 < alarms / (sessions * looks) <= STRETCHES * np.exp(-threshold)
