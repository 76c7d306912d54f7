"""The cache of decoded videos: one file of frames to map into memory, and an index beside it.

    frames.u8     128x128 bytes a frame, clip after clip, nothing between them
    index.jsonl   a line that says what this is, then a line a clip: the video, and where its frames are
    report.txt    a line for each video that is not in it, or not as a whole, and why

A clip's line is written when its frames are on the disk, so the lines never promise too much, wherever a kill fell.
What has no whole line is cut off by the next writer; otherwise both files only grow, so that readers stay right.
Of two lines about one video the later counts.
"""

import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from types import TracebackType
from typing import IO, Any

import numpy as np

from guard.core.errors import InputError
from guard.core.items import FPS, SIZE
from trainer.clips import Frames
from trainer.data.decode import Clip
from trainer.data.videos import Video

FRAMES, INDEX, REPORT = "frames.u8", "index.jsonl", "report.txt"
HEADER = {"format": 1, "fps": FPS, "size": SIZE}
"""What every cache of this kind says of itself, next to its layout."""
_PICTURE = SIZE * SIZE


@dataclass(frozen=True, slots=True)
class Stamp:
    """A video file's size in bytes and its time of change in ns: others mean that it must be decoded again."""

    size: int
    modified: int


@dataclass(frozen=True, slots=True)
class Entry:
    """One cached clip: `count` frames from number `first` of the file on, of which `filler` repeat the one before.

    `stamp` is that of the video when it was decoded; `notes` says what was wrong with it, "" for nothing.
    """

    video: Video
    stamp: Stamp
    first: int
    count: int
    filler: int
    notes: str

    @property
    def end(self) -> int:
        """Number of the frame after the last."""
        return self.first + self.count


class Cache:
    """A cache to read, also while another process fills it; `entries` by `Video.path`, as they were on opening.

    Raises InputError if `folder` is no cache of this format.
    """

    def __init__(self, folder: Path) -> None:
        try:
            contents = _read(folder)
        except OSError as error:
            raise InputError(str(folder), f"is no cache: {error.strerror}", "make one: trainer cache") from error
        if contents.layout is None:
            raise InputError(str(folder), "is no cache yet", "make one: trainer cache")
        self.layout, self.entries = contents.layout, contents.entries
        self._frames: Frames = np.zeros((0, SIZE, SIZE), np.uint8)
        if contents.end:  # an empty file cannot be mapped
            self._frames = np.memmap(folder / FRAMES, np.uint8, "r", shape=(contents.end, SIZE, SIZE))

    def clip(self, path: str) -> Frames:
        """The frames (n, 128, 128) uint8 of a video, read-only and straight from the file. KeyError: it is not here."""
        entry = self.entries[path]
        return self._frames[entry.first : entry.end]

    def state(self, path: str) -> list[int]:
        """The stamp of the video, and how many frames were kept of it. KeyError: it is not here."""
        entry = self.entries[path]
        return [entry.stamp.size, entry.stamp.modified, entry.count]


class CacheWriter:
    """A cache to add to, made if it is not there: a context manager, and the only writer until it ends.

    Raises InputError if `folder` holds something else or another layout, is being filled, or cannot be written.
    """

    def __init__(self, folder: Path, layout: str) -> None:
        self._folder = folder
        with self._explained(), ExitStack() as opened:
            self._index = opened.enter_context(_locked_index(folder))
            contents = _read(folder)
            if contents.layout not in (None, layout):
                raise InputError(str(folder), f"is a cache of the layout {contents.layout}", "name another folder")
            self._frames = opened.enter_context((folder / FRAMES).open("ab"))
            self._frames.truncate(contents.end * _PICTURE)
            self._index.truncate(contents.length)
            self._opened = opened.pop_all()
        self.entries, self._end = contents.entries, contents.end
        if contents.layout is None:
            self._say(HEADER | {"layout": layout})

    def add(self, video: Video, stamp: Stamp, clip: Clip) -> None:
        """Append a clip, in place of an older one of the same video; it is in the cache once this returns."""
        with self._explained():
            self._frames.write(np.ascontiguousarray(clip.frames).data)
            self._frames.flush()
            os.fsync(self._frames.fileno())  # a line must not outlive its frames, not even when the power fails
        self.put(Entry(video, stamp, self._end, len(clip.frames), clip.filler, clip.notes))
        self._end += len(clip.frames)

    def put(self, entry: Entry) -> None:
        """Replace what is said about a clip whose frames are there."""
        facts = asdict(entry)
        self._say({**facts.pop("video"), **facts.pop("stamp"), **facts})
        self.entries[entry.video.path] = entry

    def forget(self, path: str) -> None:
        """Take a video out, if it is in; its frames stay behind unused."""
        if path in self.entries:
            self.put(replace(self.entries[path], count=0))
            del self.entries[path]

    def _say(self, facts: dict[str, Any]) -> None:
        with self._explained():
            self._index.write(json.dumps(facts).encode() + b"\n")
            self._index.flush()

    @contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            remedy = "what is in the cache stays; put it right and run this again"
            raise InputError(str(self._folder), f"cannot be written: {error.strerror}", remedy) from error

    def __enter__(self) -> "CacheWriter":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with suppress(OSError):  # all was flushed where it was written: what fails here has failed there
            self._opened.close()


def _locked_index(folder: Path) -> IO[bytes]:
    """The index, to append to; locked until it is closed, which the end of the process does too."""
    folder.mkdir(parents=True, exist_ok=True)
    if not (folder / INDEX).exists() and any(folder.iterdir()):
        raise InputError(str(folder), "holds something that is no cache", "name another folder")
    index = (folder / INDEX).open("ab")
    try:
        fcntl.flock(index, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        index.close()
        raise InputError(str(folder), "is being filled by another process") from None
    return index


@dataclass(frozen=True, slots=True)
class _Contents:
    """What a folder's files hold: `layout` None before the first line, `end` in frames, `length` of whole lines."""

    layout: str | None
    entries: dict[str, Entry]
    end: int
    length: int


def _read(folder: Path) -> _Contents:
    """Raises InputError for the index of something else; a whole line that says nothing is left out."""
    frames = (folder / FRAMES).stat().st_size // _PICTURE if (folder / FRAMES).exists() else 0
    layout, entries, end, length = None, dict[str, Entry](), 0, 0
    with (folder / INDEX).open("rb") as index:
        for line in index:
            entry = _entry(line) if layout else None
            # Frames that were lost take the lines after them along: once others are there, these lines would lie.
            if not line.endswith(b"\n") or (entry and entry.end > frames):
                break
            length += len(line)
            layout = layout or _layout(folder, line)
            if entry:
                end = max(end, entry.end)
                entries[entry.video.path] = entry
                if not entry.count:
                    del entries[entry.video.path]
    return _Contents(layout, entries, end, length)


def _layout(folder: Path, line: bytes) -> str:
    try:
        header = dict(json.loads(line))
        layout = header.pop("layout")
    except (ValueError, TypeError, KeyError):
        raise InputError(str(folder / INDEX), "is no index of a cache") from None
    if header != HEADER:
        raise InputError(str(folder / INDEX), f"is of another format: {header}, not {HEADER}", "make a new cache")
    return str(layout)


def _entry(line: bytes) -> Entry | None:
    try:
        facts = dict(json.loads(line))
        video = Video(**{field.name: facts.pop(field.name) for field in fields(Video)})
        stamp = Stamp(**{field.name: facts.pop(field.name) for field in fields(Stamp)})
        return Entry(video, stamp, **facts)
    except (ValueError, TypeError, KeyError):
        return None
