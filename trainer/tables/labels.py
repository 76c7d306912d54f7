"""What is known of compared clips, as numbers: who drives, whose face, which performance, generator, session."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import chain, zip_longest

import numpy as np
from numpy.typing import NDArray

from trainer.data.videos import Kind, Video
from trainer.data.world.world import Trials

Numbers = NDArray[np.int64]
UNKNOWN = -1
_SHARED = ("driver", "face", "performance", "group", "own")


@dataclass(frozen=True)
class Labels:
    """Of C clips: numbers (C,) that are equal where the thing is the same, UNKNOWN where nothing tells it."""

    driver: Numbers
    face: Numbers
    performance: Numbers
    """Clips of one driver and one performance are copies of each other, whoever renders them."""
    generator: Numbers
    session: Numbers
    """The driver's recording session, numbered for each driver."""
    group: Numbers
    """Clips of two groups are not compared: something other than the driver tells them apart."""
    own: NDArray[np.bool_]
    """Whether driver and target are one person."""
    generators: tuple[str, ...] = ()
    """Names of the generators, by number."""

    def knows(self, aspect: str) -> bool:
        """Whether clips can differ in `aspect`, the name of one of the numbers."""
        known: Numbers = getattr(self, aspect)
        return bool((known != UNKNOWN).any())


def video_labels(videos: Sequence[Video]) -> Labels:
    """No layout tells sessions."""
    generators = sorted({video.generator for video in videos if video.generator})
    unknown = np.full(len(videos), UNKNOWN)
    clips = _numbers(f"{video.driver}--{video.clip}" for video in videos)
    return Labels(
        driver=_numbers(video.driver for video in videos),
        face=_numbers(video.target for video in videos),
        performance=np.where([video.clip is None for video in videos], UNKNOWN, clips),
        generator=np.array([generators.index(v.generator) if v.generator else UNKNOWN for v in videos], np.int64),
        session=unknown,
        group=np.zeros(len(videos), np.int64),
        own=np.array([video.target == video.driver for video in videos]),
        generators=tuple(generators),
    )


def trial_labels(trials: Trials) -> Labels:
    """Of the world's clips; nobody there has a face of their own."""
    families = tuple(np.unique(trials.family).tolist())
    return Labels(
        driver=trials.driver,
        face=trials.face,
        performance=trials.performance,
        generator=np.array([families.index(family) for family in trials.family], np.int64),
        session=trials.session,
        group=_numbers(f"{kind} {group}" for kind, group in zip(trials.kind, trials.group, strict=True)),
        own=np.zeros(len(trials.driver), bool),
        generators=families,
    )


def joined(parts: Sequence[Labels]) -> Labels:
    """Of all parts' clips, each part by one generator of its own; driver, face and group are the same things in all.

    Sessions are not: each part has drawn its own.
    """
    both = {name: np.concatenate([getattr(part, name) for part in parts]) for name in _SHARED}
    sizes = [len(part.driver) for part in parts]
    return Labels(
        **both,
        generator=np.repeat(np.arange(len(parts)), sizes),
        session=np.full(sum(sizes), UNKNOWN),
        generators=tuple(part.generators[0] for part in parts),
    )


def thinned(videos: Sequence[Video], most: int, rng: np.random.Generator) -> list[Video]:
    """At most `most` renderings, in order: in turn one of each driver and generator, of their own face and of others'.

    Originals are left out: they show a camera instead of a generator.
    """
    strata: dict[tuple[str, str, bool], list[int]] = {}
    for row in rng.permutation(len(videos)).tolist():
        video = videos[row]
        if video.kind is not Kind.ORIGINAL:
            strata.setdefault((video.driver, video.generator or "", video.kind is Kind.SELF), []).append(row)
    turns = zip_longest(*(strata[key] for key in sorted(strata)))
    rows = [row for row in chain.from_iterable(turns) if row is not None][:most]
    return [videos[row] for row in sorted(rows)]


def _numbers(names: Iterable[str]) -> Numbers:
    return np.unique(list(names), return_inverse=True)[1]
