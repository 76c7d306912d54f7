"""Rates of refusal: people who are easy to tell apart, and what is filmed of one."""

import json
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from guard.bundle import Bundle
from guard.core.calibration import Calibration
from guard.enrolment.clips import Clip
from guard.enrolment.progress import variety
from tests.core.fakes import FakeEngine
from tests.core.helpers import settings
from tests.enrolment.people import around, clip
from trainer import enrolment
from trainer.cli import app, models
from trainer.data.world.world import World
from trainer.enrolment import Filmed, Refusals, film, variety_floor

SETTINGS = settings(horizons=(16,), calibration=Calibration(14.0, -7.0))


def filmed(person: int, spread: float = 0.5) -> Filmed:
    """Somebody who moves about an axis of their own; a loop shows one window, or two, again and again."""
    clips = [clip(around(person, spread, seed, count=12), str(seed)) for seed in range(enrolment.CLIPS)]
    loops = {seconds: clip(np.tile(around(person, spread, count=seconds // 3), (6, 1))) for seconds in enrolment.LOOPS}
    return Filmed(clips, loops)


def test_nobody_is_refused_among_people_who_are_alike_to_themselves_alone() -> None:
    rates = Refusals([filmed(person) for person in range(24)], SETTINGS).rates()
    assert rates == {
        "genuine, three clips": 0.0,
        "genuine, one clip": 0.0,
        "a clip of somebody enrolled among two": 1.0,
        "a clip of a stranger among two": 1.0,
        "one clip, of somebody enrolled": 1.0,
        "the same clip three times": 1.0,
        "3 s that repeat themselves": 1.0,
        "6 s that repeat themselves": 1.0,
    }


def test_genuine_refusals_are_told_by_what_was_short() -> None:
    people = [filmed(person) for person in range(24)]
    people[0] = Filmed([Clip("empty", "empty", people[0].clips[0].windows[:1])] * 3, people[0].loops)
    rates = Refusals(people, SETTINGS).rates()
    assert rates["genuine, three clips: MATERIAL"] == rates["genuine, three clips"] == pytest.approx(1 / 24)


def test_the_floor_of_variety_lies_between_what_people_and_loops_show() -> None:
    people = [filmed(person) for person in range(24)]
    shown = [variety([clip]) for one in people for clip in one.clips]
    assert variety_floor(people) == pytest.approx(np.percentile(shown, 2) / 2, abs=1e-3)  # loops have none


def test_people_are_not_refused_for_loops_that_vary_as_they_do() -> None:
    people = [Filmed(one.clips, {3: one.clips[0]}) for one in map(filmed, range(24))]
    shown = [variety([clip]) for one in people for clip in one.clips]
    floor = variety_floor(people)
    assert floor == pytest.approx(np.percentile(shown, 2), abs=1e-3)
    assert np.mean(np.array(shown) < floor) <= 0.03


@pytest.mark.slow
def test_what_was_found_is_put_into_a_bundle(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    people = iter([filmed(person) for person in range(24)])
    monkeypatch.setattr(models, "film", lambda *arguments: next(people))
    arguments = ["enrolment", "--drivers", "24", "--json", "--write", str(tmp_path / "bundle")]
    result = CliRunner().invoke(app, arguments)
    assert result.exit_code == 0, result.output
    floor = json.loads(result.stdout)["variety_floor"]
    written, shipped = Bundle.load(tmp_path / "bundle"), Bundle.default()
    assert written.settings().variety_floor == floor > 0
    assert written.calibration == shipped.calibration
    assert written.weights == shipped.weights


@pytest.mark.slow
def test_a_driver_is_filmed_on_several_occasions(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(enrolment, "SECONDS", 2)
    monkeypatch.setattr(enrolment, "LOOPS", (1,))
    one = film(World(split="validation"), FakeEngine(), SETTINGS, np.random.default_rng(1))
    assert len(one.clips) == enrolment.CLIPS
    assert {len(part.windows) for part in [*one.clips, *one.loops.values()]} == {5}
    assert one.loops[1].seconds == pytest.approx((16 + 4 * 8) / 25)
