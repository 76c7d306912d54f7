"""Rates and delays of thresholds, from calls whose values are literals."""

from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from guard.core.items import Decision, Thresholds
from trainer.calls.curves import Reached, curve, delays, of_evidence, of_suspicion, open_ended, reached
from trainer.calls.scenes import IMPOSTOR


@dataclass
class FakePlayed:
    """Stands for scenes.Played: values at moments a second apart."""

    values: list[float]
    since: float | None = None
    driver: int = 0
    decision: Decision = Decision.VERIFIED
    call: Any = field(init=False)
    scene: Any = field(init=False)

    def __post_init__(self) -> None:
        values, count = np.array(self.values, float), len(self.values)
        self.call = SimpleNamespace(
            time=np.arange(count, dtype=float),
            evidence=values,
            suspicion=values,
            decisions=[self.decision] * count,
            seconds=float(count),
        )
        self.scene = SimpleNamespace(number=self.driver)


def test_a_genuine_call_tells_when_it_reached_each_threshold() -> None:
    found = of_suspicion(FakePlayed([0, 1, 3, 2, 5]), np.array([1.0, 2.0, 4.0, 9.0]))
    assert found.seconds.tolist() == [1, 2, 4, np.inf]
    assert (found.exposed, found.spoilt.any()) == (5, False)


def test_delays_run_from_the_takeover_and_what_was_reached_before_is_spoilt() -> None:
    found = of_suspicion(FakePlayed([0, 2, 0, 1, 5], since=2.0), np.array([1.0, 2.0, 4.0]))
    assert found.spoilt.tolist() == [True, True, False]
    assert found.seconds.tolist() == [1, 2, 2]
    assert found.exposed == 3
    doubted = FakePlayed([0, 2, 0, 1, 5], since=2.0, decision=Decision.UNCERTAIN)
    assert of_suspicion(doubted, np.array([9.0])).spoilt.all()


def test_evidence_against_the_driver_counts_downwards_and_has_to_last() -> None:
    played = FakePlayed([0, -3, 0, -3, -3, -3])
    assert of_evidence(played, np.array([2.0]), 2.0, -1.0).seconds.tolist() == [5]
    assert np.isinf(of_evidence(played, np.array([2.0]), 2.0, 1.0).seconds).all()


def call(
    *seconds: float, exposed: float = 3600.0, spoilt: tuple[bool, ...] = (False, False), scene: int = 0
) -> Reached:
    return Reached(scene, exposed, np.array(seconds), np.array(spoilt))


def test_a_call_counts_up_to_its_first_mistake_and_the_curve_ends_where_there_is_none() -> None:
    wrong = [call(1800, np.inf, np.inf, spoilt=(False,) * 3), call(np.inf, np.inf, np.inf, spoilt=(False,) * 3)]
    points = curve(np.array([1.0, 2.0, 3.0]), wrong, [])
    assert [(point.threshold, point.events, point.hours) for point in points] == [(1.0, 1, 1.5), (2.0, 0, 2.0)]


def test_one_scene_more_than_erred_counts_as_one_that_does() -> None:
    never = [call(np.inf, np.inf, scene=scene) for scene in (2, 3, 4) for _ in range(5)]
    first, second = curve(np.array([1.0, 2.0]), [*[call(9.0, np.inf, scene=1)] * 5, *never], [])
    assert (first.events, second.events) == (5, 0)
    assert first.errors == pytest.approx(100 * 10 / first.hours)
    assert second.errors == pytest.approx(100 * 5 / 20), "of four scenes none erred: as if one of four did"


def test_delays_leave_out_spoilt_calls_and_count_what_never_came_as_the_longest() -> None:
    right = [call(5, 9), call(7, 20), call(6, np.inf), call(1, 2, spoilt=(True, False))]
    points = curve(np.array([1.0, 2.0]), [call(9, 9)], right)
    assert (points[0].delay_median, points[0].delay_p95, points[0].reached) == (6, 7, 1.0)
    assert (points[1].delay_p95, points[1].reached) == (IMPOSTOR, 0.75)
    assert delays([]) == (IMPOSTOR, IMPOSTOR, 0.0)


def test_without_accusations_values_may_go_on_as_they_like() -> None:
    opened = open_ended(Thresholds(2.0, -3.0, 1.0, 40.0, 5.0))
    assert (opened.verify, opened.dwell, opened.memory) == (2.0, 1.0, 40.0)
    assert min(-opened.suspect, opened.limit, opened.change, opened.continuity) == 1e6


def test_reached_takes_any_values() -> None:
    played = FakePlayed([0.0] * 3)
    found = reached(played, np.array([1.0, 2.0, 3.0]), np.array([0.0, 1.0, 2.0]), np.array([3.0]), 0.0)
    assert found.seconds.tolist() == [2]
