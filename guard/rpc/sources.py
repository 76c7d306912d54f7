"""Between sources and the messages of guard.v1, in both directions."""

from collections.abc import Mapping
from datetime import UTC
from typing import Any

from pydantic import TypeAdapter, ValidationError

from guard.core.errors import SourceError
from guard.hiding import hidden
from guard.rpc.messages import UNSPECIFIED, word
from guard.sources.specs import AnySpec, JanusSpec, Spec, in_our_words, revealed
from guard.sources.states import Seating, SourceEvent, SourceReason, SourceState, SourceUpdate, Standing
from guard.v1 import calls_pb2 as messages

SPEC: TypeAdapter[AnySpec] = TypeAdapter(Spec)
RULES = ("claim", "claim_display", "claim_pattern")
SECRETS = ("pin", "token", "api_secret")
OF_EVERY_SOURCE = ("name", "call", "mirrored", *RULES)


def spec_item(message: messages.SourceSpec, tenant: str) -> AnySpec:
    """The source that a message describes. SourceError names what is wrong with it."""
    kind = message.WhichOneof("kind")
    if kind is None:
        raise SourceError("spec.kind", "is missing", "describe a file, whep or janus source")
    facts: dict[str, Any] = {"kind": kind, "tenant": tenant}
    facts |= {"name": message.name, "call": message.call, "mirrored": message.mirrored}
    if rule := message.WhichOneof("claims"):
        facts[rule] = getattr(message, rule)
    facts |= facts_of(getattr(message, kind))
    return spec_of(facts, "spec.")


def spec_of(facts: Mapping[str, Any], within: str = "") -> AnySpec:
    """The source that these facts describe. SourceError names the field that is wrong, as one `within` something."""
    try:
        return SPEC.validate_python(facts)
    except ValidationError as error:
        mistake = error.errors(include_input=False)[0]
        field = next((f"{within}{part}" for part in mistake["loc"] if part != facts["kind"]), "")
        raise SourceError(field or within.rstrip(".") or "source", in_our_words(mistake["msg"])) from None


def facts_of(message: Any) -> dict[str, Any]:
    """The fields that are set, by the names of the description; those left out have its defaults."""
    facts = {field.name: value for field, value in message.ListFields()}
    for field in ("number", "text"):
        if field in facts:
            facts["room"] = facts.pop(field)
    return facts


def spec_message(spec: AnySpec, *, secrets: bool = False) -> messages.SourceSpec:
    """A source as it travels; with its secrets only on the way to the service."""
    facts = revealed(spec)
    own = {name: value for name, value in facts.items() if name not in (*OF_EVERY_SOURCE, "kind", "tenant")}
    if not secrets:
        own = {name: value for name, value in own.items() if name not in SECRETS} | {"url": hidden(spec.url)}
    if isinstance(spec, JanusSpec):
        own["number" if isinstance(spec.room, int) else "text"] = own.pop("room")
    message = messages.SourceSpec(name=spec.name, call=spec.call, mirrored=spec.mirrored)
    for rule in RULES:
        if facts[rule]:
            setattr(message, rule, facts[rule])
    inner = getattr(message, spec.kind)
    inner.SetInParent()
    for name, value in own.items():
        if value is not None:
            setattr(inner, name, value)
    return message


def source_message(standing: Standing) -> messages.Source:
    """A source as it stands, on its way to a caller."""
    message = messages.Source(
        spec=spec_message(standing.spec),
        state=f"SOURCE_STATE_{standing.state}",
        reason=f"SOURCE_REASON_{standing.reason or UNSPECIFIED}",
        detail=standing.detail,
        attempts=standing.attempts,
        participants=map(seating_message, standing.participants),
    )
    message.attached_at.FromDatetime(standing.attached_at)
    message.changed_at.FromDatetime(standing.changed_at)
    return message


def source_update_message(update: SourceUpdate) -> messages.WatchSourcesResponse:
    """An update as it travels."""
    source = source_message(update.standing)
    return messages.WatchSourcesResponse(source=source, event=f"EVENT_{update.event}")


def source_update_item(message: messages.WatchSourcesResponse) -> SourceUpdate:
    """The update that a message carries."""
    event = word(SourceEvent, messages.WatchSourcesResponse.Event, message.event, "EVENT_")
    if event is None:
        raise ValueError("an update without an event")
    return SourceUpdate(event, source_item(message.source))


def seating_message(seating: Seating) -> messages.SourceParticipant:
    """A participant of a source as it travels."""
    return messages.SourceParticipant(
        participant=seating.participant,
        display=seating.display,
        state=f"SOURCE_STATE_{seating.state}",
        reason=f"SOURCE_REASON_{seating.reason or UNSPECIFIED}",
        detail=seating.detail,
    )


def source_item(message: messages.Source) -> Standing:
    """The source that a message tells of; its tenant does not travel."""
    return Standing(
        spec=spec_item(message.spec, "default"),
        state=state_item(message.state),
        reason=word(SourceReason, messages.SourceReason, message.reason, "SOURCE_REASON_"),
        detail=message.detail,
        attempts=message.attempts,
        attached_at=message.attached_at.ToDatetime(UTC),
        changed_at=message.changed_at.ToDatetime(UTC),
        participants=tuple(map(seating_item, message.participants)),
    )


def seating_item(message: messages.SourceParticipant) -> Seating:
    """The participant that a message tells of."""
    reason = word(SourceReason, messages.SourceReason, message.reason, "SOURCE_REASON_")
    return Seating(message.participant, message.display, state_item(message.state), reason, message.detail)


def state_item(number: messages.SourceState) -> SourceState:
    """The state behind a number of the enum."""
    state = word(SourceState, messages.SourceState, number, "SOURCE_STATE_")
    if state is None:
        raise ValueError("a source without a state")
    return state
