"""The bank: what the guard measured of many people, kept on disk, from which calls are put together."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from guard.core.errors import InputError
from guard.core.items import Floats, Measurement, Reason
from trainer.calls.films import Label, label_columns, labels_of, slices, writing

HORIZONS = (16, 32, 64, 128)
"""Frames of the windows that are kept of every moment."""


@dataclass(frozen=True, eq=False)
class Recording:
    """The guard's measurements of one clip at N moments, for each of the H horizons.

    `time` (N,) in seconds from the clip's first frame, `run` and `slot` (N,) as in Measurement; `motion`, `filler` and
    `smoothness` (N, H), NaN while the window is not filled; `reason` (N, H) why there is no embedding, "" if there is;
    `embedding` (N, H, 256), zeros where there is none.
    """

    label: Label
    time: NDArray[np.float64]
    run: NDArray[np.int64]
    slot: NDArray[np.int64]
    motion: NDArray[np.float64]
    filler: NDArray[np.float64]
    smoothness: NDArray[np.float64]
    reason: NDArray[np.str_]
    embedding: Floats

    def scored(self, horizon: int) -> NDArray[np.bool_]:
        """(N,) whether the window of so many frames has an embedding."""
        return np.asarray(self.reason[:, HORIZONS.index(horizon)] == "")

    def embeddings(self, horizon: int) -> Floats:
        """(n, 256) of all windows of so many frames that have one."""
        return self.embedding[self.scored(horizon), HORIZONS.index(horizon)]

    @staticmethod
    def column(horizon: int) -> int:
        """Which of the H columns is of windows of so many frames."""
        return HORIZONS.index(horizon)

    def measurement(self, moment: int, horizons: Sequence[int], time: float, run: int) -> Measurement:
        """What a guard of these `horizons`, all of which are filled at that moment, says at `time` of its own `run`."""
        longest = max(horizons)
        column = HORIZONS.index(longest)
        reason = str(self.reason[moment, column])
        shorter = (
            {} if reason else {one: self.embedding[moment, HORIZONS.index(one)] for one in horizons if one < longest}
        )
        return Measurement(
            time=time,
            horizon=longest,
            embedding=None if reason else self.embedding[moment, column],
            reason=Reason(reason) if reason else None,
            motion=float(self.motion[moment, column]),
            filler=float(self.filler[moment, column]),
            run=run,
            slot=int(self.slot[moment]),
            shorter=shorter,
            smoothness=float(self.smoothness[moment, column]),
        )


@dataclass(frozen=True, eq=False)
class Person:
    """One driver before one face. `face` numbers the face: impostors of a person are who drives the same one."""

    kind: str
    """"procedural" or "real"."""
    number: int
    """Of the driver, within the kind."""
    face: int
    recordings: tuple[Recording, ...]

    @property
    def references(self) -> list[Recording]:
        return [recording for recording in self.recordings if recording.label.reference]

    @property
    def calls(self) -> list[Recording]:
        return [recording for recording in self.recordings if not recording.label.reference]

    def sessions(self) -> dict[int, list[Recording]]:
        """The recordings of calls by their session."""
        found: dict[int, list[Recording]] = {}
        for recording in self.calls:
            found.setdefault(recording.label.session, []).append(recording)
        return found


_COLUMNS = ("time", "run", "slot", "motion", "filler", "smoothness", "reason", "embedding")


def save(person: Person, path: Path) -> None:
    """Write it; the file appears complete or not at all."""
    recordings = person.recordings
    columns = {name: np.concatenate([getattr(recording, name) for recording in recordings]) for name in _COLUMNS}
    columns |= label_columns([recording.label for recording in recordings])
    lengths = [len(recording.time) for recording in recordings]
    with writing(path) as file:
        np.savez(file, kind=np.array(person.kind), number=person.number, face=person.face, lengths=lengths, **columns)


def load(path: Path) -> Person:
    """Read it back. Raises InputError for a file that is damaged."""
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as stored:
            arrays = dict(stored)
    except (OSError, ValueError, EOFError, BadZipFile) as error:
        raise InputError("--bank", f"{path} cannot be read: {error}", "delete it, and it is made again") from None
    recordings = [
        Recording(label, *(arrays[name][part] for name in _COLUMNS))
        for label, part in zip(labels_of(arrays), slices(arrays["lengths"]), strict=True)
    ]
    return Person(str(arrays["kind"]), int(arrays["number"]), int(arrays["face"]), tuple(recordings))


def people(folder: Path) -> Iterator[Person]:
    """Everybody in the folder, in the order of their files' names."""
    for path in sorted(folder.glob("*.npz")):
        yield load(path)
