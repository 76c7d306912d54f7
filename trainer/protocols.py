"""Protocols: which pairs of a data set's videos are trials, and what their scores come to.

A trial of one driver and one driving clip is no evidence of who drives: two renderings of one performance share what
was done, not only who did it. The published NVFAIR protocol counts such trials, and originals as self-reenactments;
it stands beside a strict one that counts neither.
"""

from collections.abc import Iterable, Sequence
from itertools import product

import numpy as np
from numpy.typing import NDArray

from guard.core.errors import InputError
from trainer.data.avaprintdb import PairTable
from trainer.data.videos import Kind, Video
from trainer.measures import Measure, equal_error_rate, least_detection_cost, weighted_auc
from trainer.ranking import bootstrap_ranks
from trainer.trials import Interval, Pairs, interval, products

Embeddings = NDArray[np.float32]
"""(V, D), a row for each video; the dot product of two rows is the score of their trial."""

Figures = dict[str, Interval | str]
"""By its name each figure of a protocol, or why it cannot be measured."""

MEASURES: dict[str, Measure] = {"AUC": weighted_auc, "EER": equal_error_rate, "minDCF": least_detection_cost}
MOST_VIDEOS = 5000
"""Videos of a plain folder that are compared each with each: 12 million pairs."""
_SEED = 4


def nvfair_figures(videos: Sequence[Video], embeddings: Embeddings) -> Figures:
    """Both protocols, over all generators and for each: means over targets, with intervals over targets."""
    figures: Figures = {}
    generators = [None, *sorted({video.generator for video in videos if video.generator})]
    for strict, generator in product((False, True), generators):
        found = target_pairs(videos, embeddings, strict, generator)
        telling = [pairs for pairs in found.values() if tells(pairs)]
        words = f"{'strict' if strict else 'published'} protocol, {generator or 'all generators'}"
        for name, measure in MEASURES.items():
            none = "no target has both genuine and impostor trials"
            figures[f"{name}, {words}"] = mean_over_targets(telling, measure) if telling else none
    return figures


def target_pairs(
    videos: Sequence[Video], embeddings: Embeddings, strict: bool, generator: str | None = None
) -> dict[str, Pairs]:
    """Trials of each target: its self-reenactments with each other (genuine) and with its cross-reenactments.

    `strict` leaves out originals, and genuine pairs that do not certainly show two performances.
    """
    drivers = _numbers(video.driver for video in videos)
    rows: dict[str, list[int]] = {}
    for row, video in enumerate(videos):
        if generator in (None, video.generator):
            rows.setdefault(video.target, []).append(row)
    genuine_kinds = {Kind.SELF} if strict else {Kind.SELF, Kind.ORIGINAL}
    found = {}
    for target, shown in sorted(rows.items()):
        own = [row for row in shown if videos[row].kind in genuine_kinds]
        other = [row for row in shown if videos[row].kind is Kind.CROSS]
        first, second = (np.array(own, int)[side] for side in np.triu_indices(len(own), k=1))
        if strict:
            differ = [_two_performances(videos[a], videos[b]) for a, b in zip(first, second, strict=True)]
            first, second = first[differ], second[differ]
        impostor = np.array(list(product(own, other)), int).reshape(-1, 2)
        pairs = np.concatenate((np.stack((first, second), axis=1), impostor))
        genuine = np.arange(len(pairs)) < len(first)
        found[target] = Pairs(products(embeddings, embeddings, pairs), genuine, drivers[pairs])
    return found


def tells(pairs: Pairs) -> bool:
    """Whether both kinds of trial are there; otherwise nothing can be measured."""
    return bool(pairs.genuine.any() and not pairs.genuine.all())


def mean_over_targets(by_target: Sequence[Pairs], measure: Measure) -> Interval:
    """The mean of a measure over targets, each with both kinds of trial, and its 95 % interval over them."""
    values = [measure(pairs.score, pairs.genuine, np.ones(len(pairs.score))) for pairs in by_target]
    drawn = np.random.default_rng(_SEED).choice(values, (1000, len(values))).mean(axis=1)
    pairs = sum(len(pairs.score) for pairs in by_target)
    return interval(float(np.mean(values)), drawn, pairs, len(by_target))


def plain_figures(videos: Sequence[Video], embeddings: Embeddings) -> Figures:
    """Every video against every other, on the same face and on two faces, with intervals over drivers.

    Raises InputError for more than MOST_VIDEOS.
    """
    if len(videos) > MOST_VIDEOS:
        raise InputError("--root", f"holds {len(videos)} videos; at most {MOST_VIDEOS} are compared each with each")
    figures: Figures = {}
    for words, found in plain_pairs(videos, embeddings).items():
        figures |= _pooled(words, found)
    return figures


def plain_pairs(videos: Sequence[Video], embeddings: Embeddings) -> dict[str, Pairs]:
    """Trials of every video with every other on the "same face" and on an "other face"; no two of one performance."""
    pairs = np.stack(np.triu_indices(len(videos), k=1), axis=1)
    drivers, targets, clips = (
        _numbers(values) for values in zip(*((v.driver, v.target, v.clip or "") for v in videos), strict=True)
    )
    genuine, same_face, same_clip = (_alike(numbers, pairs) for numbers in (drivers, targets, clips))
    kept = ~(genuine & same_clip)
    found = {}
    for words, alike in (("same face", same_face), ("other face", ~same_face)):
        chosen = pairs[kept & alike]
        found[words] = Pairs(products(embeddings, embeddings, chosen), genuine[kept & alike], drivers[chosen])
    return found


def avaprintdb_figures(videos: Sequence[Video], embeddings: Embeddings, name: str, table: PairTable) -> Figures:
    """A table's trials in one pooled ROC, with intervals over drivers; trials of videos not given are left out."""
    rows = {video.path: row for row, video in enumerate(videos)}
    drivers = _numbers(video.driver for video in videos)
    kept = [trial for trial in table.trials if trial.reference in rows and trial.test in rows]
    pairs = np.array([(rows[trial.reference], rows[trial.test]) for trial in kept], int).reshape(-1, 2)
    genuine = np.array([trial.genuine for trial in kept], bool)
    found = Pairs(products(embeddings, embeddings, pairs), genuine, drivers[pairs])
    return _pooled(f"{name}, {len(kept)} of its {table.lines} trials", found)


def _pooled(words: str, pairs: Pairs) -> Figures:
    if not tells(pairs):
        return {f"{name}, {words}": pairs.counted for name in MEASURES}
    found = bootstrap_ranks(pairs, MEASURES, np.random.default_rng(_SEED))
    return {f"{name}, {words}": interval for name, interval in found.items()}


def _two_performances(one: Video, other: Video) -> bool:
    return one.clip is not None and other.clip is not None and one.clip != other.clip


def _alike(numbers: NDArray[np.int64], pairs: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Of each pair whether both have the same number."""
    alike: NDArray[np.bool_] = numbers[pairs[:, 0]] == numbers[pairs[:, 1]]
    return alike


def _numbers(names: Iterable[str]) -> NDArray[np.int64]:
    return np.unique(list(names), return_inverse=True)[1]
