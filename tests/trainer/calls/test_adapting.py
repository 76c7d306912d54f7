"""Figures of templates that follow calls: of people who are told apart with ease, and on literals."""

from dataclasses import replace

import numpy as np
import pytest

from guard.core import learning
from tests.trainer.calls.synthetic import bank
from tests.trainer.calls.test_lessons import SETTINGS
from trainer.calls import adapting
from trainer.calls.adapting import Adaptation, Verified, gained


@pytest.fixture(autouse=True)
def short(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(learning, "LONG", 100.0)
    monkeypatch.setattr(adapting, "LESSON", 150.0)
    monkeypatch.setattr(adapting, "BEFORE", 60.0)
    monkeypatch.setattr(adapting, "ROUNDS", 20)


@pytest.mark.slow
def test_each_number_of_references_has_its_rows() -> None:
    rows = {row.pop("what"): row for row in Adaptation(bank(4, 2), SETTINGS).rows()}
    assert list(rows) == [
        f"{references} references, {what}"
        for references in (1, 3)
        for what in ("own call", "others", "anybody taken up")
    ]
    own, others = rows["1 references, own call"], rows["1 references, others"]
    assert (own["people"], own["changed"], own["drivers"]) == (4, 4, 4)
    assert own["auc"] == pytest.approx(1.0)
    assert (own["auc_low"], own["auc_high"]) == (None, None)  # four people are too few
    assert own["genuine_score_after"] > own["genuine_score"]  # of another session: more material is a better mean
    assert own["genuine_score_after"] - own["genuine_score"] < 0.1
    assert others == {"pairs": 4, "impostor": 0, "takeover": 0, "agree": 0}


@pytest.mark.slow
def test_what_is_taken_up_by_force_moves_scores_towards_whose_it_was() -> None:
    rows = {row.pop("what"): row for row in Adaptation(bank(4, 2), SETTINGS).rows()}
    for references in adapting.REFERENCES:
        forced = rows[f"{references} references, anybody taken up"]
        assert forced["cosine"] < 1
        assert forced["impostor_llr"] < forced["impostor_llr_after"] < 0 < forced["genuine_llr_after"]


def test_nobody_is_changed_by_calls_that_are_too_short(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(adapting, "LESSON", 80.0)
    first = next(Adaptation(bank(2, 1), SETTINGS).rows())
    assert first == {"what": "1 references, own call", "people": 2, "changed": 0}


def test_a_rise_is_that_of_the_same_windows() -> None:
    rng = np.random.default_rng(0)
    drivers = np.array([(claimed, drives) for claimed in range(6) for drives in range(6)]).repeat(5, axis=0)
    genuine = drivers[:, 0] == drivers[:, 1]
    score = rng.normal(size=len(drivers)) + genuine
    before = Verified(score, 3 * score, drivers, np.ones(len(score)))
    same, better = gained(before, before), gained(before, replace(before, score=genuine.astype(float)))
    assert (same["auc_rise"], same["auc_low"], same["auc_high"], same["cllr_rise"]) == (0, 0, 0, 0)
    assert better["auc_rise"] == pytest.approx(1 - before_auc(before))
    assert 0 < better["auc_low"] <= better["auc_rise"] <= better["auc_high"]
    assert better["cllr_rise"] == 0
    assert better["genuine_score_after"] == 1


def before_auc(seen: Verified) -> float:
    """Share of pairs of windows in the right order, one by one."""
    right = seen.score[seen.genuine][:, None] > seen.score[~seen.genuine][None]
    return float(right.mean())
