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
        driver=1,
        impostor=None if since is None else 9,
        since=since,
        call=call,
        scene=SimpleNamespace(spoilt=True, lot=5),
    )


def test_each_change_into_an_accusation_counts_and_the_first_tells_when() -> None:
    found = outcome(played([U, V, S, S, V, S]))
    assert (found.kind, found.accused, found.accusations, found.verified, found.exposed) == ("genuine", 2, 2, 1, 6)
    assert found.spoilt
    assert (found.driver, found.impostor, found.lot) == (1, None, 5)
    assert np.isinf(outcome(played([U, V])).accused)


def test_delays_run_from_the_impostor_and_only_calls_that_were_trusted_then_count() -> None:
    found = outcome(played([U, V, V, U, S], since=2.0))
    assert (found.kind, found.accused, found.trusted, found.exposed) == ("takeover", 2, True, 3)
    assert found.impostor == 9
    assert not outcome(played([V, S, S, S], since=2.0)).trusted
    assert not outcome(played([V, U, S, S], since=2.0)).trusted
    assert outcome(played([U, S], since=0.0)).kind == "impostor"


def call(
    kind: str,
    accused: float,
    driver: int = 0,
    exposed: float = 3600,
    verified: float = 5.0,
    lot: int | None = None,
    impostor: int | None = None,
) -> Outcome:
    own = driver if lot is None else lot
    return Outcome(driver, impostor, own, kind, exposed, accused, int(np.isfinite(accused)), True, verified)


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


def test_where_nobody_is_accused_the_next_one_may_be() -> None:
    calls = [call("genuine", np.inf, driver) for driver in range(9) for _ in range(50)]
    low, high = interval(calls)
    assert low == 0
    assert high == pytest.approx(100 / (calls[0].exposed / 3600) / 10)


def test_the_interval_of_delays_is_over_drivers_too() -> None:
    calls = [call("takeover", 5.0 + driver, driver) for driver in range(10) for _ in range(30)]
    low, high = delay_interval(calls)
    assert low is not None
    assert high is not None
    assert 5 < low < delays([one.accused for one in calls])[0] < high < 14
    assert delay_interval([]) == (None, None)


def test_intervals_draw_both_of_a_pair_together_for_they_share_their_fate() -> None:
    def calls(*, together: bool) -> list[Outcome]:
        lots = [driver // 2 if together else driver for driver in range(40)]
        accused = [
            call("genuine", 1800 if driver % 8 < 2 else np.inf, driver, lot=lots[driver]) for driver in range(40)
        ]
        found = [call("takeover", 5.0 + driver // 2, driver, lot=lots[driver]) for driver in range(40)]
        return accused + found

    drivers, pairs = summary(calls(together=False)), summary(calls(together=True))
    for low, high in (("rate_low", "rate_high"), ("delay_low", "delay_high")):
        assert pairs[high] - pairs[low] > 1.15 * (drivers[high] - drivers[low])


def test_pairs_are_counted_once_whoever_of_them_is_claimed() -> None:
    calls = [call("genuine", np.inf, driver) for driver in range(4)]
    calls += [call(kind, 9.0, one, impostor=one ^ 1) for one in range(4) for kind in ("takeover", "impostor")]
    found = summary(calls)
    assert (found["people"], found["pairs"]) == (4, 2)


def test_of_what_nothing_was_seen_nothing_is_told() -> None:
    found = summary([call("genuine", np.inf)])
    assert found["delay_median_s"] is found["delay_p95_s"] is found["delay_low"] is found["detected"] is None
    assert found["impostor_delay_median_s"] is found["impostors_accused"] is None
