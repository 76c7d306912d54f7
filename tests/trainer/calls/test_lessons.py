"""What a guard learns in calls that are put together: of the person, of an impostor, of who takes over."""

from dataclasses import replace

import numpy as np
import pytest

from guard.core import learning
from guard.core.calibration import Calibration
from guard.core.change import Change
from guard.core.items import Thresholds
from guard.core.session import SessionModel, Spread
from guard.core.settings import Settings
from tests.trainer.calls.synthetic import bank
from trainer.calls.bank import Person, Recording
from trainer.calls.lessons import Enrolment, School

LINE = Calibration(12.0, -6.0)
SPREAD = SessionModel(Spread(3.0, 0.5, 2.0, 2.0), Spread(-3.0, 2.0, 2.0, 2.5))
SETTINGS = Settings(
    "test",
    (64,),
    5,
    {64: LINE},
    Thresholds(2.0, -6.0, 1.0, 40.0, 12.0, 5.0, 5.0),
    0.05,
    None,
    change=Change(64, LINE, 0.1, SPREAD),
)
LESSON = 150.0


@pytest.fixture(autouse=True)
def short(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(learning, "LONG", 100.0)


def school() -> School:
    return School(SETTINGS, np.random.default_rng(0))


def enrolled(person: Person, references: int = 3) -> Enrolment:
    found = school().enrolled(person, references)
    assert found is not None
    return found


def call(person: Person) -> list[Recording]:
    return person.sessions()[3]


def test_who_enrols_is_looked_at_as_often_as_by_an_enrolment() -> None:
    person = bank(1, 1)[0]
    windows_of_12_s = (300 - 64) // 8 + 1
    assert [enrolled(person, references).windows for references in (1, 3)] == [windows_of_12_s, 3 * windows_of_12_s]
    assert school().enrolled(replace(person, recordings=tuple(person.calls)), 1) is None


def test_a_person_teaches_a_guard_what_their_own_call_shows() -> None:
    person = bank(1, 1)[0]
    before = enrolled(person)
    learned = school().learned(before, [(call(person), LESSON)])
    assert learned is not None
    assert 30 <= len(learned) <= learning.MOST
    played = np.concatenate([clip.embeddings(64) for clip in call(person)])
    assert (learned @ played.T).max(axis=1) == pytest.approx(1.0, abs=1e-5)
    after = before.after(learned, 0.5)
    assert after.windows == before.windows + before.windows // learning.SHARE
    assert call_score(after, person) > call_score(before, person)


def call_score(enrolment: Enrolment, person: Person) -> float:
    """The mean score of windows of their call."""
    return float((school().shown(call(person)) @ enrolment.template).mean())


def test_a_call_that_is_short_teaches_nothing() -> None:
    person = bank(1, 1)[0]
    assert school().learned(enrolled(person), [(call(person), 90.0)]) is None


@pytest.mark.parametrize("before", [0.0, 60.0])
def test_somebody_else_teaches_a_guard_nothing(before: float) -> None:
    person, other = bank(2, 1)
    acts = [(call(person), before)] if before else []
    assert school().learned(enrolled(person), [*acts, (call(other), LESSON)]) is None


def test_what_is_unlike_the_enrolled_is_not_taken_up_but_by_force() -> None:
    person, other = bank(2, 1)
    before, shown = enrolled(person), school().shown(call(other))
    assert before.after(shown, 0.5) is before
    assert before.after(None, -1.0) is before
    forced = before.after(shown, -1.0)
    assert forced is not before
    assert 0.9 < before.template @ forced.template < 0.999
