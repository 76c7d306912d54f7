"""Verification trials: which pairs of clips are compared, and how well their scores separate drivers."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from trainer.data.world.world import Trials
from trainer.measures import Measure, weighted_auc

Floats = NDArray[np.floating]
LEAST_IDENTITIES = 5
"""Fewer have no interval: drawn again with replacement they are too often the same ones, and it is far too narrow."""
_BLOCK = 4096
"""Pairs whose embeddings are gathered at once."""


@dataclass(frozen=True)
class Pairs:
    """P compared pairs of clips: cosine `score`, whether one driver moves both, and the two drivers (P, 2)."""

    score: Floats
    genuine: NDArray[np.bool_]
    drivers: NDArray[np.int64]
    faces: NDArray[np.int64] | None = None
    """(P, 2): the two faces, where a bootstrap is to draw them again, too."""

    @property
    def counted(self) -> str:
        """How many there are, in words."""
        genuine = int(self.genuine.sum())
        return f"{genuine} genuine, {len(self.genuine) - genuine} impostor trials"


@dataclass(frozen=True)
class Interval:
    """A figure of so many `pairs` with its 95 % bootstrap interval over `identities`: drivers, or targets.

    `low` and `high` are None for fewer than LEAST_IDENTITIES. `unmeasured` draws of the bootstrap held trials of one
    kind only and do not count.
    """

    value: float
    low: float | None
    high: float | None
    pairs: int
    identities: int
    unmeasured: int = 0

    @property
    def remark(self) -> str:
        """What has to be known of the interval; "" for nothing."""
        if self.low is not None:
            return f"{self.unmeasured} draws of its interval held one kind of trial only" if self.unmeasured else ""
        if self.identities < LEAST_IDENTITIES:
            return f"no interval: {self.identities} of at least {LEAST_IDENTITIES} identities"
        return "no interval: none of its draws could be measured"

    def named(self, name: str) -> dict[str, float | None]:
        """The same three as a row of figures has them: `name`, `name`_low and `name`_high."""
        return dict(zip((name, f"{name}_low", f"{name}_high"), self.rounded().values(), strict=True))

    def rounded(self) -> dict[str, float | None]:
        """Value, low and high to four digits, as JSON has them."""
        parts = {"value": self.value, "low": self.low, "high": self.high}
        return {name: None if part is None else round(part, 4) for name, part in parts.items()}


def compare(
    embeddings: Floats,
    trials: Trials,
    kind: str,
    same_face: bool,
    same_session: bool | None = None,
    same_family: bool | None = None,
) -> Pairs:
    """All pairs of clips of one kind of driver on the same face (or on two different faces).

    With `same_session` genuine pairs are those of one recording session (or of two different ones) only; impostor
    pairs are the same either way, for no session has two drivers. With `same_family` both clips are shown by
    generators of one family (or of two different ones).
    `embeddings` (C, D) of unit norm. Impostor pairs stay within a group: a source's frame rate leaves a trace that
    would tell drivers apart for the wrong reason. Two renderings of one performance are no genuine pair: they share
    what was said, not only who said it.
    """
    first, second = np.triu_indices(len(embeddings), k=1)
    copies = trials.driver[first] == trials.driver[second]
    copies &= trials.performance[first] == trials.performance[second]
    kept = ~copies & (trials.kind[first] == kind) & (trials.kind[second] == kind)
    kept &= trials.group[first] == trials.group[second]
    kept &= (trials.face[first] == trials.face[second]) == same_face
    if same_family is not None:
        kept &= (trials.family[first] == trials.family[second]) == same_family
    if same_session is not None:
        genuine = trials.driver[first] == trials.driver[second]
        kept &= ~genuine | ((trials.session[first] == trials.session[second]) == same_session)
    rows = np.stack((first[kept], second[kept]), axis=1)
    drivers = trials.driver[rows]
    return Pairs(products(embeddings, embeddings, rows), drivers[:, 0] == drivers[:, 1], drivers, trials.face[rows])


def products(one: Floats, other: Floats, rows: NDArray[np.int64]) -> Floats:
    """The dot products (P,) of rows (P, 2): the first of `one` (V, D) with the second of `other` (W, D).

    In blocks: the embeddings of both sides of millions of pairs would not fit into memory at once.
    """
    found = np.empty(len(rows), np.result_type(one, other))
    for start in range(0, len(rows), _BLOCK):
        first, second = rows[start : start + _BLOCK].T
        np.einsum("pd,pd->p", one[first], other[second], out=found[start : start + _BLOCK])
    return found


def auc(pairs: Pairs) -> float:
    """Area under the ROC curve of the pairs' scores."""
    return weighted_auc(pairs.score, pairs.genuine, np.ones(len(pairs.score)))


