"""Rows of the pictures that references were computed from, where these are kept; a key for each clip."""

import json
import zlib
from collections.abc import Sequence
from typing import Any

import numpy as np
import sqlalchemy as sa

from guard.core.errors import GalleryError
from guard.core.items import SIZE
from guard.gallery.items import Crops
from guard.gallery.protection import Vault, new_id, new_key, seal, unseal
from guard.gallery.tables import CROPS
from guard.gallery.vaults import destroy_keys, get_key, put_key

FAST = 1
"""zlib's level: the pictures are of some use to it, but time is not to be lost."""


def put(connection: sa.Connection, vault: Vault, person: str, clips: Sequence[Crops]) -> None:
    """Keep these clips of a person beside those that are kept."""
    first = connection.execute(sa.select(sa.func.count()).where(CROPS.c.person == person)).scalar_one()
    for position, clip in enumerate(clips, first):
        row, key = new_id(), new_key()
        put_key(connection, vault, row, key)
        head = json.dumps({"session": clip.session, "times": clip.times, "cuts": clip.cuts}).encode()
        plain = head + b"\n" + zlib.compress(clip.pixels.tobytes(), FAST)
        sealed = seal(key, plain, "crops", vault.tenant, person, row)
        connection.execute(CROPS.insert().values(id=row, person=person, position=position, sealed=sealed))


def kept(connection: sa.Connection, vault: Vault, person: str) -> list[Crops]:
    """The clips of a person in the order in which they came. Raises GalleryError."""
    query = sa.select(CROPS).where(CROPS.c.person == person).order_by(CROPS.c.position)
    return [_opened(connection, vault, row) for row in connection.execute(query).all()]


def erase(connection: sa.Connection, people: list[str]) -> None:
    """Erase what is kept of these people: keys first."""
    rows = connection.execute(sa.select(CROPS.c.id).where(CROPS.c.person.in_(people))).scalars().all()
    destroy_keys(connection, list(rows))
    connection.execute(CROPS.delete().where(CROPS.c.person.in_(people)))


def _opened(connection: sa.Connection, vault: Vault, row: sa.Row[Any]) -> Crops:
    plain = unseal(get_key(connection, vault, row.id), row.sealed, "crops", vault.tenant, row.person, row.id)
    head, _, packed = plain.partition(b"\n")
    facts = json.loads(head)
    pixels = np.frombuffer(zlib.decompress(packed), np.uint8).reshape(-1, SIZE, SIZE)
    if len(pixels) != len(facts["times"]):
        raise GalleryError("gallery: damaged pictures; enrol that person again")
    return Crops(pixels, tuple(facts["times"]), tuple(facts["cuts"]), facts["session"])
