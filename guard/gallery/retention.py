"""People are kept as long as their consent holds, and not an hour longer while a service runs."""

import asyncio
from datetime import datetime
from typing import Protocol

import sqlalchemy as sa
import structlog

from guard.core.errors import GalleryError, SettingsError
from guard.gallery import people
from guard.gallery.people import stored
from guard.gallery.tables import PEOPLE

EVERY = 3600.0
"""Seconds between two sweeps of a running service."""

log = structlog.get_logger()


class Sweeper(Protocol):
    """What is swept: the gallery."""

    def sweep(self) -> int:
        """Erase everybody whose consent has run out; how many they were. Blocks, raises GalleryError."""


def erase_expired(connection: sa.Connection, now: datetime) -> int:
    """Erase everybody whose consent has run out, but keep an opt-out: it needs no consent. How many were erased.

    An opt-out is kept without templates, under the name alone.
    """
    gone = connection.execute(sa.select(PEOPLE.c.id).where(PEOPLE.c.expires_at <= stored(now))).scalars().all()
    people.erase(connection, list(gone))
    return len(gone)


async def keep_sweeping(gallery: Sweeper) -> None:
    """Sweep now and once an hour; runs until cancelled. A gallery that cannot be reached is swept next time."""
    while True:
        try:
            erased = await asyncio.to_thread(gallery.sweep)
        except (GalleryError, SettingsError) as error:
            log.warning("gallery not swept", error=str(error))
        else:
            if erased:
                log.info("people erased whose consent has run out", people=erased)
        await asyncio.sleep(EVERY)
