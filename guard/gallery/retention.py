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
from guard.gallery.vaults import Vaults

EVERY = 3600.0
"""Seconds between two sweeps of a running service."""

log = structlog.get_logger()


class Sweeper(Protocol):
    """What is swept: the gallery."""

    def sweep(self) -> int:
        """Erase everybody whose consent has run out; how many they were. Blocks, raises GalleryError."""


def erase_expired(connection: sa.Connection, vaults: Vaults, now: datetime) -> int:
    """Erase everybody, of all tenants, whose consent has run out; how many they were.

    Of who has opted out the name stays, and nothing else: an opt-out needs no consent.
    """
    expired = connection.execute(sa.select(PEOPLE).where(PEOPLE.c.expires_at <= stored(now))).all()
    for row in expired:
        vault = vaults.find(connection, row.tenant, lock=True) if row.opted_out else None
        known = people.opened(connection, vault, row) if vault is not None else None
        people.erase(connection, [row.id])
        if vault is not None and known is not None:
            people.save(connection, vault, known.name, None, opted_out=True)
    return len(expired)


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
