"""Figures of claims whose scores are known."""

import numpy as np
import pytest

from guard.core.items import Decision
from trainer.attacks.disguises import HONEST
from trainer.attacks.figures import row
from trainer.attacks.judging import Claim

PEOPLE = range(8)


def claim(who: int, claimed: int, llr: float, decision: Decision = Decision.UNCERTAIN, scored: int = 4) -> Claim:
    return Claim(who, claimed, np.full(scored, llr), 4, decision)


def everybody(genuine: float, impostor: float, decision: Decision = Decision.UNCERTAIN) -> list[Claim]:
    return [claim(who, one, genuine if who == one else impostor, decision) for who in PEOPLE for one in PEOPLE]


def test_a_disguise_that_changes_nothing_changes_no_figure() -> None:
    honest = everybody(2.0, -2.0)
    found = row(HONEST, honest, honest, verify=1.5)
    assert (found["auc"], found["genuine_auc"], found["scored"], found["claims"]) == (1.0, 1.0, 1.0, 56)
    assert (found["impostor_llr"], found["genuine_llr"], found["genuine_llr_change"]) == (-2.0, 2.0, 0.0)
    assert (found["window_accepted"], found["verified_10s"]) == (0.0, 0.0)


def test_impostors_who_pass_are_counted_against_genuine_people_who_are_as_ever() -> None:
    worn = everybody(-9.0, 2.0, Decision.VERIFIED)
    found = row(HONEST, worn, everybody(2.0, -2.0), verify=1.5)
    assert (found["auc"], found["window_accepted"], found["verified_10s"]) == (0.5, 1.0, 1.0)
    assert (found["genuine_auc"], found["genuine_llr_change"]) == (0.0, -11.0)


def test_a_person_who_is_accused_counts_and_an_impostor_who_is_does_not() -> None:
    worn = everybody(-3.0, -3.0, Decision.IMPOSTOR_SUSPECTED)
    found = row(HONEST, worn, everybody(2.0, -2.0), verify=1.5)
    assert (found["genuine_accused_10s"], found["genuine_verified_10s"], found["verified_10s"]) == (1.0, 0.0, 0.0)


def test_who_aims_at_one_person_has_no_genuine_figures() -> None:
    worn = [claim(who, (who + 1) % 8, 1.0) for who in PEOPLE]
    found = row(HONEST, worn, everybody(2.0, -2.0), verify=1.5)
    assert found["claims"] == 8
    assert not [name for name in found if name.startswith("genuine")]


def test_windows_without_a_score_are_no_score_of_zero() -> None:
    worn = [claim(who, one, 0.0, scored=0 if who == one else 2) for who in PEOPLE for one in PEOPLE]
    found = row(HONEST, worn, everybody(2.0, -2.0), verify=1.5)
    assert found["scored"] == pytest.approx((56 * 2) / (64 * 4), abs=1e-3)
    assert "genuine_llr" not in found
    assert "genuine_llr_change" not in found
    assert found["genuine_verified_10s"] == 0.0
