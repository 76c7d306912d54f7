"""Token buckets."""

import pytest

from guard.access import buckets
from guard.access.buckets import Buckets
from tests.service_fakes import Clock


def test_a_minutes_worth_at_once_and_then_one_by_one() -> None:
    clock = Clock()
    made = Buckets(30, clock)
    assert [made.take("a") for _ in range(30)] == [0] * 30
    assert made.take("a") == pytest.approx(2)
    clock.now += 1
    assert made.take("a") == pytest.approx(1)
    clock.now += 1
    assert (made.take("a"), made.take("a")) == (0, pytest.approx(2))
    clock.now += 3600
    assert [made.take("a") for _ in range(31)].count(0) == 30


def test_keys_do_not_share() -> None:
    made = Buckets(1, Clock())
    assert (made.take("a"), made.take("b")) == (0, 0)
    assert made.take("a") > 0


def test_it_remembers_a_bounded_number_of_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(buckets, "MOST_KEYS", 2)
    made = Buckets(1, Clock())
    for key in ("a", "b", "a", "c"):
        made.take(key)
    assert len(made._levels) == 2
    assert made.take("b") == 0  # forgotten: it was the one not seen for longest
