"""The one cosine: how alike two ways of moving are."""

import numpy as np
from numpy.typing import NDArray

from guard.core.errors import EngineError, InputError
from guard.core.items import Floats

EMBEDDING = 256
"""Components of an embedding and of a template."""


def make_template(embeddings: Floats, centre: Floats | None) -> Floats:
    """Template (256,) float32 of unit norm: the mean direction of reference windows (n, 256).

    `centre` (256,) is the bundle's mean embedding of many people, taken off first; None takes nothing off.
    Raises InputError when there is nothing to average, or the windows point in opposite directions.
    """
    if embeddings.ndim != 2 or embeddings.shape[1] != EMBEDDING or len(embeddings) == 0:
        raise InputError("embeddings", f"a template takes rows of {EMBEDDING}, not {embeddings.shape}")
    if not np.isfinite(embeddings).all():
        raise InputError("embeddings", "some values are not finite")
    mean = _unit(embeddings, centre).mean(axis=0)
    norm = np.linalg.norm(mean)
    if norm < 1e-6:
        raise InputError("embeddings", "the windows cancel each other out", "enrol clips of one person")
    template: Floats = (mean / norm).astype(np.float32)
    return template


def directions(embeddings: Floats, centre: Floats | None) -> Floats:
    """Embeddings (n, 256) less the bundle's `centre`, of unit norm again: what a template is the mean of."""
    return _unit(embeddings, centre).astype(np.float32)


def _unit(embeddings: Floats, centre: Floats | None) -> NDArray[np.float64]:
    centred = embeddings.astype(np.float64) if centre is None else embeddings.astype(np.float64) - centre
    norms = np.linalg.norm(centred, axis=1, keepdims=True)
    unit: NDArray[np.float64] = centred / np.where(norms > 0, norms, 1)
    return unit


def check_template(template: Floats) -> Floats:
    """Return `template` if it can be scored against; raises InputError otherwise."""
    if template.shape != (EMBEDDING,) or not np.isfinite(template).all() or not template.any():
        raise InputError("template", f"is not a direction in {EMBEDDING} dimensions", "enrol again")
    return template


def score(template: Floats, embedding: Floats, centre: Floats | None) -> float:
    """Cosine in -1..1 of a template (256,) and a window's embedding (256,), higher is likelier genuine.

    `centre` is the one that the template was made with.
    Raises EngineError when the embedding has no direction: a measurement that failed is not a score of 0.
    """
    centred = embedding if centre is None else embedding - centre
    norms = float(np.linalg.norm(template)) * float(np.linalg.norm(centred))
    if not norms > 0:
        raise EngineError("the embedding has no direction")
    return max(-1.0, min(1.0, float(template @ centred) / norms))  # rounding may step over 1 by an ulp
