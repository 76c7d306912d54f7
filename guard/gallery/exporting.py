"""All that is kept about one person, in one document that the person can be given."""

import json
import zlib
from datetime import UTC, datetime
from typing import Any

import numpy as np
import sqlalchemy as sa

from guard.core.recollection import Rows
from guard.gallery import crops, incidents, motions, people, templates
from guard.gallery.items import Crops, TemplateInfo
from guard.gallery.people import Known
from guard.gallery.protection import Vault
from guard.gallery.templates import Kept

FORMAT = 1
"""Counted up when a field changes its meaning or goes."""


def document(connection: sa.Connection, vault: Vault, known: Known) -> bytes:
    """JSON in UTF-8; docs/privacy.md describes its fields."""
    facts = {
        "format": FORMAT,
        "tenant": vault.tenant,
        "name": known.name,
        "since": known.created_at.isoformat(),
        "opted_out": known.opted_out,
        "adapts": known.adapts,
        "consent": known.consent and people.consent_facts(known.consent),
        "pictures": [_clip(clip) for clip in crops.kept(connection, vault, known.id)],
        "motions": [_motion(*one) for one in motions.of_person(connection, vault, known.id)],
        "incidents": [_incident(connection, vault, *one) for one in incidents.of_person(connection, vault, known.id)],
        "templates": [_template(connection, vault, known, info) for info in templates.infos(connection, known.id)],
    }
    return json.dumps(facts, ensure_ascii=False, indent=1).encode()


def _incident(connection: sa.Connection, vault: Vault, packed: bytes, row: sa.Row[Any]) -> dict[str, Any]:
    """What was suspected in a call under the person's name, what it was found to be, and how many pictures are kept."""
    facts: dict[str, Any] = json.loads(zlib.decompress(packed))
    kept = incidents.pictures(connection, vault, row.id, datetime.min)
    pictures = 0 if kept is None else len(json.loads(kept.partition(b"\n")[0]))
    return facts | {"disposition": row.disposition, "by": row.disposed_by, "pictures": pictures}


def _motion(rows: Rows, row: sa.Row[Any]) -> dict[str, Any]:
    """How the picture moved in a call of the person."""
    return {"ended_at": row.ended_at.replace(tzinfo=UTC).isoformat(), "rows": rows.tolist()}


def _clip(clip: Crops) -> dict[str, Any]:
    """How many pictures are kept of a clip; the pictures themselves are not given out in JSON."""
    return {"session": clip.session, "frames": len(clip.times), "seconds": clip.times[-1] - clip.times[0]}


def _template(connection: sa.Connection, vault: Vault, known: Known, info: TemplateInfo) -> dict[str, Any]:
    mean = templates.find(connection, vault, known.id, info.model_id)
    references = templates.kept(connection, vault, known.id, info.model_id)
    assert mean is not None
    scores = [one.reference.embeddings @ mean for one in references]
    return {
        "model_id": info.model_id,
        "windows": info.windows,
        "seconds": info.seconds,
        "created_at": info.created_at.isoformat(),
        "template": mean.tolist(),
        "spread": float(np.concatenate(scores).std()),
        "references": [_reference(one) for one in references],
    }


def _reference(one: Kept) -> dict[str, Any]:
    reference = one.reference
    return {
        "session": reference.session,
        "seconds": reference.seconds,
        "adapted": one.adapted,
        "embeddings": reference.embeddings.tolist(),
        "motion": [] if reference.motion is None else reference.motion.tolist(),
    }
