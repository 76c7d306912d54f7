"""Films for the bank, kept on disk: no model is in them, so that the next one is measured without filming anew."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Label:
    """Of one recording: who is shown by what, doing what."""

    session: int
    """The recording session; nothing is shared between two but the driver."""
    reference: bool
    """It enrols its driver; the others are material of calls."""
    family: str
    codec: str
    """"none" where there is none."""
    activity: str
    spoilt: str = ""
    """What was done to the motion and the channel beyond the ordinary; "" is nothing."""


@dataclass(frozen=True, eq=False)
class Film:
    """One clip as its source sends it: `time` (n,) in seconds, `pictures` (n, 128, 128) uint8."""

    label: Label
    time: NDArray[np.float64]
    pictures: NDArray[np.uint8]


@dataclass(frozen=True, eq=False)
class Films:
    """One driver before one face. `face` numbers the face: impostors of a person are who drives the same one."""

    kind: str
    """"procedural" or "real"."""
    number: int
    """Of the driver, within the kind."""
    face: int
    films: tuple[Film, ...]


def save_films(films: Films, path: Path) -> None:
    """Write them; the file appears complete or not at all."""
    with writing(path) as file:
        np.savez(
            file,
            kind=np.array(films.kind),
            number=films.number,
            face=films.face,
            lengths=[len(film.time) for film in films.films],
            time=np.concatenate([film.time for film in films.films]),
            pictures=np.concatenate([film.pictures for film in films.films]),
            **label_columns([film.label for film in films.films]),
        )


def load_films(path: Path) -> Films:
    """Read them back."""
    with np.load(path, allow_pickle=False) as stored:
        arrays = dict(stored)
    labels, pieces = labels_of(arrays), list(slices(arrays["lengths"]))
    films = [
        Film(label, arrays["time"][part], arrays["pictures"][part]) for label, part in zip(labels, pieces, strict=True)
    ]
    return Films(str(arrays["kind"]), int(arrays["number"]), int(arrays["face"]), tuple(films))


@contextmanager
def writing(path: Path) -> Iterator[BinaryIO]:
    """A file that takes its place once it is complete."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_suffix(".part")
    with temporary.open("wb") as file:
        yield file
    temporary.replace(path)


def label_columns(labels: Sequence[Label]) -> dict[str, NDArray[Any]]:
    """An array for each field of the labels."""
    return {field.name: np.array([getattr(label, field.name) for label in labels]) for field in fields(Label)}


def labels_of(arrays: Mapping[str, NDArray[Any]]) -> list[Label]:
    """The labels back from their columns."""
    columns = [arrays[field.name].tolist() for field in fields(Label)]
    return [Label(*row) for row in zip(*columns, strict=True)]


def slices(lengths: NDArray[np.int64]) -> Iterator[slice]:
    """Where pieces of these lengths lie when they are put one after the other."""
    ends = np.cumsum(lengths)
    yield from map(slice, (ends - lengths).tolist(), ends.tolist())
