"""Which windows are scored against which templates, against doing it one by one with the guard's own score."""

import numpy as np
import pytest

from guard.core.calibration import Quality
from guard.core.scoring import score
from tests.trainer.calls.synthetic import bank, person
from trainer.calls.bank import HORIZONS, Person
from trainer.calls.scored import THINNED, claim, identity, score_all


def test_everybody_on_a_face_is_scored_against_everybody_who_is_enrolled_there() -> None:
    people = bank(4, 2)
    found = score_all(people, 64, 64, None, (3,))
    assert {tuple(pair) for pair in found.drivers.tolist()} == {
        (a, b) for a in range(4) for b in range(4) if a % 2 == b % 2
    }
    per_recording = len(np.flatnonzero(people[0].calls[0].scored(64))[::THINNED])
    assert len(found.score) == 8 * 2 * 2 * per_recording
    assert found.genuine.mean() == 0.5


def test_scores_are_the_guards() -> None:
    people = bank(2, 1)
    found = score_all(people, 32, 64, None, (2,))
    enrolled = claim(people[1], 2, 64, None)
    assert enrolled is not None
    rows = np.flatnonzero((found.drivers == (1, 0)).all(axis=1))
    clip = people[0].calls[0]
    moments = np.flatnonzero(clip.scored(32))[::THINNED]
    column = HORIZONS.index(32)
    expected = [score(enrolled.template, clip.embedding[moment, column], None) for moment in moments]
    assert found.score[rows[: len(moments)]] == pytest.approx(expected, abs=1e-6)
    assert found.qualities[Quality.MOTION][rows[: len(moments)]] == pytest.approx(np.log(clip.motion[moments, column]))
    assert found.qualities[Quality.WINDOWS][rows] == pytest.approx(np.log(enrolled.windows))


def test_each_session_of_each_claim_weighs_the_same() -> None:
    people = bank(2, 1)
    people[0].calls[0].reason[40:, :] = "NO_MOTION"
    found = score_all(people, 64, 64, None)
    weights = np.bincount(found.series, found.weight)
    assert weights == pytest.approx(np.ones(len(weights)))
    assert len(np.unique(np.bincount(found.series))) == 2


def test_more_references_are_more_windows_and_one_without_any_is_nobodys_claim() -> None:
    one = person(0, 0)
    counts = [claim(one, references, 64, None).windows for references in (1, 2, 3)]  # type: ignore[union-attr]
    assert counts == sorted(set(counts))
    assert claim(Person("real", 1, 0, tuple(one.calls)), 3, 64, None) is None
    with pytest.raises(ValueError, match="no window"):
        score_all([Person("real", 1, 0, tuple(one.calls))], 64, 64, None)


def test_a_driver_is_the_same_before_every_face_and_kinds_are_kept_apart() -> None:
    assert identity(person(3, 0)) == identity(person(3, 1))
    assert identity(person(3, 0)) != identity(person(3, 0, kind="real"))


def test_kept_windows_keep_all_that_is_known_of_them() -> None:
    found = score_all(bank(4, 2), 64, 64, None, (3,))
    genuine = found.where(found.genuine)
    assert genuine.genuine.all()
    assert len(genuine.qualities[Quality.MOTION]) == len(genuine.score) == found.genuine.sum()
