"""Incidents and recalibrations as they travel, and back."""

from dataclasses import asdict, replace
from datetime import UTC

from guard.core.decision import ACCUSATIONS
from guard.core.errors import DispositionError
from guard.core.items import Decision, Reason, Thresholds
from guard.core.recalibration import Estimate, Found
from guard.incidents.items import Disposition, Incident
from guard.incidents.pictures import from_png, png
from guard.recalibration.items import Applied, Recalibration
from guard.rpc.messages import UNSPECIFIED, duration, seconds, verdict_item, verdict_message, word
from guard.v1 import incidents_pb2 as messages
from guard.v1 import types_pb2


def recalibration_message(one: Recalibration) -> messages.Recalibration:
    """A recalibration as it travels."""
    message = messages.Recalibration(
        model_id=one.model_id,
        hours=one.found.hours,
        expected=one.found.expected,
        found_false=one.found.false,
        found_confirmed=one.found.confirmed,
        still_open=one.found.open,
        missing=one.found.missing,
        ratio=one.estimate.ratio,
        ratio_low=one.estimate.low,
        ratio_high=one.estimate.high,
        strictness=one.estimate.strictness,
        thresholds=asdict(one.thresholds),
        keeps=one.keeps,
    )
    if one.applied is not None:
        message.applied.strictness, message.applied.applied_by = one.applied.strictness, one.applied.by
        message.applied.applied_at.FromDatetime(one.applied.at)
    return message


def disposition_item(number: messages.Disposition) -> Disposition:
    """What an analyst can find. Raises DispositionError."""
    known = {messages.DISPOSITION_CONFIRMED: Disposition.CONFIRMED, messages.DISPOSITION_FALSE: Disposition.FALSE}
    if number not in known:
        raise DispositionError("disposition", "must be DISPOSITION_CONFIRMED or DISPOSITION_FALSE")
    return known[number]


def short_message(incident: Incident) -> messages.Incident:
    """An incident as it travels in a list."""
    return incident_message(replace(incident, trace=incident.trace[-1:]), whole=False)


def incident_message(incident: Incident, *, whole: bool = True) -> messages.Incident:
    """An incident as it travels, with its verdicts or without."""
    accused = incident.kind in ACCUSATIONS
    message = messages.Incident(
        id=incident.id,
        accusation=f"DECISION_{incident.kind}" if accused else "DECISION_UNSPECIFIED",
        recording="REASON_UNSPECIFIED" if accused else f"REASON_{incident.kind}",
        call=incident.call,
        participant=incident.participant,
        claim=incident.claim,
        transport=incident.transport,
        time=duration(incident.time),
        model_id=incident.model_id,
        policy=incident.policy,
        verdicts=map(verdict_message, incident.trace) if whole else (),
        disposition=f"DISPOSITION_{incident.disposition}",
        disposed_by=incident.by or "",
        pictures=[messages.IncidentPicture(time=duration(one.time), png=png(one)) for one in incident.pictures],
    )
    message.opened_at.FromDatetime(incident.opened_at)
    message.happened_at.FromDatetime(incident.happened_at)
    if incident.disposed_at is not None:
        message.disposed_at.FromDatetime(incident.disposed_at)
    return message


def incident_item(message: messages.Incident) -> Incident:
    """An incident that has travelled; `tenant` is empty, for it is the caller's own."""
    accusation = word(Decision, types_pb2.Decision, message.accusation, "DECISION_")
    recording = word(Reason, types_pb2.Reason, message.recording, "REASON_")
    return Incident(
        id=message.id,
        tenant="",
        kind=accusation or recording or UNSPECIFIED,
        call=message.call,
        participant=message.participant,
        claim=message.claim,
        transport=message.transport,
        opened_at=message.opened_at.ToDatetime(UTC),
        happened_at=message.happened_at.ToDatetime(UTC),
        time=seconds(message.time),
        policy=dict(message.policy),
        trace=tuple(map(verdict_item, message.verdicts)),
        disposition=word(Disposition, messages.Disposition, message.disposition, "DISPOSITION_") or Disposition.OPEN,
        by=message.disposed_by or None,
        disposed_at=message.disposed_at.ToDatetime(UTC) if message.HasField("disposed_at") else None,
        pictures=tuple(from_png(seconds(one.time), one.png) for one in message.pictures),
    )


def recalibration_item(message: messages.Recalibration) -> Recalibration:
    """A recalibration that has travelled; `tenant` is empty, for it is the caller's own."""
    applied = None
    if message.HasField("applied"):
        held = message.applied
        applied = Applied(held.strictness, held.applied_by, held.applied_at.ToDatetime(UTC))
    return Recalibration(
        tenant="",
        model_id=message.model_id,
        found=Found(message.hours, message.expected, message.found_false, message.found_confirmed, message.still_open),
        estimate=Estimate(message.ratio, message.ratio_low, message.ratio_high),
        thresholds=Thresholds(**message.thresholds),
        keeps=message.keeps,
        applied=applied,
    )
