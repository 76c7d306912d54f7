"""Windows of calls against templates: everybody who drives a face against everybody who is enrolled there."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from guard.core.calibration import Quality
from guard.core.items import Floats
from guard.core.scoring import directions, make_template
from guard.enrolment.clips import EVERY
from trainer.calls.bank import HORIZONS, Person, Recording

STRIDE = 5
"""Grid frames from one measurement of the bank to the next."""
THINNED = 4
"""Of the windows one in so many is kept: neighbours share most of their frames."""


@dataclass(frozen=True, eq=False)
class Scored:
    """W scored windows. `drivers` (W, 2): who is claimed, who drives; `series` (W,) numbers claim, driver and session.

    `weight` gives each such series the same, however many of its windows have a score.
    """

    score: NDArray[np.float64]
    drivers: NDArray[np.int64]
    series: NDArray[np.int64]
    weight: NDArray[np.float64]
    qualities: dict[Quality, NDArray[np.float64]]
    recording: NDArray[np.int64]
    """(W,) numbers the clips of a series."""
    time: NDArray[np.float64]
    family: NDArray[np.str_]
    codec: NDArray[np.str_]
    spoilt: NDArray[np.str_]
    """(W,) what was done to motion and channel, "" where nothing."""

    @property
    def genuine(self) -> NDArray[np.bool_]:
        return np.asarray(self.drivers[:, 0] == self.drivers[:, 1])

    def where(self, kept: NDArray[np.bool_]) -> "Scored":
        """The windows that are `kept` (W,)."""
        qualities = {quality: values[kept] for quality, values in self.qualities.items()}
        columns = {
            name: getattr(self, name)[kept] for name in (field.name for field in fields(self)) if name != "qualities"
        }
        return Scored(qualities=qualities, **columns)


class Claim(NamedTuple):
    """A person's template of the first few of their references, and how many windows an enrolment makes it of."""

    person: Person
    template: Floats
    windows: int


def claim(person: Person, references: int, horizon: int, centre: Floats | None) -> Claim | None:
    """The template of `references` clips; None if they hold nothing. An enrolment looks at fewer windows of a clip."""
    found = [clip.embeddings(horizon) for clip in person.references[:references]]
    embeddings = np.concatenate(found) if found else np.empty((0, 256), np.float32)
    if not len(embeddings):
        return None
    return Claim(person, make_template(embeddings, centre), max(1, len(embeddings) * STRIDE // EVERY))


def score_all(
    people: Sequence[Person],
    horizon: int,
    enrolled_with: int,
    centre: Floats | None,
    references: Sequence[int] = (1, 2, 3),
) -> Scored:
    """Windows of `horizon` frames of all calls against templates of windows of `enrolled_with` frames.

    Claimed are all who drive the same face. Raises ValueError if nothing can be scored.
    """
    pieces = []
    for number, (enrolled, person, clips) in enumerate(_claims(people, enrolled_with, centre, references)):
        for clip, recording in enumerate(clips):
            piece = _piece(enrolled, recording, horizon, centre)
            if len(piece["score"]):
                size = len(piece["score"])
                piece["drivers"] = np.tile([identity(enrolled.person), identity(person)], (size, 1))
                piece["series"], piece["recording"] = np.full(size, number), np.full(size, clip)
                pieces.append(piece)
    if not pieces:
        raise ValueError("no window can be scored")
    columns = {name: np.concatenate([piece[name] for piece in pieces]) for name in pieces[0]}
    qualities = {quality: columns.pop(quality) for quality in Quality}
    return Scored(weight=1.0 / np.bincount(columns["series"])[columns["series"]], qualities=qualities, **columns)


def identity(person: Person) -> int:
    """A number that a driver has before every face."""
    return person.number if person.kind == "procedural" else 1_000_000 + person.number


def lot(person: Person) -> int:
    """What stays together when people are drawn again for an interval, by a number.

    Procedural drivers of one face are each other's only impostors, so that they are found, or not, together: the face.
    Real ones drive every face, among all others: the driver.
    """
    return person.face if person.kind == "procedural" else identity(person)


def _claims(
    people: Sequence[Person], horizon: int, centre: Floats | None, references: Sequence[int]
) -> Iterator[tuple[Claim, Person, list[Recording]]]:
    for owner in people:
        for count in references:
            enrolled = claim(owner, count, horizon, centre) if count <= len(owner.references) else None
            if enrolled is None:
                continue
            for person in people:
                if person.face == owner.face:
                    for clips in person.sessions().values():
                        yield enrolled, person, clips


def _piece(enrolled: Claim, recording: Recording, horizon: int, centre: Floats | None) -> dict[str, NDArray]:
    column, kept = HORIZONS.index(horizon), np.flatnonzero(recording.scored(horizon))[::THINNED]
    size = len(kept)
    return {
        "score": (directions(recording.embedding[kept, column], centre) @ enrolled.template).astype(float),
        Quality.MOTION: np.log(recording.motion[kept, column]),
        Quality.FILLER: recording.filler[kept, column],
        Quality.WINDOWS: np.full(size, np.log(enrolled.windows)),
        Quality.SMOOTHNESS: recording.smoothness[kept, column],
        "time": recording.time[kept],
        "family": np.full(size, recording.label.family, "U20"),
        "codec": np.full(size, recording.label.codec, "U20"),
        "spoilt": np.full(size, recording.label.spoilt, "U60"),
    }
