"""What version 1 of the gallery kept in the clear, encrypted: one table of names and templates, without tenants."""

from datetime import datetime

import numpy as np
import sqlalchemy as sa

from guard.access.caller import DEFAULT_TENANT
from guard.core.errors import GalleryError
from guard.core.scoring import EMBEDDING
from guard.gallery import people, templates
from guard.gallery.items import Reference
from guard.gallery.tables import PEOPLE, TEMPLATES
from guard.gallery.templates import Kept
from guard.gallery.vaults import Vaults

PLAIN = "templates_in_the_clear"
"""Where the first migration puts the old table."""


def take_over(connection: sa.Connection, vaults: Vaults) -> None:
    """Encrypt the rows of the old table, if there is one, for the default tenant, and drop it.

    Each template becomes the one reference of itself. Nobody's consent was recorded, and none is invented.
    """
    if not sa.inspect(connection).has_table(PLAIN):
        return
    for row in connection.execute(sa.text(f"SELECT * FROM {PLAIN} ORDER BY name, model_id")).all():
        vector = np.frombuffer(row.vector, "<f4")
        if vector.shape != (EMBEDDING,) or not np.isfinite(vector).all():
            raise GalleryError("gallery: the file of version 1 holds a damaged template; remove it with that version")
        vault = vaults.demand(connection, DEFAULT_TENANT)
        known = people.find(connection, vault, row.name) or people.save(connection, vault, row.name, None)
        one = Kept(Reference(vector[None], row.seconds, "before"), adapted=False)
        templates.put(connection, vault, known, row.model_id, [one])
        at = datetime.fromisoformat(row.created_at)
        counts = {"windows": row.windows, "clips": row.clips, "sessions": row.clips, "created_at": at}
        mine = sa.and_(TEMPLATES.c.person == known.id, TEMPLATES.c.model_id == row.model_id)
        connection.execute(TEMPLATES.update().where(mine).values(**counts))
        connection.execute(PEOPLE.update().where(PEOPLE.c.id == known.id).values(created_at=at))
    connection.execute(sa.text(f"DROP TABLE {PLAIN}"))
