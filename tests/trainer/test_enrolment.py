"""Rates of refusal: people who are easy to tell apart, and what is filmed of one."""

import numpy as np
import pytest

from guard.core.calibration import Calibration
from guard.enrolment.clips import Clip
from tests.core.fakes import FakeEngine
from tests.core.helpers import settings
from tests.enrolment.people import around, clip
from trainer import enrolment
from trainer.data.world.world import World
from trainer.enrolment import Filmed, Refusals, film

SETTINGS = settings(horizons=(16,), calibration=Calibration(14.0, -7.0))


def filmed(person: int, spread: float = 0.5) -> Filmed:
    """Somebody who moves about an axis of their own; the loop shows the same window again and again."""
    clips = [clip(around(person, spread, seed, count=12), str(seed)) for seed in range(enrolment.CLIPS)]
    return Filmed(clips, clip([around(person, spread)[0]] * 12, "loop"))


def test_nobody_is_refused_among_people_who_are_alike_to_themselves_alone() -> None:
    rates = Refusals([filmed(person) for person in range(24)], SETTINGS).rates()
    assert rates == {
        "genuine, three clips": 0.0,
        "genuine, one clip": 0.0,
        "a clip of somebody enrolled among two": 1.0,
        "a clip of a stranger among two": 1.0,
        "one clip, of somebody enrolled": 1.0,
        "a video that repeats itself": 1.0,
    }


def test_genuine_refusals_are_told_by_what_was_short() -> None:
    people = [filmed(person) for person in range(24)]
    people[0] = Filmed([Clip("empty", "empty", people[0].clips[0].windows[:1])] * 3, people[0].loop)
    rates = Refusals(people, SETTINGS).rates()
    assert rates["genuine, three clips: MATERIAL"] == rates["genuine, three clips"] == pytest.approx(1 / 24)


@pytest.mark.slow
def test_a_driver_is_filmed_on_several_occasions(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(enrolment, "SECONDS", 2)
    monkeypatch.setattr(enrolment, "LOOP", 1)
    one = film(World(split="validation"), FakeEngine(), SETTINGS, np.random.default_rng(1))
    assert len(one.clips) == enrolment.CLIPS
    assert {len(part.windows) for part in [*one.clips, one.loop]} == {5}
    assert one.loop.seconds == pytest.approx((16 + 4 * 8) / 25)
