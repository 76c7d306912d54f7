"""NVFAIR as it is published: {source}/{originals|<generator>-generated}/<target>/<file>.mp4, split by identity.

A synthetic video is named <target>--<driving clip>--<driver>.mp4, some only <target>--<driver>.mp4. A reenactment
counts only if target and driver are in the same split; files that cross splits exist and are passed over.
"""

import re
from collections.abc import Iterable
from pathlib import Path

from guard.core.errors import InputError, in_a_line
from trainer.data.videos import Listing, Video, checked, listing, stem

SOURCES = ("NVIDIA-VC-subset", "RAVDESS", "CREMA-D")
ORIGINALS = "originals"
GENERATORS = {"facevid2vid-generated": "facevid2vid", "lia-generated": "lia", "tps-generated": "tps"}
SPLITS_FILE = "train_val_test_splits.txt"
_SPLITS = ("train", "val", "test")
_WORDS = dict.fromkeys(("train", "training"), "train") | dict.fromkeys(("val", "valid", "validation"), "val")
_WORDS |= dict.fromkeys(("test", "testing"), "test")
"""What a heading may call a split: how the release words its headings is not documented."""
_SHAPE = re.compile(r"id\d+|actor_\d+|\d{4}", re.IGNORECASE)
_LONGEST = 80
"""Characters that are shown of a line that is not understood."""


def _identities(videocalls: Iterable[int], actors: Iterable[int], readers: Iterable[int]) -> list[str]:
    """Names of identities of the three sources, by number."""
    return [f"id{n:03}" for n in videocalls] + [f"Actor_{n:02}" for n in actors] + [str(n) for n in readers]


_EVERYBODY = _identities(range(1, 47), range(1, 25), range(1001, 1092))
_VAL = _identities(range(29, 33), (17, 18), (1004, 1017, 1028, 1033, 1058, 1060, 1063, 1083, 1084))
_TEST = _identities(
    *(range(1, 11), range(19, 25)),
    (1001, 1003, 1010, 1026, 1038, 1041, 1049, 1056, 1059, 1061, 1066, 1068, 1070, 1078, 1079, 1085, 1088, 1090, 1091),
)

PUBLISHED = {who: "test" if who in _TEST else "val" if who in _VAL else "train" for who in _EVERYBODY}
"""Identity -> split, as published: 111 train, 15 val, 35 test. (The paper speaks of 112, 14 and 35.)"""

_KNOWN = {who.lower(): who for who in PUBLISHED}


def nvfair(root: Path) -> Listing:
    """The videos of the release at `root`, each with its split. Raises InputError if it holds none, or bad splits."""
    splits, passed = _splits(root)
    videos: list[Video] = []
    for source in SOURCES:
        found = listing(root, source, 2, lambda path: _read_name(path, splits))
        videos += found.videos
        passed |= found.passed
    expected = f"the folders {', '.join(SOURCES)} of NVFAIR-v2-release in it"
    return checked(Listing(videos, passed), root, expected)


def _read_name(path: str, splits: dict[str, str]) -> Video | str:
    _, folder, shown, _ = path.split("/")
    target = _identity(shown)
    if folder == ORIGINALS:
        driver, clip = target, stem(path)
    elif folder in GENERATORS:
        parts = [_identity(part) for part in stem(path).split("--")]
        if len(parts) < 2 or not all(parts):
            return "is not named TARGET--CLIP--DRIVER.mp4"
        named, *between, driver = parts
        if named != target:
            return f"is named {named} but lies in {shown}"
        clip = "--".join(between)
    else:
        return f"{folder} is no folder of this layout"
    for who in (target, driver):
        if who not in splits:
            return f"{who} is in no split"
    if splits[target] != splits[driver]:
        return "crosses splits: target and driver are in different ones"
    return Video(path, target, driver, clip or None, GENERATORS.get(folder), splits[target], folder == ORIGINALS)


def _splits(root: Path) -> tuple[dict[str, str], dict[str, str]]:
    """Identity -> split, by the release's own file or, without it, as published; and what is to be reported of it."""
    path = root / SPLITS_FILE
    if not path.exists():
        return PUBLISHED, {SPLITS_FILE: "is missing: the splits are those that this program knows"}
    splits = read_splits(path)
    if isinstance(splits, str):
        remedy = "To have it followed, head each list by a line such as 'identities in train set:'"
        return PUBLISHED, {SPLITS_FILE: f"{splits}; the splits are those that this program knows. {remedy}"}
    changed = sorted(who for who in PUBLISHED.keys() | splits.keys() if PUBLISHED.get(who) != splits.get(who))
    if changed:
        return splits, {SPLITS_FILE: f"is followed, but differs from what was published: {' '.join(changed)}"}
    return splits, {}


def read_splits(path: Path) -> dict[str, str] | str:
    """Identity -> split of a train_val_test_splits.txt: three headed lists. Or in which line it is not understood.

    A heading is what names one split, however it is worded. Raises InputError for a file that cannot be read, and for
    lists that are understood and cannot be right: one that is missing or empty, or somebody in two of them.
    """
    try:
        lines = path.read_text(encoding="utf-8-sig", errors="replace").splitlines()
    except OSError as error:
        raise InputError(str(path), f"cannot be read: {error.strerror}") from error
    splits: dict[str, str] = {}
    split = None
    for number, line in enumerate(lines, 1):
        shown = f"line {number}, '{in_a_line(line.strip(), _LONGEST)}',"
        heading, who = _parts(line)
        if who is None:
            return f"is not understood: {shown} is neither an identity nor names one of {', '.join(_SPLITS)}"
        split = heading or split
        if who and split is None:
            return f"is not understood: {shown} is before any heading"
        for one in who:
            if splits.setdefault(one, split or "") != split:
                remedy = "leave it in one list"
                raise InputError(f"{path}, line {number}", f"{one} is in {splits[one]} and in {split}", remedy)
    if split is None:
        return f"is not understood: no line names {', '.join(_SPLITS[:2])} or {_SPLITS[2]}"
    missing = [name for name in _SPLITS if name not in splits.values()]
    if missing:
        remedy = f"name somebody under a heading for each of {', '.join(_SPLITS)}"
        raise InputError(str(path), f"lists nobody for {' or '.join(missing)}", remedy)
    return splits


def _parts(line: str) -> tuple[str | None, list[str] | None]:
    """The split that a line heads, if it is a heading, and the identities in it; None of what is neither."""
    before, _, after = line.partition(":")
    named = {_WORDS[word] for word in re.findall("[a-z]+", before.lower()) if word in _WORDS}
    who = _words(after if named else line)
    stray = named and any(_SHAPE.fullmatch(word) for word in _words(before))  # a table, as "id001, test"
    if len(named) > 1 or stray or not all(_SHAPE.fullmatch(one) for one in who):
        return None, None
    return next(iter(named), None), [_KNOWN.get(one.lower(), one) for one in who]


def _words(text: str) -> list[str]:
    return [word for part in re.split(r"[\s,;]+", text) if (word := _identity(part))]


def _identity(text: str) -> str:
    """The release's lists have a stray apostrophe: 1085'."""
    return text.strip().strip("'").strip()
