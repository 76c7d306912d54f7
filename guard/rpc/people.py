"""Between people as the gallery has them and the messages of guard.v1, in both directions."""

from datetime import UTC, datetime

from google.protobuf.timestamp_pb2 import Timestamp

from guard.core.errors import ConsentError
from guard.core.items import Reason
from guard.enrolment.progress import Progress
from guard.gallery.items import Consent, Person, TemplateInfo
from guard.rpc.messages import UNSPECIFIED, duration, seconds, word
from guard.v1 import enrollment_pb2 as messages
from guard.v1 import types_pb2

LONGEST_WORDS = 1000
"""Characters of who obtained consent, and of its purpose."""


def person_message(person: Person) -> messages.Person:
    """A person as it travels."""
    message = messages.Person(
        name=person.name, opted_out=person.opted_out, templates=map(template_message, person.templates)
    )
    if person.consent is not None:
        message.consent.CopyFrom(consent_message(person.consent))
    return message


def person_item(message: messages.Person) -> Person:
    """The person that a message carries."""
    return Person(
        name=message.name,
        consent=consent_item(message.consent) if message.HasField("consent") else None,
        opted_out=message.opted_out,
        templates=tuple(map(template_item, message.templates)),
    )


def template_message(template: TemplateInfo) -> messages.Template:
    """What is known of a template, as it travels."""
    message = messages.Template(
        model_id=template.model_id,
        windows=template.windows,
        material=duration(template.seconds),
        references=template.references,
        sessions=template.sessions,
    )
    message.created_at.FromDatetime(template.created_at)
    return message


def template_item(message: messages.Template) -> TemplateInfo:
    """What a message says of a template."""
    return TemplateInfo(
        model_id=message.model_id,
        windows=message.windows,
        seconds=seconds(message.material),
        references=message.references,
        sessions=message.sessions,
        created_at=message.created_at.ToDatetime(UTC),
    )


def consent_message(consent: Consent) -> messages.Consent:
    """Consent as it travels. ConsentError for a time that could be of any zone."""
    for part in ("given_at", "expires_at"):
        if getattr(consent, part).tzinfo is None:
            raise ConsentError(f"consent.{part}", "has no time zone", "give it one, as in datetime.now(UTC)")
    message = messages.Consent(obtained_by=consent.obtained_by, purpose=consent.purpose)
    message.given_at.FromDatetime(consent.given_at)
    message.expires_at.FromDatetime(consent.expires_at)
    return message


def consent_item(message: messages.Consent) -> Consent:
    """The consent that a message carries. Raises ValueError for a time outside the years 1 to 9999."""
    return Consent(
        obtained_by=message.obtained_by,
        given_at=message.given_at.ToDatetime(UTC),
        purpose=message.purpose,
        expires_at=message.expires_at.ToDatetime(UTC),
    )


def checked_consent(message: messages.Consent, now: datetime, field: str) -> Consent:
    """The consent if it is whole and holds `now`. ConsentError naming the part, below `field`, that does not."""
    for part, text in (("obtained_by", message.obtained_by), ("purpose", message.purpose)):
        if not 1 <= len(text.strip()) <= LONGEST_WORDS:
            raise ConsentError(f"{field}.{part}", f"must be 1 to {LONGEST_WORDS} characters")
    given = checked_moment(message.given_at, f"{field}.given_at")
    expires = checked_moment(message.expires_at, f"{field}.expires_at")
    if given > now:
        raise ConsentError(f"{field}.given_at", "lies in the future", "enrol once consent has been given")
    if expires <= now:
        raise ConsentError(f"{field}.expires_at", "has passed", "ask for consent again")
    return Consent(message.obtained_by, given, message.purpose, expires)


def checked_moment(message: Timestamp, field: str) -> datetime:
    """The moment. ConsentError when there is none, or one that no calendar has."""
    try:
        if message.seconds:
            return message.ToDatetime(UTC)
    except (ValueError, OverflowError):
        pass
    raise ConsentError(field, "must be a time")


def progress_message(progress: Progress) -> messages.EnrollProgress:
    """How far an enrolment has come, as it travels."""
    return messages.EnrollProgress(
        usable_windows=progress.windows,
        usable=duration(progress.seconds),
        material=progress.material,
        variety=progress.variety,
        motion=progress.motion,
        reason=f"REASON_{progress.reason or UNSPECIFIED}",
        advice=progress.advice,
    )


def progress_item(message: messages.EnrollProgress) -> Progress:
    """The progress that a message carries."""
    return Progress(
        windows=message.usable_windows,
        seconds=seconds(message.usable),
        material=message.material,
        motion=message.motion,
        variety=message.variety,
        reason=word(Reason, types_pb2.Reason, message.reason, "REASON_"),
        advice=message.advice,
    )
