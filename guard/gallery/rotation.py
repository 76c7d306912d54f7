"""Changing master keys while services run: a new one is added, wraps everything, and the old ones are destroyed.

Each step may be cut off and done again. Between them every service can read: it knows the old key already, or finds
the new one when it reads the source again.
"""

from dataclasses import dataclass

from guard.gallery.database import hold_keys
from guard.gallery.gallery import Gallery
from guard.gallery.protection import new_key


@dataclass(frozen=True, slots=True)
class MasterKey:
    """A master key by its id, and how many tenants' keys it wraps; `current` wraps those of new tenants."""

    id: str
    tenants: int
    current: bool


def master_keys(gallery: Gallery) -> list[MasterKey]:
    """The keys of the source, oldest first. Raises SettingsError, GalleryError."""
    ring = gallery.vaults.source.load()
    with gallery.database.reading() as connection:
        wraps = gallery.vaults.master_key_ids(connection)
    return [MasterKey(one, wraps.get(one, 0), one == ring.current) for one in ring.keys]


def rotate(gallery: Gallery) -> int:
    """Add a master key where that is in a file, and wrap the keys of all tenants with the current one; their number.

    Raises SettingsError, GalleryError; if it ends in between, the same again finishes it.
    """
    source = gallery.vaults.source
    with gallery.database.writing() as connection:
        hold_keys(connection)
        if source.in_file:
            source.replace([*source.begin().keys.values(), new_key()])  # on the disk before anything needs it
        count = gallery.vaults.rotate(connection)
    gallery.database.scrub()
    return count


def retire(gallery: Gallery) -> list[str]:
    """Destroy the keys of a key file that wrap nothing, but for the current one; their ids.

    What they wrapped once, in a backup or an old page, cannot be read any more. Raises SettingsError, GalleryError.
    """
    source = gallery.vaults.source
    source.check_file()
    with gallery.database.writing() as connection:
        hold_keys(connection)  # a new tenant would be wrapped by a key that goes
        ring = source.load()
        needed = {*gallery.vaults.master_key_ids(connection), ring.current}
        gone = [one for one in ring.keys if one not in needed]
        if gone:
            source.replace(key for one, key in ring.keys.items() if one in needed)
    return gone
