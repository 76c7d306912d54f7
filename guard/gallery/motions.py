"""Rows of how the picture moved in people's calls; a key for each, for a person's and a template's change."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa

from guard.core.errors import GalleryError
from guard.core.recollection import MODES, Rows, rows_of
from guard.gallery.protection import Vault, new_id, new_key, seal, unseal
from guard.gallery.tables import MOTIONS
from guard.gallery.vaults import destroy_keys, get_key, put_key


def put(connection: sa.Connection, vault: Vault, person: str, ended_at: datetime, rows: Rows) -> None:
    """Keep the sketch (N, 8) of a call of a person, which ended then (UTC, without saying so)."""
    row, key = new_id(), new_key()
    put_key(connection, vault, row, key)
    sealed = seal(key, rows.tobytes(), "motion", vault.tenant, person, row)
    values = {"id": row, "person": person, "ended_at": ended_at, "length": len(rows), "sealed": sealed}
    connection.execute(MOTIONS.insert().values(**values))


def of_person(
    connection: sa.Connection, vault: Vault, person: str, since: datetime = datetime.min
) -> list[tuple[Rows, sa.Row[Any]]]:
    """Sketches (N, 8) of calls that ended after `since`, the oldest first, and their rows. Raises GalleryError."""
    query = sa.select(MOTIONS).where(MOTIONS.c.person == person, MOTIONS.c.ended_at > since)
    return [(_opened(connection, vault, row), row) for row in connection.execute(query.order_by(MOTIONS.c.ended_at))]


def trim(connection: sa.Connection, person: str, most: int) -> None:
    """Erase the oldest sketches of a person beyond `most` rows of them; the newest stays, however long."""
    query = sa.select(MOTIONS.c.id, MOTIONS.c.length).where(MOTIONS.c.person == person)
    kept, surplus = 0, []
    for row in connection.execute(query.order_by(MOTIONS.c.ended_at.desc())):
        if kept and kept + row.length > most:
            surplus.append(row.id)
        kept += row.length
    _erase(connection, surplus)


def renew(connection: sa.Connection, vault: Vault, person: str) -> None:
    """Give the sketches of a person new keys."""
    for rows, row in of_person(connection, vault, person):
        _erase(connection, [row.id])
        put(connection, vault, person, row.ended_at, rows)


def expire(connection: sa.Connection, since: datetime) -> int:
    """Erase sketches of all people from before `since`; how many they were."""
    old = connection.execute(sa.select(MOTIONS.c.id).where(MOTIONS.c.ended_at <= since)).scalars().all()
    _erase(connection, list(old))
    return len(old)


def erase(connection: sa.Connection, people: list[str]) -> None:
    """Erase the sketches of these people."""
    rows = connection.execute(sa.select(MOTIONS.c.id).where(MOTIONS.c.person.in_(people))).scalars().all()
    _erase(connection, list(rows))


def _erase(connection: sa.Connection, rows: list[str]) -> None:
    destroy_keys(connection, rows)
    connection.execute(MOTIONS.delete().where(MOTIONS.c.id.in_(rows)))


def _opened(connection: sa.Connection, vault: Vault, row: sa.Row[Any]) -> Rows:
    plain = unseal(get_key(connection, vault, row.id), row.sealed, "motion", vault.tenant, row.person, row.id)
    if len(plain) != MODES * row.length:
        raise GalleryError("gallery: a damaged sketch of a call")
    return rows_of(plain)
