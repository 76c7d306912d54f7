"""Rows of people: found by an HMAC of the name; name and consent encrypted with a key of the person's own."""

import json
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa

from guard.core.errors import ConsentError, GalleryError, OptedOutError, UnknownPersonError
from guard.gallery import crops, incidents, motions
from guard.gallery.items import Consent
from guard.gallery.protection import Vault, new_id, new_key, seal, unseal
from guard.gallery.tables import CROPS, PEOPLE, TEMPLATES
from guard.gallery.vaults import destroy_keys, get_key, put_key


@dataclass(frozen=True, slots=True)
class Known:
    """A person's row, decrypted."""

    id: str
    name: str
    consent: Consent | None
    opted_out: bool
    created_at: datetime
    adapts: bool

    def agrees(self, now: datetime) -> bool:
        """Whether nothing forbids to verify the person: no opt-out, and no consent that has run out."""
        return not self.opted_out and (self.consent is None or self.consent.expires_at > now)


def find(connection: sa.Connection, vault: Vault, name: str) -> Known | None:
    """The tenant's person of this name; None when there is none."""
    query = sa.select(PEOPLE).where(PEOPLE.c.tenant == vault.tenant, PEOPLE.c.name_index == vault.index(name))
    row = connection.execute(query).one_or_none()
    if row is None:
        return None
    known = opened(connection, vault, row)
    if known.name != name:
        raise GalleryError("gallery: a person's record belongs to another name: the database was changed")
    return known


def demand(connection: sa.Connection, vault: Vault | None, name: str) -> Known:
    """The tenant's person of this name. Raises UnknownPersonError."""
    known = None if vault is None else find(connection, vault, name)
    if known is None:
        raise UnknownPersonError("name", "is not enrolled")
    return known


def to_reembed(connection: sa.Connection, vault: Vault, model_id: str) -> list[Known]:
    """The tenant's people whose pictures are kept, and who have no template for this model."""
    enrolled = sa.select(TEMPLATES.c.person).where(TEMPLATES.c.model_id == model_id)
    query = sa.select(PEOPLE).where(
        PEOPLE.c.tenant == vault.tenant, PEOPLE.c.id.in_(sa.select(CROPS.c.person)), PEOPLE.c.id.not_in(enrolled)
    )
    return [opened(connection, vault, row) for row in connection.execute(query).all()]


def page(connection: sa.Connection, vault: Vault, after: str, limit: int) -> list[Known]:
    """At most `limit` of the tenant's people behind the name `after`, "" for the first, in order of the names' HMAC.

    Names are encrypted: in their own order everybody would have to be opened for each page.
    """
    query = sa.select(PEOPLE).where(PEOPLE.c.tenant == vault.tenant).order_by(PEOPLE.c.name_index).limit(limit)
    if after:
        query = query.where(PEOPLE.c.name_index > vault.index(after))
    return [opened(connection, vault, row) for row in connection.execute(query).all()]


def of(connection: sa.Connection, vault: Vault, person: str) -> Known:
    """The person of this id."""
    return opened(connection, vault, connection.execute(sa.select(PEOPLE).where(PEOPLE.c.id == person)).one())


def opened(connection: sa.Connection, vault: Vault, row: sa.Row[Any]) -> Known:
    """A row of PEOPLE, decrypted. GalleryError also when what queries look for is not what was encrypted with it."""
    plain = unseal(get_key(connection, vault, row.id), row.sealed, "person", vault.tenant, row.id)
    record = json.loads(plain)
    consent = record["consent"] and consent_from(record["consent"])
    if (row.opted_out, row.expires_at) != (record["opted_out"], consent and stored(consent.expires_at)):
        raise GalleryError("gallery: a person's opt-out or expiry is not what was recorded: the database was changed")
    return Known(
        row.id, record["name"], consent, row.opted_out, row.created_at.replace(tzinfo=UTC), record.get("adapts", False)
    )


def save(
    connection: sa.Connection,
    vault: Vault,
    name: str,
    consent: Consent | None,
    *,
    opted_out: bool = False,
    adapts: bool = False,
) -> Known:
    """The person with this consent: a new one, or the one there is with what is given here in place of what it had."""
    known = find(connection, vault, name)
    person = known.id if known else new_id()
    if known:
        destroy_keys(connection, [person])  # the new record has a new key: the old one cannot come back
    key = new_key()
    put_key(connection, vault, person, key)
    facts = {"name": name, "consent": consent and consent_facts(consent), "opted_out": opted_out, "adapts": adapts}
    values = {
        "sealed": seal(key, json.dumps(facts).encode(), "person", vault.tenant, person),
        "expires_at": consent and stored(consent.expires_at),
        "opted_out": opted_out,
    }
    if known:
        connection.execute(PEOPLE.update().where(PEOPLE.c.id == person).values(**values))
        return Known(person, name, consent, opted_out, known.created_at, adapts)
    now = datetime.now(UTC)
    identity = {"id": person, "tenant": vault.tenant, "name_index": vault.index(name), "created_at": stored(now)}
    connection.execute(PEOPLE.insert().values(**identity, **values))
    return Known(person, name, consent, opted_out, now, adapts)


def erase(connection: sa.Connection, people: list[str]) -> None:
    """Erase people by id: their keys first, then what these encrypted."""
    templates = connection.execute(sa.select(TEMPLATES.c.id).where(TEMPLATES.c.person.in_(people))).scalars().all()
    crops.erase(connection, people)
    incidents.erase(connection, people)
    motions.erase(connection, people)
    destroy_keys(connection, [*people, *templates])
    connection.execute(PEOPLE.delete().where(PEOPLE.c.id.in_(people)))  # the rest goes with them


def check_agreement(known: Known | None, consent: Consent | None, now: datetime) -> None:
    """Raises OptedOutError or ConsentError unless the person may be enrolled with `consent` or the one there is."""
    if known is not None and known.opted_out:
        raise OptedOutError("name", "has opted out", "enrol nobody against their will")
    consent = consent or (known.consent if known else None)
    if consent is None:
        raise ConsentError("consent", "is missing", "record who obtained it, for what and until when")
    check_consent(consent, now)


def check_consent(consent: Consent, now: datetime) -> None:
    """Raises ConsentError for a consent that lacks a part, lies in the future or has expired."""
    for field in ("obtained_by", "purpose"):
        if not getattr(consent, field).strip():
            raise ConsentError(f"consent.{field}", "is empty", "record who obtained it and for what")
    for field in ("given_at", "expires_at"):
        if getattr(consent, field).tzinfo is None:
            raise ConsentError(f"consent.{field}", "has no time zone")
    if consent.given_at > now:
        raise ConsentError("consent.given_at", "lies in the future")
    if consent.expires_at <= now:
        raise ConsentError("consent.expires_at", "has passed", "ask the person again")


def consent_facts(consent: Consent) -> dict[str, str]:
    """A consent in JSON's types; times in ISO 8601."""
    return {name: value if isinstance(value, str) else value.isoformat() for name, value in asdict(consent).items()}


def consent_from(facts: dict[str, str]) -> Consent:
    """The consent of `consent_facts`."""
    times = {name: datetime.fromisoformat(facts[name]) for name in ("given_at", "expires_at")}
    return Consent(facts["obtained_by"], times["given_at"], facts["purpose"], times["expires_at"])


def stored(moment: datetime) -> datetime:
    """A moment as the database keeps it: UTC, without saying so."""
    return moment.astimezone(UTC).replace(tzinfo=None)
