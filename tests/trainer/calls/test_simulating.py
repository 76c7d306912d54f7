"""Thresholds chosen on some people, tried on others."""

from dataclasses import replace

import pytest

from guard.core.errors import SettingsError
from guard.core.items import Thresholds
from guard.core.policy import Operating, Point
from guard.core.session import SessionModel, Spread
from tests.trainer.calls.synthetic import bank
from tests.trainer.calls.test_playing import SETTINGS
from trainer.calls import filming, scenes
from trainer.calls.simulating import Simulated, chosen_for, played, simulate

SESSIONS = {64: SessionModel(Spread(3.0, 1.0, 1.0, 2.0), Spread(-4.0, 1.0, 1.0, 2.0))}


def point(threshold: float, errors: float) -> Point:
    return Point(threshold, errors, 9.0, 20.0, 1.0, 5, 100.0)


@pytest.mark.slow
def test_every_scene_gets_its_turn_before_any_gets_another(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scenes, "GENUINE", 100.0)
    monkeypatch.setattr(scenes, "IMPOSTOR", 40.0)
    calls = list(played(bank(4, 2), SETTINGS, 16 / 36, seed=0))
    kinds = ["genuine" if one.since is None else "takeover" if one.since else "impostor" for one in calls]
    assert {kind: kinds.count(kind) for kind in kinds} == {"genuine": 16, "takeover": 8, "impostor": 8}
    drivers = [one.driver for one in calls if one.since is None]
    assert {driver: drivers.count(driver) for driver in drivers} == dict.fromkeys(range(4), 4)


def test_thresholds_err_as_seldom_together_as_was_promised() -> None:
    curves = Operating(
        suspect=(point(-1.0, 2.0), point(-2.0, 0.5), point(-3.0, 0.0)),
        change=(point(4.0, 0.6), point(5.0, 0.2)),
        continuity=(point(3.0, 0.9),),
    )
    rate, found = chosen_for(1.0, replace(SETTINGS, sessions=SESSIONS), curves)
    assert rate == 1.0
    assert (found.suspect, found.change, found.continuity) == (-2.0, 5.0, 3.0)
    assert found.limit >= max(found.verify, -found.suspect)
    rate, found = chosen_for(0.1, replace(SETTINGS, sessions=SESSIONS), curves)
    assert (rate, found.change) == (0.4, 5.0)
    # What the evidence does not use of its half is the change's: .0 of .5, so that .6 lies within what is left of 1.
    seldom = replace(curves, suspect=(point(-1.0, 2.0), point(-3.0, 0.0)))
    _, found = chosen_for(1.0, replace(SETTINGS, sessions=SESSIONS), seldom)
    assert (found.suspect, found.change) == (-3.0, 4.0)
    hopeless = replace(curves, change=(point(40.0, 90.0),))
    with pytest.raises(SettingsError, match="--rate: 1 is out of reach, and so is 100"):
        chosen_for(1.0, replace(SETTINGS, sessions=SESSIONS), hopeless)


@pytest.mark.slow
def test_what_is_promised_holds_for_others_where_people_are_easily_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(filming, "FACES", 10)
    monkeypatch.setattr(scenes, "GENUINE", 300.0)
    monkeypatch.setattr(scenes, "IMPOSTOR", 40.0)
    settings = replace(SETTINGS, sessions=SESSIONS)
    simulated = simulate([*bank(20, 10), *bank(3, 1, kind="real")], settings, 2, 200.0)
    found = simulated.figures()
    assert list(found) == ["procedural", "real", "procedural, nobody claimed"]
    assert found["procedural"]["hours"] == pytest.approx(2, rel=0.1)
    assert found["procedural"]["events"] == 0
    assert found["procedural"]["delay_median_s"] < 15
    assert found["real"]["hours"] == pytest.approx(0.4, rel=0.2)
    first, *rest = simulated.rows()
    assert first["promised_per_100h"] == 200.0
    assert {row["what"] for row in rest} == set(found)


def test_the_last_line_has_the_figures_that_count() -> None:
    thresholds = Thresholds(1.0, -1.0, 1.0, 40.0, 5.0)
    row = {
        "delay_median_s": 9.0,
        "delay_p95_s": 20.0,
        "false_accusations_per_100h": 1.0,
        "hours": 5,
        "events": 2,
        "people": 4,
        "pairs": 2,
        "x": 1,
    }
    figures = Simulated(1.0, Operating(), thresholds, {"real": row}, 20).figures()
    assert figures == {"real": {"promised_per_100h": 1.0} | {name: value for name, value in row.items() if name != "x"}}
