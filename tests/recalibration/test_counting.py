"""Hours of participants who are scored and not accused, by tenant; what cannot be kept waits."""

from dataclasses import replace
from datetime import date

import pytest

from guard.core.errors import GalleryError
from guard.core.items import Decision, Reason, Verdict
from guard.core.recalibration import Rates
from guard.recalibration.counting import Counting
from guard.updates import Event, Update
from tests.incidents.people import PARTICIPANT
from tests.service_fakes import FakeTenants, verdict

TODAY = date(2026, 11, 27)
RATES = Rates(claimed=0.04, followed=0.5)


class Bench:
    def __init__(self, rates: Rates | None = RATES) -> None:
        self.kept, self.day = FakeTenants(), TODAY
        self.counting = Counting(self.kept.add, lambda tenant: rates, lambda: self.day)

    def tell(self, *verdicts: Verdict, tenant: str = "default", key: str = "key") -> None:
        for one in verdicts:
            self.counting.take(Update(Event.VERDICT, replace(PARTICIPANT, verdict=one, tenant=tenant, key=key)))


def scored(count: int, first: int = 1) -> list[Verdict]:
    return [verdict(number, decision=Decision.VERIFIED) for number in range(first, first + count)]


def test_scored_seconds_count_by_tenant_and_day() -> None:
    bench = Bench()
    bench.tell(*scored(51))
    bench.tell(*scored(26), tenant="other", key="another")
    bench.day = date(2026, 11, 28)
    bench.tell(*scored(10, 52))
    bench.counting.flush()
    told = {(one.tenant, one.day): one for one in bench.kept.added}
    assert told["default", TODAY].seconds == pytest.approx(10.0)
    assert told["default", TODAY].expected == pytest.approx(10 / 3600 * RATES.claimed)
    assert told["other", TODAY].seconds == pytest.approx(5.0)
    assert told["default", bench.day].seconds == pytest.approx(2.0)
    assert {one.model_id for one in bench.kept.added} == {"fake"}


def test_neither_what_was_not_scored_nor_who_is_accused_counts() -> None:
    bench = Bench()
    accused = [verdict(number, decision=Decision.IMPOSTOR_SUSPECTED) for number in range(10, 20)]
    silent = [verdict(number, score=None, reason=Reason.GAP) for number in range(20, 30)]
    withheld = [replace(one, withheld=Decision.DRIVER_CHANGED) for one in scored(10, 30)]
    bench.tell(*scored(9), *accused, *silent, *withheld, *scored(6, 40))
    bench.counting.flush()
    (one,) = bench.kept.added
    assert one.seconds == pytest.approx(1.6 + 1.0)


def test_a_gap_between_two_verdicts_counts_a_second_at_most_and_who_left_begins_anew() -> None:
    bench = Bench()
    bench.tell(verdict(1), verdict(500))
    bench.counting.take(Update(Event.LEFT, PARTICIPANT))
    bench.tell(verdict(700))
    bench.counting.flush()
    assert [one.seconds for one in bench.kept.added] == [1.0]


def test_who_is_followed_without_a_claim_is_accused_at_a_rate_of_its_own() -> None:
    bench = Bench()
    bench.tell(*(replace(one, llr=None) for one in scored(11)))
    bench.counting.flush()
    assert bench.kept.added[0].expected == pytest.approx(2 / 3600 * RATES.followed)


def test_nothing_counts_of_thresholds_that_were_not_measured() -> None:
    bench = Bench(rates=None)
    bench.tell(*scored(51))
    bench.counting.flush()
    assert bench.kept.added == []


def test_what_cannot_be_kept_waits_and_is_kept_once() -> None:
    bench = Bench()
    bench.tell(*scored(51))
    bench.kept.fault = GalleryError("down")
    bench.counting.flush()
    bench.tell(*scored(50, 52))
    bench.kept.fault = None
    bench.counting.flush()
    bench.counting.flush()
    assert [one.seconds for one in bench.kept.added] == [pytest.approx(20.0)]