def bootstrap(
    pairs: Pairs, measure: Measure, rng: np.random.Generator, rounds: int = 400, weight: Floats | None = None
) -> Interval:
    """`measure` of the pairs and its 95 % interval when drivers are drawn again with replacement, and so are faces.

    These are what a new test would bring new ones of; pairs of one driver are not independent of each other, nor are
    those on one face. Fewer faces than LEAST_IDENTITIES stay as they are. Without `weight` (P,) every pair counts once.
    """
    order = np.argsort(pairs.score)  # once: each round's measure then finds its scores in order, in a third of the time
    faces = None if pairs.faces is None else pairs.faces[order]
    pairs = Pairs(pairs.score[order], pairs.genuine[order], pairs.drivers[order], faces)
    own = np.ones(len(order)) if weight is None else weight[order]
    drawn = [measure(pairs.score, pairs.genuine, own * often) for often in draws(pairs, rng, rounds)]
    return interval(measure(pairs.score, pairs.genuine, own), drawn, len(pairs.score), identities(pairs))


def draws(pairs: Pairs, rng: np.random.Generator, rounds: int) -> Iterator[Floats]:
    """How often each pair counts (P,) when its drivers are drawn again: a pair of one driver as often as that one.

    Times how often its faces are, likewise, drawn apart from the drivers (Owen, 2007: the pigeonhole bootstrap), where
    there are LEAST_IDENTITIES of them.
    """
    drivers, driven = _numbered(pairs.drivers)
    faces, shown = _numbered(pairs.drivers[:0] if pairs.faces is None else pairs.faces)
    for _ in range(rounds):
        times = _times(rng, drivers, driven)
        yield times * _times(rng, faces, shown) if faces >= LEAST_IDENTITIES else times


def _numbered(names: NDArray[np.int64]) -> tuple[int, NDArray[np.int64]]:
    """How many there are in (P, 2), and their numbers (2, P)."""
    known, places = np.unique(names, return_inverse=True)
    return len(known), places.reshape(names.shape).T


def _times(rng: np.random.Generator, count: int, places: NDArray[np.int64]) -> Floats:
    """How often each pair (2, P) of `count` is drawn: with one who is both as often as that one."""
    times = np.bincount(rng.integers(count, size=count), minlength=count).astype(float)
    first, second = places
    return np.where(first == second, times[first], times[first] * times[second])


def identities(pairs: Pairs) -> int:
    """How many drivers the pairs are of."""
    return len(np.unique(pairs.drivers))


def interval(value: float, drawn: Sequence[float], pairs: int, identities: int) -> Interval:
    """A figure of so many pairs of so many identities, by what the draws came to: NaN where one had no figure."""
    there = [one for one in drawn if not np.isnan(one)]
    unmeasured = len(drawn) - len(there)
    if identities < LEAST_IDENTITIES or not there:
        return Interval(value, None, None, pairs, identities, unmeasured)
    low, high = np.percentile(there, (2.5, 97.5))
    return Interval(value, float(low), float(high), pairs, identities, unmeasured)


def bounds(low: float | None, high: float | None, form: str = ".3f") -> str:
    """An interval in words, wherever one is written."""
    return "no interval" if low is None or high is None else f"{low:{form}} to {high:{form}}"
