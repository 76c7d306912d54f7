"""Nothing is lost or made up between the core's items and the wire."""

from datetime import UTC, datetime

import pytest
from google.protobuf.duration_pb2 import Duration
from hypothesis import given
from hypothesis import strategies as some

from guard.core.items import Cut, Decision, Reason, Verdict
from guard.rpc.incidentmessages import incident_item
from guard.rpc.messages import (
    duration,
    participant_item,
    participant_message,
    seconds,
    update_item,
    update_message,
    verdict_item,
    verdict_message,
)
from guard.rpc.people import progress_item
from guard.rpc.sources import source_update_item
from guard.updates import Event, Participant, Update
from guard.v1 import calls_pb2, enrollment_pb2, incidents_pb2, types_pb2

number = some.floats(-1000, 1000, width=32)
verdicts = some.builds(
    Verdict,
    time=some.integers(0, 10**9).map(lambda microseconds: microseconds / 1e6),
    score=some.none() | number,
    llr=some.none() | number,
    evidence=number,
    decision=some.sampled_from(Decision),
    reason=some.none() | some.sampled_from(Reason),
    horizon=some.integers(0, 128),
    sequence=some.integers(1, 2**63),
    cuts=some.integers(0, 2**31),
    last_cut=some.none() | some.sampled_from(Cut),
    model_id=some.text(max_size=20),
    decision_changed=some.booleans(),
    change=number,
    change_llr=some.none() | number,
    motion=some.none() | number,
    filler=some.none() | number,
    withheld=some.none() | some.sampled_from(Decision),
    mirror_check_pending=some.booleans(),
)


@pytest.mark.slow
@given(verdicts)
def test_a_verdict_survives_the_wire(verdict: Verdict) -> None:
    sent = types_pb2.Verdict.FromString(verdict_message(verdict).SerializeToString())
    assert verdict_item(sent) == verdict


def test_a_score_of_zero_is_a_score() -> None:
    message = types_pb2.Verdict(decision="DECISION_UNCERTAIN", score=0.0, llr=0.0)
    assert verdict_item(message).score == 0.0
    assert verdict_item(types_pb2.Verdict(decision="DECISION_UNCERTAIN")).score is None


@pytest.mark.slow
@given(some.none() | verdicts, some.sampled_from(Event), some.integers(0, 2**40))
def test_an_update_survives_the_wire_without_its_key(verdict: Verdict | None, event: Event, dropped: int) -> None:
    opened = datetime(2026, 1, 2, 3, 4, 5, 678000, UTC)
    participant = Participant("secret key", "call", "seat", "claim", "grpc", opened, verdict)
    sent = update_message(Update(event, participant, dropped=dropped)).SerializeToString()
    assert b"secret" not in sent
    received = update_item(calls_pb2.WatchVerdictsResponse.FromString(sent))
    assert received == Update(event, Participant("", "call", "seat", "claim", "grpc", opened, verdict), None, dropped)


def test_a_participant_without_a_verdict_has_none() -> None:
    participant = Participant("k", "call", "seat", "", "whip", datetime.now(UTC))
    assert participant_item(participant_message(participant)).verdict is None


@pytest.mark.parametrize("message", [types_pb2.Verdict(), calls_pb2.WatchVerdictsResponse()])
def test_an_unspecified_word_that_must_be_there_is_an_error(message: object) -> None:
    convert = verdict_item if isinstance(message, types_pb2.Verdict) else update_item
    with pytest.raises(ValueError, match="without"):
        convert(message)


def test_words_of_a_newer_guard_are_told_by_their_numbers() -> None:
    sent = types_pb2.Verdict(decision=99, reason=98, last_cut=97, withheld=96)
    verdict = verdict_item(sent)
    assert [verdict.decision, verdict.reason, verdict.last_cut, verdict.withheld] == [
        f"UNKNOWN_{number}" for number in (99, 98, 97, 96)
    ]
    assert isinstance(verdict.decision, Decision)
    assert isinstance(verdict.reason, Reason)
    assert verdict.decision not in set(Decision)
    assert [str(verdict.reason), verdict.reason.name] == ["UNKNOWN_98"] * 2
    assert verdict == verdict_item(sent)
    assert hash(verdict) == hash(verdict_item(sent))


def test_what_a_newer_guard_tells_of_others_is_told_too() -> None:
    participant = types_pb2.Participant(call="call", link=99, verdict={"decision": 99})
    update = update_item(calls_pb2.WatchVerdictsResponse(participant=participant, event=99))
    assert (update.event, update.participant.link) == ("UNKNOWN_99", "UNKNOWN_99")
    assert not update.ordinary
    assert progress_item(enrollment_pb2.EnrollProgress(reason=99)).reason == "UNKNOWN_99"
    source = calls_pb2.Source(spec={"name": "lobby", "file": {"url": "a.mp4"}}, state=99, reason=99)
    told = source_update_item(calls_pb2.WatchSourcesResponse(source=source, event=99))
    assert (told.event, told.standing.state, told.standing.reason) == ("UNKNOWN_99",) * 3
    incident = incident_item(incidents_pb2.Incident(accusation=99, disposition=99))
    assert (incident.kind, incident.disposition) == ("UNKNOWN_99", "UNKNOWN_99")


@given(some.integers(-(10**15), 10**15))
def test_durations_are_exact_to_the_microsecond(microseconds: int) -> None:
    message = duration(microseconds / 10**6)
    assert 0 <= message.nanos < 10**9
    assert round(seconds(message) * 10**6) == microseconds


def test_nanoseconds_count() -> None:
    assert seconds(Duration(seconds=1, nanos=500_000_000)) == 1.5
