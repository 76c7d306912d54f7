"""The cumulative sum: what moves it, where it stops, how seldom it alarms by chance."""

import numpy as np

from guard.core.change import CEILING, Suspicion, assumed, suspect


def test_it_rises_with_what_speaks_against_the_driver_and_falls_to_nothing() -> None:
    after = suspect(Suspicion(), -2.0, 0.5, run=0, time=3.0, threshold=10.0)
    assert after == Suspicion(1.0, 0, 3.0)
    assert suspect(after, 0.5, 1.0, run=0, time=4.0, threshold=10.0).value == 0.5
    assert suspect(after, 9.0, 1.0, run=1, time=5.0, threshold=10.0) == Suspicion(0.0, 1, 5.0)


def test_it_stops_a_little_above_the_threshold() -> None:
    assert suspect(Suspicion(9.0), -100.0, 1.0, run=0, time=1.0, threshold=10.0).value == CEILING * 10.0


def test_where_nothing_is_said_the_template_finds_who_is_as_far_off_as_assumed() -> None:
    change = assumed(64)
    assert (change.horizon, change.line.slope) == (64, 0.0)
    at_baseline, at_other = (change.line.offset + change.lean * below for below in (0.0, -2.8))
    assert at_baseline == -at_other == 1.4


def test_by_chance_it_reaches_a_threshold_more_seldom_than_the_bound_for_independent_steps() -> None:
    """Of exact, independent LLRs the mean time to an alarm is at least exp(threshold) steps."""
    random = np.random.default_rng(4)
    threshold, alarms, steps = 3.0, 0, 60_000
    suspicion = Suspicion()
    for n, llr in enumerate(random.normal(1.0, np.sqrt(2.0), steps)):  # mean is half the variance: exact
        suspicion = suspect(suspicion, float(llr), 1.0, run=0, time=float(n), threshold=threshold)
        if suspicion.value >= threshold:
            alarms, suspicion = alarms + 1, Suspicion()
    assert alarms > 100
    assert steps / alarms >= np.exp(threshold)
