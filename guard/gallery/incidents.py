"""Rows of incidents: what happened is encrypted with a key of the incident's own; what an analyst found is not."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa

from guard.gallery.protection import Vault, new_id, new_key, seal, unseal
from guard.gallery.tables import INCIDENT_PICTURES, INCIDENTS
from guard.gallery.vaults import destroy_keys, get_key, put_key


def put(
    connection: sa.Connection, vault: Vault, row: str, person: str | None, happened_at: datetime, plain: bytes
) -> None:
    """Keep an incident of a person; None: of nobody who is known."""
    key = new_key()
    put_key(connection, vault, row, key)
    sealed = seal(key, plain, "incident", vault.tenant, row)
    values = {"id": row, "tenant": vault.tenant, "person": person, "happened_at": happened_at, "sealed": sealed}
    connection.execute(INCIDENTS.insert().values(disposition="OPEN", **values))


def put_pictures(connection: sa.Connection, vault: Vault, incident: str, expires_at: datetime, plain: bytes) -> None:
    """Keep pictures of an incident until then, with a key of their own: they go before it does."""
    row, key = new_id(), new_key()
    put_key(connection, vault, row, key)
    sealed = seal(key, plain, "incident pictures", vault.tenant, incident, row)
    values = {"id": row, "incident": incident, "expires_at": expires_at, "sealed": sealed}
    connection.execute(INCIDENT_PICTURES.insert().values(**values))


def pictures(connection: sa.Connection, vault: Vault, incident: str, now: datetime) -> bytes | None:
    """What is kept of an incident's pictures; None when nothing is. Raises GalleryError."""
    query = sa.select(INCIDENT_PICTURES).where(INCIDENT_PICTURES.c.incident == incident)
    row = connection.execute(query.where(INCIDENT_PICTURES.c.expires_at > now)).one_or_none()
    if row is None:
        return None
    return unseal(get_key(connection, vault, row.id), row.sealed, "incident pictures", vault.tenant, incident, row.id)


def expire_pictures(connection: sa.Connection, now: datetime) -> None:
    """Erase pictures of all tenants whose time is over."""
    _erase_pictures(connection, INCIDENT_PICTURES.c.expires_at <= now)


def opened(connection: sa.Connection, vault: Vault, row: sa.Row[Any]) -> bytes:
    """What was kept. Raises GalleryError."""
    return unseal(get_key(connection, vault, row.id), row.sealed, "incident", vault.tenant, row.id)


def of_person(connection: sa.Connection, vault: Vault, person: str) -> list[tuple[bytes, sa.Row[Any]]]:
    """What is kept about a person, oldest first, and its row."""
    query = sa.select(INCIDENTS).where(INCIDENTS.c.person == person).order_by(INCIDENTS.c.happened_at)
    return [(opened(connection, vault, row), row) for row in connection.execute(query).all()]


def trim(connection: sa.Connection, tenant: str, most: int) -> None:
    """Erase the tenant's incidents beyond the newest `most`."""
    kept = sa.select(INCIDENTS.c.id).where(INCIDENTS.c.tenant == tenant).order_by(INCIDENTS.c.happened_at.desc())
    _erase(connection, list(connection.execute(kept).scalars())[most:])


def expire(connection: sa.Connection, since: datetime) -> None:
    """Erase incidents of all tenants from before `since`."""
    old = connection.execute(sa.select(INCIDENTS.c.id).where(INCIDENTS.c.happened_at <= since))
    _erase(connection, list(old.scalars()))


def erase(connection: sa.Connection, people: list[str]) -> None:
    """Erase the incidents of these people."""
    rows = connection.execute(sa.select(INCIDENTS.c.id).where(INCIDENTS.c.person.in_(people)))
    _erase(connection, list(rows.scalars()))


def _erase_pictures(connection: sa.Connection, which: sa.ColumnElement[bool]) -> None:
    rows = connection.execute(sa.select(INCIDENT_PICTURES.c.id).where(which)).scalars().all()
    destroy_keys(connection, list(rows))
    connection.execute(INCIDENT_PICTURES.delete().where(which))


def _erase(connection: sa.Connection, rows: list[str]) -> None:
    _erase_pictures(connection, INCIDENT_PICTURES.c.incident.in_(rows))
    destroy_keys(connection, rows)
    connection.execute(INCIDENTS.delete().where(INCIDENTS.c.id.in_(rows)))
