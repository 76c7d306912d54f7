"""What became of calls, and the figures of many."""

from types import SimpleNamespace

import numpy as np
import pytest

from guard.core.items import Decision
from trainer.calls.curves import delays
from trainer.calls.outcomes import Outcome, delay_interval, interval, outcome, summary
from trainer.calls.scenes import IMPOSTOR

U, V, S = Decision.UNCERTAIN, Decision.VERIFIED, Decision.IMPOSTOR_SUSPECTED


def played(decisions: list[Decision], since: float | None = None) -> SimpleNamespace:
    call = SimpleNamespace(
        time=np.arange(len(decisions), dtype=float), decisions=decisions, seconds=float(len(decisions))
    )
    return SimpleNamespace(
        driver=1, impostor=None if since is None else 9, since=since, call=call, scene=SimpleNamespace(spoilt=True)
    )


def test_each_change_into_an_accusation_counts_and_the_first_tells_when() -> None:
    found = outcome(played([U, V, S, S, V, S]))
    assert (found.kind, found.accused, found.accusations, found.verified, found.exposed) == ("genuine", 2, 2, 1, 6)
    assert found.spoilt
    assert np.isinf(outcome(played([U, V])).accused)


def test_delays_run_from_the_impostor_and_only_calls_that_were_trusted_then_count() -> None:
    found = outcome(played([U, V, V, U, S], since=2.0))
    assert (found.kind, found.accused, found.trusted, found.exposed) == ("takeover", 2, True, 3)
    assert not outcome(played([V, S, S, S], since=2.0)).trusted
    assert not outcome(played([V, U, S, S], since=2.0)).trusted
    assert outcome(played([U, S], since=0.0)).kind == "impostor"


def call(kind: str, accused: float, driver: int = 0, exposed: float = 3600, verified: float = 5.0) -> Outcome:
    return Outcome(driver, kind, exposed, accused, int(np.isfinite(accused)), True, verified)


def test_figures_are_of_first_accusations_and_of_takeovers() -> None:
    calls = [call("genuine", np.inf)] * 3 + [call("genuine", 1800)]
    calls += [call("takeover", 8), call("takeover", 12), call("takeover", np.inf)]
    calls += [call("impostor", 20, verified=np.inf), call("impostor", np.inf, verified=9.0)]
    found = summary(calls)
    assert (found["events"], found["hours"]) == (1, 3.5)
    assert found["false_accusations_per_100h"] == pytest.approx(100 / 3.5)
    assert (found["delay_median_s"], found["delay_p95_s"], found["detected"]) == (12, IMPOSTOR, pytest.approx(2 / 3))
    assert (found["impostors_accused"], found["impostors_verified"]) == (0.5, 0.5)


def test_the_interval_is_over_drivers_and_not_over_calls() -> None:
    one_person = [call("genuine", 1800 if driver == 0 else np.inf, driver) for driver in range(10) for _ in range(50)]
    low, high = interval(one_person)
    assert low == 0
    assert high > 2 * summary(one_person)["false_accusations_per_100h"]


def test_the_interval_of_delays_is_over_drivers_too() -> None:
    calls = [call("takeover", 5.0 + driver, driver) for driver in range(10) for _ in range(30)]
    low, high = delay_interval(calls)
    assert 5 < low < delays([one.accused for one in calls])[0] < high < 14
    assert delay_interval([]) == (IMPOSTOR, IMPOSTOR)
