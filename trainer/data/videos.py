"""What a data set's layout says about each of its videos, and how a tree of them is listed."""

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from guard.core.errors import InputError


class Kind(StrEnum):
    """What a video shows: a person filmed, a person driving their own face, or somebody else's."""

    ORIGINAL = "original"
    SELF = "self-reenactment"
    CROSS = "cross-reenactment"


@dataclass(frozen=True, slots=True)
class Video:
    """One video as its layout names it; who is in it, never what is in it.

    `path` is below the data set's root, with forward slashes. `clip` names the driving clip: videos with the same
    driver and clip show one performance, whoever renders it onto whom; an original is its own driving clip.
    `clip`, `generator` and `split` are None where the layout does not tell them.
    """

    path: str
    target: str
    driver: str
    clip: str | None
    generator: str | None
    split: str | None
    original: bool

    @property
    def kind(self) -> Kind:
        """Published code counts originals as self-reenactments; here they are apart."""
        if self.original:
            return Kind.ORIGINAL
        return Kind.SELF if self.target == self.driver else Kind.CROSS


@dataclass(frozen=True, slots=True)
class Listing:
    """The videos of a tree, in order; `passed` says of every other path why it is not one of them."""

    videos: list[Video]
    passed: dict[str, str]


def listing(root: Path, folder: str, depth: int, read_name: Callable[[str], Video | str]) -> Listing:
    """Sort what lies below `folder` of `root` by what `read_name` makes of its path: a video, or why it is none.

    Videos lie `depth` folders further down; whatever lies elsewhere, is no .mp4 or cannot be read is passed over.
    """
    videos, passed = [], {}
    for path, problem in _entries(root, folder, depth):
        found = problem or read_name(path)
        if isinstance(found, Video):
            videos.append(found)
        else:
            passed[path] = found
    return Listing(videos, passed)


def checked(listed: Listing, root: Path, expected: str) -> Listing:
    """The same listing. Raises InputError if it holds no video: `root` is hardly what was meant."""
    if listed.videos:
        return listed
    example = next((f"; {path}: {why}" for path, why in sorted(listed.passed.items())), "")
    raise InputError(str(root), f"holds no video of this layout{example}", f"expected {expected}")


def stem(path: str) -> str:
    """The file's name without its suffix."""
    return path.rpartition("/")[2].rpartition(".")[0]


def _entries(root: Path, folder: str, depth: int) -> Iterator[tuple[str, str]]:
    """Paths below `root` and what is wrong with where they lie, or "". Links are followed: `depth` bounds any loop."""
    try:
        with os.scandir(root / folder) as scanned:
            entries = sorted(scanned, key=lambda entry: entry.name)
    except OSError as error:
        yield folder, f"cannot be read: {error.strerror}"
        return
    for entry in entries:
        path = f"{folder}/{entry.name}" if folder else entry.name
        try:
            folder_here = entry.is_dir()
        except OSError as error:  # a link that leads round in a circle, or where nobody may look
            yield path, f"cannot be read: {error.strerror}"
            continue
        if folder_here:
            if depth:
                yield from _entries(root, path, depth - 1)
            else:
                yield path, "is a folder where only videos belong"
        elif depth:
            yield path, "lies where only folders belong"
        else:
            yield path, "" if path.lower().endswith(".mp4") else "is no .mp4"
