"""Windows against the call's own opening: which are compared, and what the fit finds."""

import numpy as np
import pytest

from guard.core.baseline import LEAST
from guard.core.calibration import Calibration, Quality
from tests.trainer.calls.synthetic import bank
from trainer.calibrate import cllr
from trainer.calls.bank import Person
from trainer.calls.changes import change_llrs, compare_all, fit_changes

LINE = Calibration(12.0, -6.0)


def test_a_baseline_is_compared_with_another_performance_of_the_session_and_with_others_of_that_session() -> None:
    people = bank(4, 2)
    compared = compare_all(people, 64, 64, LINE, None)
    assert {tuple(pair) for pair in compared.drivers.tolist()} == {
        (a, b) for a in range(4) for b in range(4) if a % 2 == b % 2
    }
    # Two performances of the impostor for one of the same driver: the other one is what the baseline was made of.
    same, other = compared.weight[compared.genuine].sum(), compared.weight[~compared.genuine].sum()
    assert other == pytest.approx(2 * same)
    assert np.exp(compared.qualities[Quality.WINDOWS]).min() == pytest.approx(LEAST)


@pytest.mark.slow
def test_a_template_that_says_something_of_its_own_is_leant_on_only_where_somebody_is_claimed() -> None:
    compared = compare_all(bank(6, 2, between=0.4, within=1.2), 64, 64, LINE, None)
    change, continuity = fit_changes(compared, 64)
    assert (change.horizon, continuity.lean) == (64, 0.0)
    for one in (change, continuity):
        assert one.spread.genuine.mean > 0 > one.spread.impostor.mean
    assert change.lean > 0
    costs = [cllr(change_llrs(compared, one), compared.genuine, compared.weight) for one in (change, continuity)]
    assert costs[0] < costs[1] < 0.9


def test_sessions_of_one_performance_cannot_be_compared() -> None:
    single = [Person(one.kind, one.number, one.face, (*one.references, one.calls[0])) for one in bank(1, 1)]
    with pytest.raises(ValueError, match="two performances"):
        compare_all(single, 64, 64, LINE, None)
