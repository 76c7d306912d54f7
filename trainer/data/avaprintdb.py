"""AVAPrintDB as it is published: database/data/videos/{DEV|TEST}/{GAGA|LIVE|HUNY}/, and its evaluation pairs.

A name is <target>--<driver>--<uuid of the driving clip>--<generator>.mp4. The folders are the split.
"""

import csv
from dataclasses import dataclass
from pathlib import Path

from guard.core.errors import InputError
from trainer.data.videos import Listing, Video, checked, listing, stem

VIDEOS = "database/data/videos"
SPLITS = ("DEV", "TEST")
GENERATORS = ("GAGA", "LIVE", "HUNY")
SHAPE = "TARGET--DRIVER--UUID--GENERATOR.mp4"
_COLUMNS = ("enrolment_sample", "test_sample", "label")
_SUFFIXES = (".mp4", ".npy")
"""Of a sample in a pair table, which may also go without: a video, or its landmarks."""


@dataclass(frozen=True, slots=True)
class Trial:
    """One comparison of the benchmark: the paths of two videos, as in `Video.path`, and whether one driver moves both.

    What a cache could not decode is not in it: look each path up.
    """

    reference: str
    test: str
    genuine: bool


def avaprintdb(root: Path) -> Listing:
    """The videos of the release at `root`. Raises InputError if it holds none.

    Nobody may be in both splits. Should files be misplaced, DEV loses the people who are in TEST: what was trained on
    the rest has seen none of those it is tested on.
    """
    expected = f"{VIDEOS}/{{{','.join(SPLITS)}}}/{{{','.join(GENERATORS)}}}/{SHAPE}"
    listed = checked(listing(root, VIDEOS, 2, _read_name), root, expected)
    tested = {who for video in listed.videos if video.split == "TEST" for who in (video.target, video.driver)}
    leaks = {v.path for v in listed.videos if v.split == "DEV" and not tested.isdisjoint((v.target, v.driver))}
    passed = listed.passed | dict.fromkeys(sorted(leaks), "is in DEV, but shows or is driven by somebody of TEST")
    return Listing([video for video in listed.videos if video.path not in leaks], passed)


def _read_name(path: str) -> Video | str:
    split, generator = path.split("/")[-3:-1]
    parts = stem(path).split("--")
    if len(parts) != 4 or not all(parts):
        return f"is not named {SHAPE}"
    if split not in SPLITS or generator not in GENERATORS:
        return f"{split}/{generator} is no folder of this layout"
    target, driver, clip, named = parts
    if named != generator:
        return f"is named {named} but lies in {generator}"
    return Video(path, target, driver, clip, generator, split, original=False)


def read_trials(path: Path) -> list[Trial]:
    """The comparisons of an evaluation_pairs_*.csv; all its videos are those of TEST. Raises InputError."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = csv.DictReader(file)
            missing = [name for name in _COLUMNS if name not in (rows.fieldnames or ())]
            if missing:
                raise InputError(str(path), f"has no column {' or '.join(missing)}")
            trials = [_trial(path, rows.line_num, *(row[name] for name in _COLUMNS)) for row in rows]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise InputError(str(path), f"cannot be read as a table: {error}") from error
    if not trials:
        raise InputError(str(path), "holds no pair")
    return trials


def _trial(path: Path, line: int, reference: str | None, test: str | None, label: str | None) -> Trial:
    return Trial(_tested(path, line, reference), _tested(path, line, test), _genuine(path, line, label))


def _genuine(path: Path, line: int, label: str | None) -> bool:
    """Tables that went through a numeric column say 1.0 for 1."""
    try:
        return {0.0: False, 1.0: True}[float(label or "")]
    except (ValueError, KeyError):
        raise InputError(f"{path}, line {line}", f"the label is {label!r}, not 0 or 1") from None


def _tested(path: Path, line: int, sample: str | None) -> str:
    """The path of a video of TEST: the table gives its name only, for landmarks and features as for videos."""
    name = (sample or "").rpartition("/")[2]
    for suffix in _SUFFIXES:
        name = name.removesuffix(suffix)
    generator = name.rpartition("--")[2]
    found = _read_name(f"{VIDEOS}/TEST/{generator}/{name}.mp4")
    if isinstance(found, str):
        raise InputError(f"{path}, line {line}", f"{sample!r} {found}")
    return found.path
