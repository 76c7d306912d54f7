"""Slices: the trials that a row of a table counts. A trial is a reference clip and a test clip, by their numbers."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np
from numpy.typing import NDArray

from guard.core.items import FPS
from trainer.export import HORIZON
from trainer.tables.labels import UNKNOWN, Labels, Numbers
from trainer.tables.readings import EVIDENCE, SHORT, centre, first

Bools = NDArray[np.bool_]

RELATIONS = "Genuine trials by what they share"
MATRIX = "Cross-generator matrix"
MOTION = "Motion of the test clip"
SECONDS = "Seconds of evidence"
LENGTHS = "Window length T"

NOTES = {
    RELATIONS: "Each row's impostor trials share as much as its genuine trials do, but for the session, which is one "
    "driver's own.",
    MATRIX: "On one face, enrolled on one generator and verified on another.",
    MOTION: "Quarters of the test clips by the mean change of a pixel from frame to frame.",
    SECONDS: "The mean score of the test clip's windows of 64 frames that share no frame, within its first seconds, "
    "against the whole reference clip; before 2.56 s one window of 16 or 32 frames. All points count the same trials.",
    LENGTHS: "Both clips cut to their middle T frames. All rows count the same trials.",
}
"""What has to be known to read a table."""


@dataclass(frozen=True)
class Slice:
    """One row of a table: its trials (P, 2), and which reading of the reference and of the test clip is compared."""

    table: str
    row: str
    trials: Numbers
    reference: str = centre(HORIZON)
    test: str = centre(HORIZON)


def all_trials(labels: Labels, rng: np.random.Generator) -> Numbers:
    """Every clip with every other of its group, (P, 2), without copies; a draw makes one of the two the reference.

    A genuine trial whose performances are not known to differ counts as a copy.
    """
    trials = np.stack(np.triu_indices(len(labels.driver), k=1), axis=1)
    performances = labels.performance[trials]
    copies = (performances[:, 0] == performances[:, 1]) | (performances == UNKNOWN).any(axis=1)
    kept = ~(copies & same(labels.driver, trials)) & same(labels.group, trials)
    turned = rng.random(len(trials)) < 0.5
    return np.where(turned[:, None], trials[:, ::-1], trials)[kept]


def same(numbers: Numbers, trials: Numbers) -> Bools:
    """Of each trial whether its two clips have the same number."""
    return numbers[trials[:, 0]] == numbers[trials[:, 1]]


def on_one_face(labels: Labels, trials: Numbers) -> Numbers:
    """The trials whose clips show the same face."""
    return trials[same(labels.face, trials)]


def by_relation(labels: Labels, trials: Numbers) -> Iterator[Slice]:
    """Genuine trials by what their clips share, each beside the impostor trials that share as much.

    A session is one driver's: impostor trials count for the same session and for another.
    """
    aspects = [aspect for aspect in ("face", "generator", "session") if labels.knows(aspect)]
    genuine = same(labels.driver, trials)
    for shared in product((True, False), repeat=len(aspects)):
        chosen = np.ones(len(trials), bool)
        for aspect, alike in zip(aspects, shared, strict=True):
            fits = same(getattr(labels, aspect), trials) == alike
            chosen &= fits | ~genuine if aspect == "session" else fits
        words = [f"{'same' if alike else 'other'} {aspect}" for aspect, alike in zip(aspects, shared, strict=True)]
        yield Slice(RELATIONS, ", ".join(words), trials[chosen])


def by_generators(labels: Labels, trials: Numbers) -> Iterator[Slice]:
    """The cross-generator matrix, on one face: enrolled on one generator, verified on another.

    Where the layout knows whose face is whose, people are enrolled on their own, as in a call.
    """
    straight = on_one_face(labels, trials)
    owners = labels.own if labels.own.any() else np.ones(len(labels.own), bool)
    # Either clip can be the reference; on one generator that would be the same trial again.
    again = owners[straight[:, 0]] & same(labels.generator, straight)
    both = np.concatenate((straight, straight[~again, ::-1]))
    both = both[owners[both[:, 0]]]
    shown = labels.generator[both]
    for (a, enrolled), (b, verified) in product(enumerate(labels.generators), repeat=2):
        chosen = (shown[:, 0] == a) & (shown[:, 1] == b)
        yield Slice(MATRIX, cell(enrolled, verified), both[chosen])


def cell(enrolled: str, verified: str) -> str:
    """The row of the cross-generator matrix's cell."""
    return f"enrolled on {enrolled}, verified on {verified}"


def by_motion(energy: NDArray[np.floating], trials: Numbers) -> Iterator[Slice]:
    """Quarters of the test clips by motion energy (C,), from those that move least: weak expression is hard to tell."""
    tested = energy[np.unique(trials[:, 1])] if len(trials) else np.zeros(1)
    quarter = np.searchsorted(np.quantile(tested, (0.25, 0.5, 0.75)), energy[trials[:, 1]])
    for number, words in enumerate(("least motion", "second quarter", "third quarter", "most motion")):
        yield Slice(MOTION, words, trials[quarter == number])


def evidence_windows(lengths: Numbers) -> int:
    """How many windows of 64 that share no frame at least half of the clips hold; `lengths` (C,) in frames."""
    return max(1, int(np.quantile(lengths // HORIZON, 0.5, method="lower")))


def by_seconds(lengths: Numbers, trials: Numbers) -> Iterator[Slice]:
    """More and more of the test clip against the whole reference clip; `lengths` (C,) in frames.

    All points count the same trials: those whose test clip holds `evidence_windows` of them.
    """
    longest = evidence_windows(lengths) * HORIZON
    enough = trials[lengths[trials[:, 1]] >= longest]
    for frames in (*SHORT, *range(HORIZON, longest + 1, HORIZON)):
        yield Slice(SECONDS, f"{frames / FPS:.2f}", enough, EVIDENCE, first(frames))


def by_length(frames: Sequence[int], trials: Numbers) -> Iterator[Slice]:
    """Both clips cut to their middle T frames."""
    for length in frames:
        yield Slice(LENGTHS, str(length), trials, centre(length), centre(length))
