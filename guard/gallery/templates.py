"""Rows of templates and of the references that they are the mean of; one key for a template and its references."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import numpy as np
import sqlalchemy as sa

from guard.core.errors import GalleryError, InputError
from guard.core.items import Floats
from guard.core.recollection import MODES, nothing_moved, rows_of
from guard.core.scoring import EMBEDDING, make_template
from guard.gallery.items import Enrolled, Reference, TemplateInfo
from guard.gallery.people import Known, stored
from guard.gallery.protection import Vault, new_id, new_key, seal, unseal
from guard.gallery.tables import REFERENCES, TEMPLATES
from guard.gallery.vaults import destroy_keys, get_key, put_key


@dataclass(frozen=True, slots=True)
class Kept:
    """A stored reference; `adapted` when it was taken from a call."""

    reference: Reference
    adapted: bool


@dataclass(frozen=True, slots=True)
class Place:
    """Which template a row belongs to: its ciphertext opens nowhere else. `generation` is that of the transform."""

    vault: Vault
    person: str
    model_id: str
    template: str
    generation: int
    key: bytes

    def seal(self, kind: str, row: str, plain: bytes) -> bytes:
        """`plain` as the row `row` keeps it."""
        return seal(self.key, plain, *self._context(kind, row))

    def unseal(self, kind: str, row: str, sealed: bytes) -> bytes:
        """What the row `row` keeps. Raises GalleryError."""
        return unseal(self.key, sealed, *self._context(kind, row))

    def _context(self, kind: str, row: str) -> tuple[str, ...]:
        # The generation too: turned back by another matrix, a template would be a wrong one that looks right.
        return kind, self.vault.tenant, self.person, self.model_id, str(self.generation), self.template, row


def find(connection: sa.Connection, vault: Vault, person: str, model_id: str) -> Floats | None:
    """The template (256,) float32 of unit norm of a person for a model; None when there is none."""
    found = enrolled(connection, vault, person, model_id)
    return None if found is None else found.template


def enrolled(connection: sa.Connection, vault: Vault, person: str, model_id: str) -> Enrolled | None:
    """The same template and its number of windows, which is not known of a row that counts none."""
    row = _row(connection, person, model_id)
    if row is None:
        return None
    place = _place(connection, vault, row)
    plain = place.unseal("template", row.id, row.sealed)
    return Enrolled(vault.turned_back(vector(plain), row.generation), row.windows or None)


def vector(plain: bytes) -> Floats:
    """The template (256,), as it was stored, of what `Place.unseal` gives."""
    first: Floats = _embeddings(plain)[0]
    return first


def infos(connection: sa.Connection, person: str) -> tuple[TemplateInfo, ...]:
    """What is kept of a person, by model."""
    query = sa.select(TEMPLATES).where(TEMPLATES.c.person == person).order_by(TEMPLATES.c.model_id)
    return tuple(
        TemplateInfo(one.model_id, one.windows, one.seconds, one.clips, one.sessions, _utc(one.created_at))
        for one in connection.execute(query)
    )


def _utc(moment: datetime) -> datetime:
    return moment.replace(tzinfo=UTC)


def kept(connection: sa.Connection, vault: Vault, person: str, model_id: str) -> list[Kept]:
    """The references of a person's template in the order in which they came, embeddings turned back."""
    row = _row(connection, person, model_id)
    if row is None:
        return []
    place = _place(connection, vault, row)
    query = sa.select(REFERENCES).where(REFERENCES.c.template == row.id).order_by(REFERENCES.c.position)
    return [_opened(place, reference) for reference in connection.execute(query)]


