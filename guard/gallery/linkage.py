"""Can two tenants' stolen, decrypted templates be linked? `python -m guard.gallery.linkage` prints what was found.

People are simulated: a direction each, and two templates that have a given cosine, one with each tenant, each turned by
that tenant's own matrix. Linkage is rank 1: of all the other tenant's templates the attacker names one.
"""

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from guard.core.scoring import EMBEDDING
from guard.gallery.transform import orthogonal

Rows = NDArray[np.float64]
Attack = Callable[[Rows, Rows, int], Rows]
"""Scores (N, N) of tenant A's templates (N, 256) with B's; the first `known` rows of both are pairs that are known."""

PEOPLE = 500
COSINES = (1.0, 0.9, 0.7)
KNOWN = (10, 30, 100)


def naive(a: Rows, b: Rows, known: int) -> Rows:
    """The cosine, as if there were no transform."""
    scores: Rows = a @ b.T
    return scores


def gram(a: Rows, b: Rows, known: int) -> Rows:
    """Inner products with the known people, which no transform changes: alike signatures, the same person."""
    scores: Rows = unit(a @ a[:known].T) @ unit(b @ b[:known].T).T
    return scores


def procrustes(a: Rows, b: Rows, known: int) -> Rows:
    """The rotation that best brings the known people together (Schönemann 1966), applied to all."""
    left, _, right = np.linalg.svd(a[:known].T @ b[:known], full_matrices=False)
    scores: Rows = a @ (left[:, :known] @ right[:known]) @ b.T
    return scores


def tenants(people: int, cosine: float, random: np.random.Generator) -> tuple[Rows, Rows]:
    """The templates (N, 256) of the same people with two tenants, each turned by a secret of its own."""
    directions = unit(random.normal(size=(people, EMBEDDING)))
    noise = np.sqrt((1 - cosine) / cosine)  # makes the expected cosine of two templates of a person `cosine`
    pair = [unit(directions + noise * unit(random.normal(size=directions.shape))) for _ in range(2)]
    return pair[0] @ orthogonal(b"a tenant's secret").T, pair[1] @ orthogonal(b"another's secret").T


def linked(attack: Attack, a: Rows, b: Rows, known: int) -> float:
    """Share of the people who are not known that the attack links to themselves, among those not known."""
    scores = attack(a, b, known)[known:, known:]
    return float((scores.argmax(axis=1) == np.arange(len(scores))).mean())


def unit(rows: Rows) -> Rows:
    """Rows of unit norm."""
    normed: Rows = rows / np.linalg.norm(rows, axis=1, keepdims=True)
    return normed


def study(people: int = PEOPLE, cosines: Sequence[float] = COSINES, known: Sequence[int] = KNOWN) -> list[str]:
    """The table in docs/privacy.md, a line a row."""
    random = np.random.default_rng(1)
    lines = ["| cosine of a person's two templates | known pairs | naive cosine | Gram | Procrustes |"]
    lines.append("|---|---|---|---|---|")
    for cosine in cosines:
        a, b = tenants(people, cosine, random)
        for pairs in known:
            shares = " | ".join(f"{linked(attack, a, b, pairs):.1%}" for attack in (naive, gram, procrustes))
            lines.append(f"| {cosine} | {pairs} | {shares} |")
    return lines


if __name__ == "__main__":
    print("\n".join(study()))
