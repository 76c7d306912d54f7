"""Incidents in the gallery's database: encrypted, for a stated time, gone with the person they are about."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import sqlalchemy as sa

from guard.access.caller import DEFAULT_TENANT
from guard.core.errors import UnknownIncidentError
from guard.gallery import Gallery, incidents, people
from guard.gallery.people import stored
from guard.gallery.tables import INCIDENTS
from guard.incidents import pictures
from guard.incidents.items import Disposition, Incident, packed, unpacked

MOST = 1000
"""Incidents of a tenant that are kept, the newest."""


def utc_now() -> datetime:
    """The time by which incidents are too old."""
    return datetime.now(UTC)


class Incidents:
    """Of all tenants, for `days`, and pictures of them for `picture_days`. Methods may block and raise GalleryError."""

    def __init__(
        self, gallery: Gallery, days: float, picture_days: float = 0.0, *, clock: Callable[[], datetime] = utc_now
    ) -> None:
        self._gallery = gallery
        self._days = days
        self._picture_days = picture_days
        self._clock = clock

    def keep(self, incident: Incident) -> None:
        """Keep it; the oldest that are too many go."""
        with self._gallery.database.writing() as connection:
            vault = self._gallery.vaults.demand(connection, incident.tenant)
            known = people.find(connection, vault, incident.claim) if incident.claim else None
            person = known.id if known else None
            incidents.put(connection, vault, incident.id, person, stored(incident.happened_at), packed(incident))
            if incident.pictures and self._picture_days:
                until = stored(self._clock() + timedelta(days=self._picture_days))
                incidents.put_pictures(connection, vault, incident.id, until, pictures.packed(incident.pictures))
            incidents.trim(connection, incident.tenant, MOST)

    def sweep(self) -> None:
        """Erase those that are too old, of all tenants, and pictures sooner."""
        with self._gallery.database.writing() as connection:
            incidents.expire_pictures(connection, stored(self._clock()))
            incidents.expire(connection, self._since())
        self._gallery.database.scrub()

    def listed(self, tenant: str = DEFAULT_TENANT) -> list[Incident]:
        """All that are kept of a tenant, the newest first, without pictures."""
        query = sa.select(INCIDENTS).where(INCIDENTS.c.tenant == tenant).order_by(INCIDENTS.c.happened_at.desc())
        with self._gallery.database.reading() as connection:
            rows = connection.execute(query.where(INCIDENTS.c.happened_at > self._since())).all()
            return [self._opened(connection, row) for row in rows]

    def open(self) -> int:
        """How many of all tenants nobody has looked at."""
        query = sa.select(sa.func.count()).select_from(INCIDENTS).where(INCIDENTS.c.disposition == Disposition.OPEN)
        with self._gallery.database.reading() as connection:
            return connection.execute(query.where(INCIDENTS.c.happened_at > self._since())).scalar_one()

    def one(self, name: str, tenant: str = DEFAULT_TENANT) -> Incident:
        """The incident of this id. Raises UnknownIncidentError."""
        with self._gallery.database.reading() as connection:
            found = self._opened(connection, self._row(connection, name, tenant))
            vault = self._gallery.vaults.find(connection, tenant)
            assert vault is not None
            kept = incidents.pictures(connection, vault, name, stored(self._clock()))
        return found if kept is None else replace(found, pictures=pictures.unpacked(kept))

    def dispose(self, name: str, disposition: Disposition, by: str, tenant: str = DEFAULT_TENANT) -> Incident:
        """Note what somebody found it to be; the last word counts. Raises UnknownIncidentError."""
        with self._gallery.database.writing() as connection:
            row = self._row(connection, name, tenant)
            now = self._clock()
            values = {"disposition": disposition, "disposed_by": by, "disposed_at": stored(now)}
            connection.execute(INCIDENTS.update().where(INCIDENTS.c.id == row.id).values(**values))
            return self._opened(connection, row).disposed(disposition, by, now)

    def _row(self, connection: sa.Connection, name: str, tenant: str) -> sa.Row[Any]:
        query = sa.select(INCIDENTS).where(INCIDENTS.c.id == name, INCIDENTS.c.tenant == tenant)
        row = connection.execute(query.where(INCIDENTS.c.happened_at > self._since())).one_or_none()
        if row is None:
            raise UnknownIncidentError("incident", f"{name} is not kept", "`guard incidents list` shows which are")
        return row

    def _since(self) -> datetime:
        return stored(self._clock() - timedelta(days=self._days))

    def _opened(self, connection: sa.Connection, row: sa.Row[Any]) -> Incident:
        vault = self._gallery.vaults.find(connection, row.tenant)
        assert vault is not None
        incident = unpacked(incidents.opened(connection, vault, row))
        if row.disposed_at is None:
            return incident
        return incident.disposed(Disposition(row.disposition), row.disposed_by, row.disposed_at.replace(tzinfo=UTC))