def put(
    connection: sa.Connection,
    vault: Vault,
    known: Known,
    model_id: str,
    references: Sequence[Kept],
    *,
    generation: int = 0,
) -> None:
    """Keep the mean of `references` as the person's template for this model, and them, in place of what there was.

    All of it is written anew under a new key, and the old key destroyed. Raises InputError when there is no mean.
    """
    clips = [one.reference for one in references]
    mean = make_template(np.concatenate([clip.embeddings for clip in clips]), None)
    earlier = _row(connection, known.id, model_id)
    if earlier is not None:
        destroy_keys(connection, [earlier.id])
        connection.execute(TEMPLATES.delete().where(TEMPLATES.c.id == earlier.id))
    place = Place(vault, known.id, model_id, new_id(), max(generation, earlier.generation if earlier else 0), new_key())
    put_key(connection, vault, place.template, place.key)
    values = {
        "id": place.template,
        "person": known.id,
        "model_id": model_id,
        "generation": place.generation,
        "sealed": place.seal("template", place.template, _bytes(vault.turned(mean, place.generation))),
        "windows": sum(len(clip.embeddings) for clip in clips),
        "seconds": sum(clip.seconds for clip in clips),
        "clips": len(clips),
        "sessions": len({clip.session for clip in clips}),
        "created_at": stored(datetime.now(UTC)),
    }
    connection.execute(TEMPLATES.insert().values(**values))
    rows = [_closed(place, position, one) for position, one in enumerate(references)]
    connection.execute(REFERENCES.insert(), rows)


def generation(connection: sa.Connection, person: str, model_id: str) -> int:
    """Which of the tenant's transforms a person's template went through."""
    row = _row(connection, person, model_id)
    return row.generation if row is not None else 0


def check(references: Sequence[Reference]) -> None:
    """Raises InputError for references that no template can be made of."""
    if not references:
        raise InputError("references", "there are none", "give clips in which the face moves")
    for reference in references:
        embeddings = reference.embeddings
        if embeddings.ndim != 2 or embeddings.shape[1] != EMBEDDING or len(embeddings) == 0:
            raise InputError("references", f"embeddings are rows of {EMBEDDING}, not {embeddings.shape}")
        if not np.isfinite(embeddings).all():
            raise InputError("references", "some values are not finite")


def _row(connection: sa.Connection, person: str, model_id: str) -> sa.Row[Any] | None:
    query = sa.select(TEMPLATES).where(TEMPLATES.c.person == person, TEMPLATES.c.model_id == model_id)
    return connection.execute(query).one_or_none()


def _place(connection: sa.Connection, vault: Vault, row: sa.Row[Any]) -> Place:
    return Place(vault, row.person, row.model_id, row.id, row.generation, get_key(connection, vault, row.id))


def _closed(place: Place, position: int, one: Kept) -> dict[str, object]:
    """A reference as its row: a line of JSON, then the embeddings, then `moved` rows of how the picture moved."""
    row, reference = new_id(), one.reference
    motion = nothing_moved() if reference.motion is None else reference.motion
    head = json.dumps({"session": reference.session, "seconds": reference.seconds, "moved": len(motion)}).encode()
    plain = head + b"\n" + _bytes(place.vault.turned(reference.embeddings, place.generation)) + motion.tobytes()
    sealed = place.seal("reference", row, plain)
    return {"id": row, "template": place.template, "position": position, "adapted": one.adapted, "sealed": sealed}


def _opened(place: Place, row: sa.Row[Any]) -> Kept:
    head, _, plain = place.unseal("reference", row.id, row.sealed).partition(b"\n")
    facts = json.loads(head)
    end = len(plain) - MODES * facts.get("moved", 0)  # rows of earlier versions have none
    embeddings = place.vault.turned_back(_embeddings(plain[:end]), place.generation)
    motion = rows_of(plain[end:]) if end < len(plain) else None
    return Kept(Reference(embeddings, facts["seconds"], facts["session"], motion=motion), row.adapted)


def _bytes(embeddings: Floats) -> bytes:
    return embeddings.astype("<f4").tobytes()


def _embeddings(plain: bytes) -> Floats:
    """Rows of 256. Only finite ones were put in, so that anything else is a fault of the database's."""
    if len(plain) == 0 or len(plain) % (4 * EMBEDDING):
        raise GalleryError("gallery: a damaged template; enrol that person again")
    return np.frombuffer(plain, "<f4").reshape(-1, EMBEDDING).astype(np.float32)
