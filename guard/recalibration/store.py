"""Participant-hours and strictness of tenants, in the gallery's database."""

from collections.abc import Callable, Iterable
from datetime import UTC, date, datetime, timedelta

import sqlalchemy as sa

from guard.gallery import Gallery
from guard.gallery.people import stored
from guard.gallery.tables import EXPOSURE, STRICTNESS
from guard.recalibration.items import Applied, Exposure


def utc_now() -> datetime:
    """The time of what is applied, and by which hours are too old."""
    return datetime.now(UTC)


class Tenants:
    """Of all tenants; hours for `days`, as incidents are kept. Methods may block and raise GalleryError."""

    def __init__(self, gallery: Gallery, days: float, *, clock: Callable[[], datetime] = utc_now) -> None:
        self._database = gallery.database
        self._days = days
        self._clock = clock

    def add(self, exposures: Iterable[Exposure]) -> None:
        """Add to what is kept; all of it or nothing."""
        with self._database.writing() as connection:
            for one in exposures:
                row = sa.and_(
                    EXPOSURE.c.tenant == one.tenant, EXPOSURE.c.model_id == one.model_id, EXPOSURE.c.day == one.day
                )
                added = {
                    "seconds": EXPOSURE.c.seconds + one.seconds,
                    "expected": EXPOSURE.c.expected + one.expected,
                }
                if connection.execute(EXPOSURE.update().where(row).values(**added)).rowcount == 0:
                    connection.execute(
                        EXPOSURE.insert().values(
                            tenant=one.tenant,
                            model_id=one.model_id,
                            day=one.day,
                            seconds=one.seconds,
                            expected=one.expected,
                        )
                    )

    def exposures(self, tenant: str, model_id: str) -> list[Exposure]:
        """Those of the tenant under a model, the oldest day first."""
        query = sa.select(EXPOSURE).where(EXPOSURE.c.tenant == tenant, EXPOSURE.c.model_id == model_id)
        with self._database.reading() as connection:
            rows = connection.execute(query.where(EXPOSURE.c.day > self._since()).order_by(EXPOSURE.c.day)).all()
        return [Exposure(row.tenant, row.model_id, row.day, row.seconds, row.expected) for row in rows]

    def applied(self, model_id: str) -> dict[str, Applied]:
        """By tenant, what was applied under this model."""
        query = sa.select(STRICTNESS).where(STRICTNESS.c.model_id == model_id)
        with self._database.reading() as connection:
            rows = connection.execute(query).all()
        return {row.tenant: Applied(row.strictness, row.applied_by, row.applied_at.replace(tzinfo=UTC)) for row in rows}

    def apply(self, tenant: str, model_id: str, strictness: float, by: str) -> Applied:
        """From now on this strictness holds, in place of any other."""
        applied = Applied(strictness, by, self._clock())
        values = {"model_id": model_id, "strictness": strictness, "applied_by": by, "applied_at": stored(applied.at)}
        with self._database.writing() as connection:
            connection.execute(STRICTNESS.delete().where(STRICTNESS.c.tenant == tenant))
            connection.execute(STRICTNESS.insert().values(tenant=tenant, **values))
        return applied

    def reset(self, tenant: str) -> None:
        """From now on the operator's thresholds hold."""
        with self._database.writing() as connection:
            connection.execute(STRICTNESS.delete().where(STRICTNESS.c.tenant == tenant))

    def sweep(self) -> None:
        """Erase the hours that are too old."""
        with self._database.writing() as connection:
            connection.execute(EXPOSURE.delete().where(EXPOSURE.c.day <= self._since()))

    def _since(self) -> date:
        return (self._clock() - timedelta(days=self._days)).date()
