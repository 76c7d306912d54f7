"""AVAPrintDB as it is published: database/data/videos/{DEV|TEST}/{GAGA|LIVE|HUNY}/, and its evaluation pairs.

A name is <target>--<driver>--<uuid of the driving clip>--<generator>.mp4. The folders are the split.
"""

import codecs
import csv
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

from guard.core.errors import InputError, in_a_line
from trainer.data.videos import Listing, Video, checked, listing, stem

VIDEOS = "database/data/videos"
SPLITS = ("DEV", "TEST")
GENERATORS = ("GAGA", "LIVE", "HUNY")
SHAPE = "TARGET--DRIVER--UUID--GENERATOR.mp4"
_COLUMNS = ("enrolment_sample", "test_sample", "label")
_SUFFIXES = (".mp4", ".npy")
"""Of a sample in a pair table, which may also go without: a video, or its landmarks."""
_LONGEST = 120
"""Characters of a cell that are shown where it is wrong."""


@dataclass(frozen=True, slots=True)
class Trial:
    """One comparison of the benchmark: the paths of two videos, as in `Video.path`, and whether one driver moves both.

    What a cache could not decode is not in it: look each path up.
    """

    reference: str
    test: str
    genuine: bool


@dataclass(frozen=True, slots=True)
class PairTable:
    """The trials of a table in order; `unread` says of each other line which it is, and why it says no trial."""

    trials: list[Trial]
    unread: list[str]

    @property
    def lines(self) -> int:
        """How many lines it has, but for its header and empty ones."""
        return len(self.trials) + len(self.unread)

    def lost(self, paths: Collection[str]) -> list[str]:
        """Of each trial that names a video which is not among `paths`: that video's path."""
        sought = ((path for path in (trial.reference, trial.test) if path not in paths) for trial in self.trials)
        return [path for lost in sought if (path := next(lost, None))]


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


def read_trials(path: Path) -> PairTable:
    """The comparisons of an evaluation_pairs_*.csv; all its videos are those of TEST.

    A line stands for itself, whatever is in it: a stray quotation mark does not swallow those below. Raises InputError
    for a table without the columns, and for one of which less than half of the lines say a trial.
    """
    try:
        lines = path.read_bytes().removeprefix(codecs.BOM_UTF8).splitlines()
    except OSError as error:
        raise InputError(str(path), f"cannot be read as a table: {error.strerror}") from error
    filled = [(number, line) for number, line in enumerate(lines, 1) if line.strip()]
    header = _cells(filled[0][1]) if filled else []
    if isinstance(header, str):
        raise InputError(str(path), f"cannot be read as a table: its header {header}")
    columns = [cell.strip().lower() for cell in header]
    missing = [name for name in _COLUMNS if name not in columns]
    if missing:
        raise InputError(str(path), f"has no column {' or '.join(missing)}")
    table = PairTable([], [])
    for number, line in filled[1:]:
        trial = _trial(columns, line)
        if isinstance(trial, str):
            table.unread.append(f"line {number}: {trial}")
        else:
            table.trials.append(trial)
    if not table.lines:
        raise InputError(str(path), "holds no pair")
    if len(table.trials) < len(table.unread):
        raise InputError(
            str(path), f"{len(table.unread)} of its {table.lines} lines say no trial: {first(table.unread)}"
        )
    return table


def first(words: Sequence[str], most: int = 3) -> str:
    """The first few, and how many more there are."""
    return "; ".join([*words[:most], *([f"and {len(words) - most} more"] if len(words) > most else [])])


def _cells(line: bytes) -> list[str] | str:
    """The cells of one line, or why it has none."""
    try:
        return next(csv.reader([line.decode()]), [])
    except UnicodeDecodeError:
        return "is not UTF-8"
    except csv.Error as error:
        return f"is no line of a table: {error}"


def _trial(columns: Sequence[str], line: bytes) -> Trial | str:
    """What a line says, or why it says nothing."""
    cells = _cells(line)
    if isinstance(cells, str):
        return cells
    row = dict(zip(columns, cells, strict=False))
    reference, test, label = (row.get(name) for name in _COLUMNS)
    paths = []
    for sample in (reference, test):
        found = _tested(sample)
        if isinstance(found, str):
            return f"{in_a_line(repr(sample), _LONGEST)} {found}"
        paths.append(found.path)
    genuine = _genuine(label)
    if genuine is None:
        return f"the label is {in_a_line(repr(label), _LONGEST)}, not 0 or 1"
    return Trial(paths[0], paths[1], genuine)


def _genuine(label: str | None) -> bool | None:
    """Whether one driver moves both; None of what is no label. Tables that went through a numeric column say 1.0."""
    try:
        return {0.0: False, 1.0: True}.get(float(label or ""))
    except ValueError:
        return None


def _tested(sample: str | None) -> Video | str:
    """A video of TEST: the table gives its name only, for landmarks and features as for videos. Or why it is none."""
    name = (sample or "").rpartition("/")[2]
    for suffix in _SUFFIXES:
        name = name.removesuffix(suffix)
    generator = name.rpartition("--")[2]
    return _read_name(f"{VIDEOS}/TEST/{generator}/{name}.mp4")
