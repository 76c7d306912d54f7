"""Which windows of a verified call a template may take up: few, seldom, and never against what was enrolled."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

import sqlalchemy as sa

from guard.core.learning import addition
from guard.gallery import templates
from guard.gallery.items import Reference
from guard.gallery.people import Known
from guard.gallery.protection import Vault
from guard.gallery.templates import Kept

EVERY = timedelta(days=1)
"""Between two changes of a template, whatever changed it."""


def add(
    connection: sa.Connection,
    vault: Vault,
    known: Known,
    model_id: str,
    reference: Reference,
    now: datetime,
    least: float,
) -> bool:
    """Add what is admitted of a reference to a person's template for this model; whether anything was."""
    changed_at = {info.model_id: info.created_at for info in templates.infos(connection, known.id)}
    if model_id not in changed_at:
        return False
    kept = templates.kept(connection, vault, known.id, model_id)
    added = admitted(kept, reference, changed_at[model_id], now, least)
    if added is not None:
        templates.put(connection, vault, known, model_id, [*kept, Kept(added, adapted=True)])
    return added is not None


def revert(connection: sa.Connection, vault: Vault, known: Known) -> None:
    """Take back what was added to any of a person's templates."""
    for info in templates.infos(connection, known.id):
        references = templates.kept(connection, vault, known.id, info.model_id)
        enrolled = [one for one in references if not one.adapted]
        if len(enrolled) < len(references):
            templates.put(connection, vault, known, info.model_id, enrolled)


def admitted(
    kept: Sequence[Kept], reference: Reference, changed_at: datetime, now: datetime, least: float
) -> Reference | None:
    """The part of the reference that may be added to those that are kept, see `addition`; None when none may."""
    if now - changed_at < EVERY:
        return None
    enrolled = [one.reference.embeddings for one in kept if not one.adapted]
    adapted = sum(len(one.reference.embeddings) for one in kept if one.adapted)
    added = addition(enrolled, adapted, reference.embeddings, least)
    return None if added is None else replace(reference, embeddings=added, crops=None)
