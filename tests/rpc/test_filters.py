"""The filters of WatchVerdicts."""

from datetime import UTC, datetime

import pytest

from guard.core.items import Decision
from guard.rpc.filters import Filter
from guard.updates import Event, Participant, Update
from guard.v1.calls_pb2 import WatchVerdictsRequest
from tests.service_fakes import verdict


def update(event: Event = Event.VERDICT, decision: Decision = Decision.VERIFIED, *, changed: bool = False) -> Update:
    made = verdict(decision=decision, changed=changed)
    return Update(event, Participant("key", "call", "seat", "Dora", "grpc", datetime.now(UTC), made, tenant="acme"))


@pytest.mark.parametrize(
    ("fields", "wanted"),
    [
        ({}, True),
        ({"call": "call"}, True),
        ({"call": "other"}, False),
        ({"participants": ["other", "seat"]}, True),
        ({"participants": ["other"]}, False),
        ({"claims": ["Dora"]}, True),
        ({"claims": ["Berta"]}, False),
        ({"decisions": ["DECISION_VERIFIED", "DECISION_STALE"]}, True),
        ({"decisions": ["DECISION_STALE"]}, False),
        ({"decisions": [99]}, False),
        ({"changes_only": True}, False),
        ({"participants": ["seat"], "claims": ["Berta"]}, False),
    ],
)
def test_a_verdict_passes_all_filters_or_is_left_out(fields: dict[str, object], wanted: bool) -> None:
    assert Filter(WatchVerdictsRequest(**fields), "acme")(update()) is wanted


def test_a_change_of_decision_passes_changes_only() -> None:
    assert Filter(WatchVerdictsRequest(changes_only=True), "acme")(update(changed=True))


@pytest.mark.parametrize("event", [Event.JOINED, Event.LEFT])
def test_joins_and_departures_come_whatever_the_verdict_is(event: Event) -> None:
    request = WatchVerdictsRequest(decisions=["DECISION_STALE"], changes_only=True)
    assert Filter(request, "acme")(update(event))
    assert not Filter(WatchVerdictsRequest(call="other"), "acme")(update(event))


def test_how_video_arrives_is_told_to_who_asks() -> None:
    linked = update(Event.LINK)
    assert not Filter(WatchVerdictsRequest(), "acme")(linked), "older clients do not know the event"
    asked = WatchVerdictsRequest(links=True, changes_only=True, decisions=["DECISION_STALE"])
    assert Filter(asked, "acme")(linked)
    assert not Filter(WatchVerdictsRequest(links=True, call="other"), "acme")(linked)
    assert not linked.ordinary, "never left out"


def test_nothing_of_another_tenant_is_heard() -> None:
    assert not Filter(WatchVerdictsRequest(), "another")(update())
