"""Rows of incidents: what happened is encrypted with a key of the incident's own; what an analyst found is not."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa

from guard.gallery.protection import Vault, new_key, seal, unseal
from guard.gallery.tables import INCIDENTS
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


def _erase(connection: sa.Connection, rows: list[str]) -> None:
    destroy_keys(connection, rows)
    connection.execute(INCIDENTS.delete().where(INCIDENTS.c.id.in_(rows)))
