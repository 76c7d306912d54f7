"""Filling a cache: every video of a data set that is not in it yet, or has changed since, is decoded once."""

from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TextIO

from tqdm import tqdm

from guard.core.errors import InputError
from trainer.data.avaprintdb import avaprintdb
from trainer.data.cache import REPORT, CacheWriter, Stamp
from trainer.data.decode import Clip
from trainer.data.decoders import decode_all
from trainer.data.nvfair import nvfair
from trainer.data.plain import plain
from trainer.data.videos import Listing, Video

LAYOUTS: dict[str, Callable[[Path], Listing]] = {"plain": plain, "nvfair": nvfair, "avaprintdb": avaprintdb}


@dataclass
class Filled:
    """Videos `kept` from an earlier run, `decoded` now, and `skipped` for what is in them; paths `passed` over."""

    kept: int = 0
    decoded: int = 0
    skipped: int = 0
    passed: int = 0


def fill(root: Path, layout: str, out: Path, workers: int, split: str | None = None) -> Filled:
    """Decode what `out` lacks of the data set at `root` with so many processes; a bar shows how far it is.

    A kill at any moment loses the clips being decoded and nothing else. Videos that were skipped are tried again by
    the next run; videos that are gone from the tree stay in the cache. With `split` only that split's videos are
    decoded. Raises InputError.
    """
    listed = _of_split(LAYOUTS[layout](root), split, root)
    with CacheWriter(out, layout) as writer, (out / REPORT).open("w", buffering=1, errors="surrogateescape") as report:
        filling = _Filling(writer, report, Filled(passed=len(listed.passed)))
        for name, why in listed.passed.items():
            filling.leave_out(name, why)
        missing = {root / video.path: (video, stamp) for video, stamp in filling.stale(root, listed.videos)}
        with (
            tqdm(total=len(listed.videos), initial=len(listed.videos) - len(missing), unit="video") as bar,
            closing(decode_all(missing, workers)) as clips,
        ):
            for path, found in clips:
                filling.take(*missing[path], found)
                bar.update()
                bar.set_postfix(skipped=filling.counts.skipped, refresh=False)
    return filling.counts


def _of_split(listed: Listing, split: str | None, root: Path) -> Listing:
    if split is None:
        return listed
    videos = [video for video in listed.videos if video.split == split]
    if not videos:
        splits = sorted({video.split for video in listed.videos if video.split}) or ["none"]
        raise InputError(str(root), f"holds no video of the split {split!r}", f"its splits: {', '.join(splits)}")
    return Listing(videos, listed.passed)


class _Filling:
    """One run: what it finds goes into the cache, or into the report, and is counted."""

    def __init__(self, writer: CacheWriter, report: TextIO, counts: Filled) -> None:
        self._writer, self._report, self.counts = writer, report, counts

    def stale(self, root: Path, videos: list[Video]) -> Iterator[tuple[Video, Stamp]]:
        """The videos to decode. Of the others the cache learns what their layout says today: splits may change."""
        for video in videos:
            try:
                facts = (root / video.path).stat()
            except OSError as error:
                self._skip(video.path, f"cannot be read: {error.strerror}")
                continue
            stamp, entry = Stamp(facts.st_size, facts.st_mtime_ns), self._writer.entries.get(video.path)
            if entry is None or entry.stamp != stamp:
                yield video, stamp
                continue
            self.counts.kept += 1
            self._note(video.path, entry.notes)
            if entry.video != video:
                self._writer.put(replace(entry, video=video))

    def take(self, video: Video, stamp: Stamp, found: Clip | str) -> None:
        """Put away what came of a video."""
        if isinstance(found, str):
            self._skip(video.path, found)
            return
        self._writer.add(video, stamp, found)
        self.counts.decoded += 1
        self._note(video.path, found.notes)

    def leave_out(self, path: str, why: str) -> None:
        """Report a path that is not in the cache, or no longer."""
        self._writer.forget(path)
        self._note(path, why)

    def _skip(self, path: str, why: str) -> None:
        self.counts.skipped += 1
        self.leave_out(path, why)

    def _note(self, path: str, note: str) -> None:
        if note:
            self._report.write(" ".join(f"{path}: {note}".splitlines()) + "\n")
