"""Between the core's items and the messages of guard.v1, in both directions."""

from datetime import UTC
from enum import StrEnum
from typing import TypeVar

from google.protobuf.duration_pb2 import Duration
from google.protobuf.internal.enum_type_wrapper import EnumTypeWrapper

from guard.core.items import Cut, Decision, Reason, Verdict
from guard.updates import Event, Link, Participant, Update
from guard.v1 import calls_pb2, types_pb2
from guard.v1.calls_pb2 import WatchVerdictsResponse

Word = TypeVar("Word", bound=StrEnum)
NANOS = 1_000_000_000
LONGEST = 315_576_000_000
"""Seconds of the longest google.protobuf.Duration, some 10,000 years; the wire holds larger numbers all the same."""
UNSPECIFIED = "UNSPECIFIED"


def duration(seconds: float) -> Duration:
    """Seconds, rounded to nanoseconds."""
    whole, nanos = divmod(round(seconds * NANOS), NANOS)
    return Duration(seconds=whole, nanos=nanos)


def seconds(message: Duration) -> float:
    """A duration in seconds."""
    return (message.seconds * NANOS + message.nanos) / NANOS  # one rounding only


def verdict_message(verdict: Verdict) -> types_pb2.Verdict:
    """The core's verdict as it travels."""
    return types_pb2.Verdict(
        time=duration(verdict.time),
        score=verdict.score,
        llr=verdict.llr,
        evidence=verdict.evidence,
        decision=f"DECISION_{verdict.decision}",
        reason=f"REASON_{verdict.reason or UNSPECIFIED}",
        horizon=verdict.horizon,
        sequence=verdict.sequence,
        cuts=verdict.cuts,
        last_cut=f"CUT_{verdict.last_cut or UNSPECIFIED}",
        model_id=verdict.model_id,
        decision_changed=verdict.decision_changed,
        change=verdict.change,
        change_llr=verdict.change_llr,
        motion=verdict.motion,
        filler=verdict.filler,
        withheld=f"DECISION_{verdict.withheld or UNSPECIFIED}",
        mirror_check_pending=verdict.mirror_check_pending,
    )


def verdict_item(message: types_pb2.Verdict) -> Verdict:
    """The verdict that a message carries."""
    decision = word(Decision, types_pb2.Decision, message.decision, "DECISION_")
    if decision is None:
        raise ValueError("a verdict without a decision")
    return Verdict(
        time=seconds(message.time),
        score=message.score if message.HasField("score") else None,
        llr=message.llr if message.HasField("llr") else None,
        evidence=message.evidence,
        decision=decision,
        reason=word(Reason, types_pb2.Reason, message.reason, "REASON_"),
        horizon=message.horizon,
        sequence=message.sequence,
        cuts=message.cuts,
        last_cut=word(Cut, types_pb2.Cut, message.last_cut, "CUT_"),
        model_id=message.model_id,
        decision_changed=message.decision_changed,
        change=message.change,
        change_llr=message.change_llr if message.HasField("change_llr") else None,
        motion=message.motion if message.HasField("motion") else None,
        filler=message.filler if message.HasField("filler") else None,
        withheld=word(Decision, types_pb2.Decision, message.withheld, "DECISION_"),
        mirror_check_pending=message.mirror_check_pending,
    )


def word(words: type[Word], enum: EnumTypeWrapper, number: int, prefix: str) -> Word | None:
    """The word behind an enum's value; None for the unspecified one.

    A value that only a newer guard.v1 knows is UNKNOWN_ and its number: of the type, and equal to none of its members.
    """
    value = enum.DESCRIPTOR.values_by_number.get(number)
    if value is None:
        return unknown(words, number)
    bare = value.name.removeprefix(prefix)
    return None if bare == UNSPECIFIED else words(bare)


def unknown(words: type[Word], number: int) -> Word:
    """A word that is no member, as enum.Flag makes them: it can be printed and compared, and is found in no table."""
    made = str.__new__(words, f"UNKNOWN_{number}")
    made._name_ = made._value_ = str(made)
    return made


def participant_message(participant: Participant) -> types_pb2.Participant:
    """A participant as it travels; its key stays inside."""
    message = types_pb2.Participant(
        call=participant.call,
        participant=participant.participant,
        claim=participant.claim,
        transport=participant.transport,
        link=f"LINK_{participant.link}",
    )
    message.opened_at.FromDatetime(participant.opened_at)
    if participant.verdict is not None:
        message.verdict.CopyFrom(verdict_message(participant.verdict))
    return message


def participant_item(message: types_pb2.Participant) -> Participant:
    """The participant that a message carries; `key` is empty, for it does not travel."""
    return Participant(
        key="",
        call=message.call,
        participant=message.participant,
        claim=message.claim,
        transport=message.transport,
        opened_at=message.opened_at.ToDatetime(UTC),
        verdict=verdict_item(message.verdict) if message.HasField("verdict") else None,
        link=word(Link, types_pb2.Link, message.link, "LINK_") or Link.CONNECTING,
    )


def update_message(update: Update) -> calls_pb2.WatchVerdictsResponse:
    """An update as it travels."""
    return WatchVerdictsResponse(
        participant=participant_message(update.participant),
        event=f"EVENT_{update.event}",
        dropped=update.dropped,
    )


def update_item(message: calls_pb2.WatchVerdictsResponse) -> Update:
    """The update that a message carries."""
    event = word(Event, WatchVerdictsResponse.Event, message.event, "EVENT_")
    if event is None:
        raise ValueError("an update without an event")
    return Update(event, participant_item(message.participant), dropped=message.dropped)
