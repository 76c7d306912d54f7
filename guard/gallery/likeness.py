"""Who of a tenant moves most like given windows: every template is looked at, a page of them at a time.

The stored, turned templates are compared with the turned windows: an orthogonal matrix keeps inner products, so that
none is turned back. Nothing decrypted outlives its page.
"""

from collections.abc import Iterator
from datetime import datetime
from heapq import nlargest
from typing import Any

import numpy as np
import sqlalchemy as sa

from guard.core.errors import GalleryError
from guard.core.items import Floats
from guard.gallery.people import stored
from guard.gallery.protection import Vault
from guard.gallery.tables import DATA_KEYS, PEOPLE, TEMPLATES
from guard.gallery.templates import Place, vector

PAGE = 500
"""Templates that are in memory at a time."""


def likest(
    connection: sa.Connection, vault: Vault, model_id: str, embeddings: Floats, excluding: str, now: datetime, most: int
) -> list[tuple[float, str]]:
    """Mean cosine of windows (N, 256), of unit norm, with templates of others; the `most` highest, with people's ids.

    The person whose name has the index `excluding`, and who opted out or whose consent has run out, is left out.
    """
    mean, turned = embeddings.mean(axis=0), dict[int, Floats]()
    found: list[tuple[float, str]] = []
    for page in _pages(connection, vault, model_id, excluding, now):
        for row in page:
            if row.generation not in turned:
                turned[row.generation] = vault.turned(mean, row.generation)
            found.append((float(turned[row.generation] @ _opened(vault, row)), row.person))
        found = nlargest(most, found)
    return found


def _pages(
    connection: sa.Connection, vault: Vault, model_id: str, excluding: str, now: datetime
) -> Iterator[list[sa.Row[Any]]]:
    columns = (TEMPLATES.c.id, TEMPLATES.c.person, TEMPLATES.c.model_id, TEMPLATES.c.generation, TEMPLATES.c.sealed)
    query = (
        sa.select(*columns, DATA_KEYS.c.wrapped, PEOPLE.c.name_index)
        .join(PEOPLE, PEOPLE.c.id == TEMPLATES.c.person)
        .outerjoin(DATA_KEYS, sa.and_(DATA_KEYS.c.id == TEMPLATES.c.id, DATA_KEYS.c.tenant == PEOPLE.c.tenant))
        .where(PEOPLE.c.tenant == vault.tenant, PEOPLE.c.name_index != excluding, TEMPLATES.c.model_id == model_id)
        .where(~PEOPLE.c.opted_out, sa.or_(PEOPLE.c.expires_at.is_(None), PEOPLE.c.expires_at > stored(now)))
        .order_by(PEOPLE.c.name_index)  # as the index has it
        .limit(PAGE)
    )
    last = ""
    while page := list(connection.execute(query.where(PEOPLE.c.name_index > last)).all()):
        yield page
        last = page[-1].name_index


def _opened(vault: Vault, row: sa.Row[Any]) -> Floats:
    """A template (256,) as it is stored, turned."""
    if row.wrapped is None:
        raise GalleryError("gallery: a record's key is not there: it was erased, or left out of a backup")
    key = vault.unwrap(row.id, row.wrapped)
    place = Place(vault, row.person, row.model_id, row.id, row.generation, key)
    template: Floats = np.asarray(vector(place.unseal("template", row.id, row.sealed)))
    return template
