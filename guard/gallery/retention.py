"""People are kept as long as their consent holds, and not an hour longer while a service runs."""

import asyncio
from collections.abc import Callable
from datetime import datetime
from typing import Any

import sqlalchemy as sa
import structlog

from guard.core.errors import AuditError, GalleryError, SettingsError
from guard.daemoncalls import DaemonCalls
from guard.gallery import people
from guard.gallery.people import Known, stored
from guard.gallery.protection import Vault
from guard.gallery.tables import PEOPLE
from guard.gallery.vaults import Vaults

EVERY = 3600.0
"""Seconds between two sweeps of a running service."""

log = structlog.get_logger()

Forget = Callable[[str, str], None]
"""Takes the tenant and the name of a person who is erased."""


def nowhere_else(tenant: str, name: str) -> None:
    """Nothing but the gallery knows the person."""


def erase_expired(connection: sa.Connection, vaults: Vaults, now: datetime, forget: Forget) -> int:
    """Erase everybody, of all tenants, whose consent has run out; how many they were. `forget` is told of each first.

    Of who has opted out the name stays, and nothing else: an opt-out needs no consent.
    """
    expired = connection.execute(sa.select(PEOPLE).where(PEOPLE.c.expires_at <= stored(now))).all()
    for row in expired:
        vault = vaults.find(connection, row.tenant, lock=True)
        known = _readable(connection, vault, row)
        if known is not None and not row.opted_out:
            forget(row.tenant, known.name)
        people.erase(connection, [row.id])
        if vault is not None and known is not None and row.opted_out:
            people.save(connection, vault, known.name, None, opted_out=True)
    return len(expired)


def _readable(connection: sa.Connection, vault: Vault | None, row: sa.Row[Any]) -> Known | None:
    """The person of a row; None for one that cannot be decrypted and has not opted out: it is erased all the same."""
    try:
        return None if vault is None else people.opened(connection, vault, row)
    except GalleryError:
        if row.opted_out:
            raise
        return None


async def keep_sweeping(sweep: Callable[[], int]) -> None:
    """Sweep now and once an hour; runs until cancelled. A gallery that cannot be reached is swept next time.

    `sweep` erases everybody whose consent has run out and says how many they were. It may block, and raise
    GalleryError, or AuditError when it cannot be recorded first.
    """
    calls = DaemonCalls(1)
    while True:
        try:
            erased = await calls.run(sweep)
        except (AuditError, GalleryError, SettingsError) as error:
            log.warning("gallery not swept", error=str(error))
        else:
            if erased:
                log.info("people erased whose consent has run out", people=erased)
        await asyncio.sleep(EVERY)
