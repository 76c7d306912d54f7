"""NVFAIR as it is published: {source}/{originals|<generator>-generated}/<target>/<file>.mp4, split by identity.

A synthetic video is named <target>--<driving clip>--<driver>.mp4, some only <target>--<driver>.mp4. A reenactment
counts only if target and driver are in the same split; files that cross splits exist and are passed over.
"""

import re
from collections.abc import Iterable
from pathlib import Path

from guard.core.errors import InputError
from trainer.data.videos import Listing, Video, checked, listing, stem

SOURCES = ("NVIDIA-VC-subset", "RAVDESS", "CREMA-D")
ORIGINALS = "originals"
GENERATORS = {"facevid2vid-generated": "facevid2vid", "lia-generated": "lia", "tps-generated": "tps"}
SPLITS_FILE = "train_val_test_splits.txt"
_HEADING = re.compile(r"identities in (train|val|test)\w* set:", re.IGNORECASE)


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
    changed = sorted(who for who in PUBLISHED.keys() | splits.keys() if PUBLISHED.get(who) != splits.get(who))
    if changed:
        return splits, {SPLITS_FILE: f"is followed, but differs from what was published: {' '.join(changed)}"}
    return splits, {}


def read_splits(path: Path) -> dict[str, str]:
    """Identity -> split of a train_val_test_splits.txt: three headed lists, one identity a line.

    Raises InputError for a list that is missing or empty, and for somebody in two of them.
    """
    splits: dict[str, str] = {}
    split = None
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(str(path), f"cannot be read: {error}") from error
    for number, line in enumerate(lines, 1):
        heading, who = _HEADING.fullmatch(line.strip()), _identity(line)
        if heading:
            split = heading[1].lower()
        elif who and (split is None or ":" in who):
            raise InputError(f"{path}, line {number}", f"{who!r} where 'identities in ... set:' should be")
        elif who and splits.setdefault(who, split or "") != split:
            raise InputError(f"{path}, line {number}", f"{who} is in {splits[who]} and in {split}")
    missing = {"train", "val", "test"} - set(splits.values())
    if missing:
        raise InputError(str(path), f"lists nobody for {' or '.join(sorted(missing))}")
    return splits


def _identity(text: str) -> str:
    """The release's lists have a stray apostrophe: 1085'."""
    return text.strip().strip("'").strip()
