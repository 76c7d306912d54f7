"""Tenants' keys in the database, wrapped by a master key."""

from collections.abc import Callable
from typing import Any

import sqlalchemy as sa

from guard.core.errors import GalleryError, SettingsError
from guard.gallery.database import hold_keys
from guard.gallery.keys import KeyRing, KeySource
from guard.gallery.protection import Vault
from guard.gallery.tables import DATA_KEYS, TENANTS


class Vaults:
    """Opens and makes the keys of tenants. A running service follows a rotation: it reads the source again."""

    def __init__(self, source: KeySource) -> None:
        self.source = source
        self._ring = KeyRing(())

    def find(self, connection: sa.Connection, tenant: str, *, lock: bool = False) -> Vault | None:
        """The tenant's keys, None for a tenant without any; `lock` keeps every other writer of the tenant out.

        Raises GalleryError when the master key is missing or a wrong one.
        """
        statement = sa.select(TENANTS).where(TENANTS.c.id == tenant)
        row = connection.execute(statement.with_for_update() if lock else statement).one_or_none()
        return None if row is None else self._opened(row)

    def demand(self, connection: sa.Connection, tenant: str) -> Vault:
        """The tenant's keys, made when there are none; locked."""
        vault = self.find(connection, tenant, lock=True)
        if vault is None:
            hold_keys(connection)
            vault = self.find(connection, tenant, lock=True)  # somebody may have been quicker
        if vault is None:
            self._ring = loaded(self.source.begin)  # read anew: an older key may be about to be retired
            vault = Vault.fresh(tenant)
            connection.execute(TENANTS.insert().values(id=tenant, **self._closed(vault)))
        return vault

    def all(self, connection: sa.Connection) -> list[Vault]:
        """The keys of all tenants, locked. Raises GalleryError when one cannot be opened."""
        rows = connection.execute(sa.select(TENANTS).order_by(TENANTS.c.id).with_for_update()).all()
        return [self._opened(row) for row in rows]

    def master_key_ids(self, connection: sa.Connection) -> dict[str, int]:
        """How many tenants' keys each master key wraps, by its id."""
        query = sa.select(TENANTS.c.master_key_id, sa.func.count().label("tenants")).group_by(TENANTS.c.master_key_id)
        return {row.master_key_id: row.tenants for row in connection.execute(query)}

    def rotate(self, connection: sa.Connection) -> int:
        """Under `hold_keys`: give every tenant a new wrapping key, wrapped by the current master key; their number.

        Data keys are wrapped anew, what they encrypt stays as it is. Who still has an old page of an erased data key
        can open it with the old wrapping key only, which nothing but a retired master key opens.
        """
        self._ring = loaded(self.source.load)
        vaults = self.all(connection)
        for vault in vaults:
            fresh = vault.rotated()
            rows = connection.execute(sa.select(DATA_KEYS).where(DATA_KEYS.c.tenant == vault.tenant)).all()
            for row in rows:
                wrapped = fresh.wrap(row.id, vault.unwrap(row.id, row.wrapped))
                connection.execute(DATA_KEYS.update().where(DATA_KEYS.c.id == row.id).values(wrapped=wrapped))
            connection.execute(TENANTS.update().where(TENANTS.c.id == vault.tenant).values(**self._closed(fresh)))
        return len(vaults)

    def _opened(self, row: sa.Row[Any]) -> Vault:
        ring = self._ring
        if row.master_key_id not in ring.keys:  # rotated meanwhile, or put right
            ring = self._ring = loaded(self.source.load)
        return Vault.opened(row.id, ring.key(row.master_key_id), row.wrapped)

    def _closed(self, vault: Vault) -> dict[str, object]:
        master = self._ring.current
        return {"master_key_id": master, "wrapped": vault.closed(self._ring.key(master))}


def loaded(load: Callable[[], KeyRing]) -> KeyRing:
    """What `load` returns. Keys that cannot be read are a state of a running gallery with a way back: GalleryError."""
    try:
        return load()
    except SettingsError as error:
        raise GalleryError(f"gallery: {error}") from None


def put_key(connection: sa.Connection, vault: Vault, owner: str, key: bytes) -> None:
    """Store the data key of a person or template."""
    row = DATA_KEYS.insert().values(id=owner, tenant=vault.tenant, wrapped=vault.wrap(owner, key))
    connection.execute(row)


def get_key(connection: sa.Connection, vault: Vault, owner: str) -> bytes:
    """The data key of a person or template. Raises GalleryError when it is gone or does not open."""
    query = sa.select(DATA_KEYS.c.wrapped).where(DATA_KEYS.c.id == owner, DATA_KEYS.c.tenant == vault.tenant)
    wrapped = connection.execute(query).scalar_one_or_none()
    if wrapped is None:
        raise GalleryError("gallery: a record's key is not there: it was erased, or left out of a backup")
    return vault.unwrap(owner, wrapped)


def destroy_keys(connection: sa.Connection, owners: list[str]) -> None:
    """Erase the data keys of people and templates: before anything else of them goes."""
    connection.execute(DATA_KEYS.delete().where(DATA_KEYS.c.id.in_(owners)))
