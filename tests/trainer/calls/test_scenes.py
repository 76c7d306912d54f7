"""Who plays what in a simulated call."""

from dataclasses import replace

import numpy as np
import pytest

from tests.trainer.calls.synthetic import bank
from tests.trainer.calls.test_playing import SETTINGS
from trainer.calls import scenes as module
from trainer.calls.bank import Person
from trainer.calls.scenes import IMPOSTOR, Simulator, scenes


@pytest.fixture
def short(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "GENUINE", 200.0)


def simulator(**options: bool) -> Simulator:
    return Simulator(SETTINGS, np.random.default_rng(0), **options)


def test_each_performance_opens_a_call_and_is_not_played_in_the_rest_of_it() -> None:
    people = bank(4, 2)
    found = scenes(people, 64, None)
    assert len(found) == 4 * 2 * 2
    for scene in found:
        assert not {id(one) for one in scene.opening} & {id(one) for one in scene.rest}
        (other,) = scene.others
        assert other % 2 == scene.driver % 2
        assert other != scene.driver
        assert {one.label.session for one in scene.others[other]} == {scene.session}


def test_who_has_no_reference_is_an_impostor_only() -> None:
    people = bank(2, 1)
    people[1] = Person("procedural", 1, 0, tuple(people[1].calls))
    found = scenes(people, 64, None)
    assert {scene.driver for scene in found} == {0}
    assert {other for scene in found for other in scene.others} == {1}


@pytest.mark.usefixtures("short")
def test_a_takeover_begins_after_the_calls_own_baseline_is_there() -> None:
    scene = scenes(bank(2, 1), 64, None)[0]
    played = simulator().takeover(scene)
    assert played.since is not None
    assert played.since >= 60
    assert played.call.seconds >= played.since + IMPOSTOR
    before, found = played.call.time < played.since, played.call.findings
    assert found.llr[before].mean() > 0 > found.llr[~before].mean()
    assert found.change[~before].mean() < 0


@pytest.mark.usefixtures("short")
def test_genuine_calls_and_impostors_from_the_start_have_one_driver() -> None:
    scene = scenes(bank(2, 1), 64, None)[0]
    genuine, impostor = simulator().genuine(scene), simulator().impostor(scene)
    assert (genuine.impostor, genuine.since, genuine.call.seconds >= 200) == (None, None, True)
    assert (impostor.impostor, impostor.since) == (1, 0.0)
    assert genuine.call.findings.llr.mean() > 0 > impostor.call.findings.llr.mean()


@pytest.mark.usefixtures("short")
def test_where_nobody_is_claimed_calls_are_compared_with_their_opening() -> None:
    played = simulator(continuity=True).takeover(scenes(bank(2, 1), 64, None)[0])
    assert np.isnan(played.call.findings.llr).all()
    assert played.call.suspicion[-1] > 20


def test_a_scene_is_spoilt_if_any_of_its_performances_is() -> None:
    (person,) = bank(1, 1)
    *clips, last = person.recordings
    spoilt = replace(last, label=replace(last.label, spoilt="noise 0.01"))
    found = scenes([Person("procedural", 0, 0, (*clips, spoilt))], 64, None)
    assert {(scene.session, scene.spoilt) for scene in found} == {(3, False), (4, True)}
