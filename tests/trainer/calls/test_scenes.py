"""Who plays what in a simulated call."""

import numpy as np
import pytest

from guard.core.judge import Judge
from tests.trainer.calls.synthetic import bank
from tests.trainer.calls.test_playing import SETTINGS
from trainer.calls import scenes as module
from trainer.calls.bank import Person
from trainer.calls.scenes import IMPOSTOR, Simulator, scenes


@pytest.fixture
def short(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "GENUINE", 200.0)


def simulator(**options: bool) -> Simulator:
    return Simulator(Judge(SETTINGS), (64,), np.random.default_rng(0), **options)


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
    assert played.call.time >= played.since + IMPOSTOR
    llrs = [(one.finding.time < played.since, one.verdict.llr, one.verdict.change_llr) for one in played.call.heard]
    assert (
        np.mean([llr for before, llr, _ in llrs if before])
        > 0
        > np.mean([llr for before, llr, _ in llrs if not before])
    )
    assert np.mean([change for before, _, change in llrs if not before]) < 0


@pytest.mark.usefixtures("short")
def test_genuine_calls_and_impostors_from_the_start_have_one_driver() -> None:
    scene = scenes(bank(2, 1), 64, None)[0]
    genuine, impostor = simulator().genuine(scene), simulator().impostor(scene)
    assert (genuine.impostor, genuine.since, genuine.call.time >= 200) == (None, None, True)
    assert (impostor.impostor, impostor.since) == (1, 0.0)
    assert np.mean([one.verdict.llr for one in genuine.call.heard]) > 0
    assert np.mean([one.verdict.llr for one in impostor.call.heard]) < 0


@pytest.mark.usefixtures("short")
def test_where_nobody_is_claimed_calls_are_compared_with_their_opening() -> None:
    played = simulator(continuity=True).takeover(scenes(bank(2, 1), 64, None)[0])
    assert all(one.verdict.llr is None for one in played.call.heard)
    assert played.call.heard[-1].verdict.change > 20
