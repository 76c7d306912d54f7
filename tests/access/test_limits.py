"""Rate limits and the lock on claims that keep failing."""

import pytest

from guard.access import failures
from guard.access.caller import Caller
from guard.access.limits import Limits
from guard.access.settings import FREE, LimitSettings
from guard.core.errors import LockedError, RateError
from guard.core.items import Decision
from tests.service_fakes import Clock

CALLER, OTHER = Caller("meet-1", "acme"), Caller("meet-2", "acme")


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def limits(clock: Clock) -> Limits:
    return Limits(LimitSettings(failures_to_lock=6, lock_seconds=600, streams_per_minute=60), clock)


def fail(limits: Limits, times: int = 1, caller: Caller = CALLER, claim: str = "Ada") -> None:
    """So many streams are judged to be impostors'."""
    for number in range(times):
        limits.decided(caller, claim, f"{limits._clock()} {number}", Decision.IMPOSTOR_SUSPECTED)


def wait(limits: Limits, caller: Caller = CALLER, claim: str = "Ada") -> float:
    """Seconds that the caller has to wait before it may claim this person."""
    try:
        limits.open(caller, claim)
    except LockedError as error:
        return error.retry_after or 0.0
    return 0.0


def test_streams_are_so_many_a_minute_for_each_caller(limits: Limits, clock: Clock) -> None:
    for _ in range(60):
        limits.open(CALLER, "")
    with pytest.raises(RateError, match="too many streams of one caller; try again in 1 s") as caught:
        limits.open(CALLER, "")
    assert caught.value.retry_after == pytest.approx(1)
    limits.open(OTHER, "")
    clock.now += 1
    limits.open(CALLER, "")


def test_enrolments_have_a_limit_of_their_own(clock: Clock) -> None:
    limits = Limits(LimitSettings(enrolments_per_minute=2), clock)
    limits.enrol(CALLER)
    limits.enrol(CALLER)
    with pytest.raises(RateError, match="too many enrolments"):
        limits.enrol(CALLER)
    limits.open(CALLER, "")


def test_claims_that_fail_wait_twice_as_long_each_time_and_are_then_locked(limits: Limits, clock: Clock) -> None:
    waits = []
    for _ in range(7):
        fail(limits)
        waits.append(wait(limits))
        clock.now += waits[-1] + 0.5
    assert waits == [0] * FREE + [2, 4, 600, 600]


def test_the_lock_is_of_one_caller_and_one_claim(limits: Limits) -> None:
    fail(limits, 6)
    assert wait(limits) == 600
    assert (wait(limits, OTHER), wait(limits, CALLER, "Bob"), wait(limits, Caller("meet-1", "rival"))) == (0, 0, 0)
    assert limits.locked() == 1


def test_a_verified_stream_takes_it_all_back(limits: Limits) -> None:
    fail(limits, 6)
    limits.decided(CALLER, "Ada", "another", Decision.VERIFIED)
    assert (wait(limits), limits.locked()) == (0, 0)
    fail(limits)
    assert wait(limits) == 0


def test_a_lock_is_lifted_for_every_caller_of_one_tenant(limits: Limits) -> None:
    fail(limits, 6)
    fail(limits, 6, OTHER)
    fail(limits, 6, claim="Bob")
    fail(limits, 6, Caller("meet-1", "rival"))
    assert limits.lift("acme", "Ada") == 2
    assert (wait(limits), wait(limits, OTHER), limits.locked()) == (0, 0, 2)
    assert limits.lift("acme", "Ada") == 0


def test_failures_are_forgotten_after_a_while_without_one(limits: Limits, clock: Clock) -> None:
    fail(limits, 5)
    clock.now += 4 + 600
    assert limits.locked() == 0
    fail(limits)
    assert wait(limits) == 0


def test_a_wait_outlasts_failures_at_any_number_of_other_names(
    limits: Limits, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(failures, "MOST_CLAIMS", 100)
    fail(limits, 6)
    for number in range(300):
        fail(limits, claim=f"nobody {number}")
        fail(limits, caller=Caller("meet-1", "rival"), claim=f"nobody {number}")
    assert wait(limits) == 600
    clock.now += 600
    assert wait(limits) == 0


def test_failures_of_who_fails_at_few_names_outlast_those_of_who_fails_at_many(
    limits: Limits, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(failures, "MOST_CLAIMS", 100)
    fail(limits, FREE, OTHER)
    for number in range(300):
        fail(limits, claim=f"nobody {number}")
    fail(limits, 1, OTHER)
    assert wait(limits, OTHER) == 2


def test_no_name_is_free_to_guess_at_while_all_that_can_be_remembered_waits(
    limits: Limits, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(failures, "MOST_CLAIMS", 3)
    for claim in ("a", "b", "c"):
        fail(limits, 6, claim=claim)
        clock.now += 1
    assert wait(limits, claim="d") == 597  # as "a", whose wait ends first
    fail(limits, 6, claim="d")  # of streams that were open before
    assert (limits.locked(), wait(limits, claim="a"), wait(limits, claim="c")) == (3, 597, 599)
    assert wait(limits, Caller("meet-1", "rival"), "d") == 0
    limits.open(CALLER, "")
    clock.now += 597
    assert wait(limits, claim="d") == 0
    fail(limits, 6, claim="d")
    assert (limits.locked(), wait(limits, claim="b"), wait(limits, claim="d")) == (3, 1, 600)


def test_it_remembers_a_bounded_number_of_claims(limits: Limits, monkeypatch: pytest.MonkeyPatch) -> None:
    """The oldest that does not wait gives way."""
    monkeypatch.setattr(failures, "MOST_CLAIMS", 2)
    for claim in ("a", "b", "c"):
        fail(limits, FREE, claim=claim)
    for claim in ("c", "b"):
        fail(limits, claim=claim)
    assert [wait(limits, claim=claim) for claim in ("b", "c")] == [2, 2]
    assert limits.locked() == 2


def test_a_bad_network_counts_against_nobody(limits: Limits) -> None:
    for number in range(20):
        for decision in set(Decision) - {Decision.IMPOSTOR_SUSPECTED, Decision.VERIFIED}:
            limits.decided(CALLER, "Ada", f"stream {number}", decision)
    assert wait(limits) == 0


def test_a_stream_whose_decision_comes_and_goes_counts_once(limits: Limits) -> None:
    for decision in [Decision.IMPOSTOR_SUSPECTED, Decision.STALE] * 10:
        limits.decided(CALLER, "Ada", "one stream", decision)
    assert wait(limits) == 0


def test_an_address_has_a_limit_too(clock: Clock) -> None:
    limits = Limits(LimitSettings(address_per_minute=1), clock)
    limits.connect("192.0.2.1")
    limits.connect("192.0.2.2")
    with pytest.raises(RateError, match="too many connections from one address; try again in 60 s"):
        limits.connect("192.0.2.1")
