"""People for tests of the gallery: embeddings that are like each other, and a consent."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np

from guard.access.caller import DEFAULT_TENANT
from guard.core.items import Floats
from guard.core.scoring import make_template
from guard.gallery import Gallery
from guard.gallery.items import Consent, Person, Reference

MODEL = "m1"


def embeddings(seed: int, count: int = 6) -> Floats:
    """Windows (count, 256) of unit norm around one direction."""
    random = np.random.default_rng(seed)
    rows = random.normal(size=256) + 0.3 * random.normal(size=(count, 256))
    return np.asarray(rows / np.linalg.norm(rows, axis=1, keepdims=True), np.float32)


def template(seed: int) -> Floats:
    """The template of `reference(seed)` alone."""
    return make_template(embeddings(seed), None)


def reference(seed: int, session: str = "monday") -> Reference:
    return Reference(embeddings(seed), 2.5, session)


def consent(days: float = 30) -> Consent:
    now = datetime.now(UTC)
    return Consent("Grace", now - timedelta(days=1), "calls of the board", now + timedelta(days=days))


def put(
    gallery: Gallery, name: str, seed: int = 0, model_id: str = MODEL, tenant: str = DEFAULT_TENANT, add: bool = False
) -> Person:
    return gallery.put(tenant, name, model_id, [reference(seed)], consent(), add=add)


def enrol_vector(path: Path, name: str, vector: Floats, model_id: str) -> None:
    """Somebody whose template is the direction of `vector` (256,)."""
    one = Reference(vector[None] / np.linalg.norm(vector), 1.0, "once")
    Gallery(path).put(DEFAULT_TENANT, name, model_id, [one], consent())
