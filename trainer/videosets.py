"""A data set of videos to learn from: its decoded clips, and which of them train, validate and test."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from guard.core.errors import InputError
from trainer.data.cache import REPORT, Cache
from trainer.data.fill import LAYOUTS, fill
from trainer.data.videos import Kind, Video

SPLITS = {
    "nvfair": ("train", "val", "test"),
    "avaprintdb": ("DEV", None, "TEST"),
    "plain": (None, None, None),
    "world": ("train", "val", "test"),
}
"""The splits of each layout that train, validate and test; without one to validate, drivers are held out."""
HELD_OUT = 5
"""One driver in so many is held out to validate, where the layout has no split for it."""
VALIDATION_VIDEOS = 480
"""Validation videos that are embedded at each checkpoint, at most."""
_SEED = 6


class Clips(Protocol):
    """Clips by `Video.path`: a cache of pictures, or the landmarks in them."""

    def clip(self, path: str) -> NDArray[Any]:
        """(n, ...): whatever belongs to each frame of a video. KeyError: it is not here."""
        ...

    def state(self, path: str) -> list[int]:
        """Numbers that change when what `clip` gives does. KeyError: it is not here."""
        ...


@dataclass(frozen=True)
class VideoSet:
    """The videos of a cache by what they are for; nobody drives a video of two of the three lists."""

    layout: str
    cache: Clips
    training: list[Video]
    validation: list[Video]
    test: list[Video]

    def chosen(self, generators: Sequence[str] = ()) -> "VideoSet":
        """The same with training and validation videos of these generators only; of all of them if none is named.

        Originals are left out: the paper learns from reenactments. Raises InputError for a generator without videos.
        """
        known = sorted({video.generator for video in self.training if video.generator})
        unknown = [name for name in generators if name not in known]
        if unknown:
            problem = f"is none of {', '.join(known)}" if known else "cannot be chosen: this layout names no generators"
            raise InputError("--generators", f"{unknown[0]!r} {problem}")
        training, validation = (
            [v for v in videos if not v.original and (not generators or v.generator in generators)]
            for videos in (self.training, self.validation)
        )
        return VideoSet(self.layout, self.cache, training, validation, self.test)

    def summary(self) -> str:
        """What is trained on, in words: part of a checkpoint, so that a run goes on with what it began with."""
        drivers = {video.driver for video in self.training}
        generators = sorted({video.generator for video in self.training if video.generator})
        made_by = f", made by {', '.join(generators)}" if generators else ""
        return f"{len(self.training)} videos of {len(drivers)} drivers, layout {self.layout}{made_by}"


def digest(clips: Clips, videos: Sequence[Video]) -> str:
    """Tells one list of videos from another: their order, what the layout says of each, and the state of its clip."""
    found = sha256()
    for video in videos:
        found.update(json.dumps([asdict(video), clips.state(video.path)]).encode())
    return found.hexdigest()[:16]


def open_videos(root: Path, layout: str, folder: Path, workers: int) -> VideoSet:
    """The data set at `root`, decoded into the cache `folder` as far as it is missing there. Raises InputError."""
    fill(root, layout, folder, workers)
    cache = Cache(folder)
    # A cache also keeps what is gone from the tree, or came from another: that is not what was asked about.
    listed = sorted(LAYOUTS[layout](root).videos, key=lambda video: video.path)
    videos = [cache.entries[video.path].video for video in listed if video.path in cache.entries]
    if not videos:
        raise InputError(str(root), f"holds no video that can be decoded; see {folder / REPORT}")
    return sorted_out(layout, cache, videos)


def sorted_out(layout: str, cache: Cache, videos: Sequence[Video]) -> VideoSet:
    """The videos by the layout's splits; those who validate are held out of training where it has no split for them."""
    train, validate, test = SPLITS[layout]
    training = [video for video in videos if video.split == train]
    if validate:
        validation = [video for video in videos if video.split == validate]
    else:
        training, validation = held_out(training)
    tested = [video for video in videos if video.split == test] if test else []
    return VideoSet(layout, cache, training, validation, tested)


def held_out(videos: Sequence[Video]) -> tuple[list[Video], list[Video]]:
    """The videos of most drivers, and those of one driver in HELD_OUT (two at least), chosen by chance once for all.

    Raises InputError when fewer than two drivers are left on a side: one alone cannot be told from anybody.
    """
    drivers = sorted({video.driver for video in videos})
    if len(drivers) < 4:
        raise InputError("--root", f"has {len(drivers)} drivers to learn from", "four are the least: two to validate")
    count = max(2, len(drivers) // HELD_OUT)
    chosen = set(np.random.default_rng(_SEED).permutation(drivers)[:count].tolist())
    return [v for v in videos if v.driver not in chosen], [v for v in videos if v.driver in chosen]


def few(videos: Sequence[Video], most: int = VALIDATION_VIDEOS) -> list[Video]:
    """At most about `most` of the videos, the same number of every face by its own and by other drivers.

    A plain draw would leave hardly any self-reenactments, of which genuine trials are made.
    """
    rng = np.random.default_rng(_SEED)
    groups: dict[tuple[str, bool], list[Video]] = {}
    for video in videos:
        groups.setdefault((video.target, video.kind is Kind.CROSS), []).append(video)
    each = max(2, most // max(1, len(groups)))
    return [group[place] for group in groups.values() for place in sorted(rng.permutation(len(group))[:each])]
