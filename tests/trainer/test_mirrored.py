"""Mirrored pictures: what is flipped, and which calls are played how."""

from dataclasses import replace

import numpy as np

from trainer import mirrored
from trainer.calls.bank import HORIZONS, Person, Recording
from trainer.calls.films import Film, Films, Label

REFERENCE = Label(0, True, "splat", "none", "speaking")
CALL = replace(REFERENCE, session=1, reference=False)


def film(label: Label, seed: int) -> Film:
    pictures = np.random.default_rng(seed).integers(0, 256, (3, 128, 128)).astype(np.uint8)
    return Film(label, np.arange(3) / 25, pictures)


def recording(label: Label, value: float = 0.0) -> Recording:
    """One moment of which the embeddings are `value`."""
    shape = (1, len(HORIZONS))
    embedding = np.full((*shape, 256), value, np.float32)
    ones, numbers = np.ones(shape), np.zeros(1, int)
    return Recording(label, np.zeros(1), numbers, numbers, ones, 0 * ones, ones, np.full(shape, ""), embedding)


def test_a_flipped_film_shows_the_left_on_the_right() -> None:
    shown = film(CALL, 1)
    turned = mirrored.flipped(shown)
    assert (turned.pictures[2, 5, 0], turned.pictures[2, 5, 127]) == (
        shown.pictures[2, 5, 127],
        shown.pictures[2, 5, 0],
    )
    assert (turned.label, turned.time.tolist()) == (shown.label, shown.time.tolist())


def test_calls_are_mirrored_and_references_are_not(monkeypatch) -> None:
    seen: list[Film] = []
    monkeypatch.setattr(mirrored, "looked_at", lambda one, engine, settings: seen.append(one) or recording(one.label))
    films = Films("procedural", 3, 1, (film(REFERENCE, 1), film(CALL, 2)))
    as_filmed, turned = mirrored.both(films, None, None)
    assert len(seen) == 3, "a reference is looked at once"
    assert (seen[2].pictures == films.films[1].pictures[:, :, ::-1]).all()
    assert turned.recordings[0] is as_filmed.recordings[0]
    assert turned.recordings[1] is not as_filmed.recordings[1]
    assert (turned.kind, turned.number, turned.face) == ("procedural", 3, 1)


def test_a_switched_call_opens_as_filmed_and_goes_on_mirrored(monkeypatch) -> None:
    def person(value: float) -> Person:
        return Person("procedural", 0, 0, (recording(REFERENCE, 1.0), *(recording(CALL, value) for _ in range(2))))

    class Settings:
        horizons = (64,)
        centre = None

    found = mirrored.ways([person(0.25)], [person(0.75)], Settings())
    values = {
        way: {(float(one.opening[0].embedding.max()), float(one.rest[0].embedding.max())) for one in shown}
        for way, shown in found.items()
    }
    assert values == {
        "as filmed": {(0.25, 0.25)},
        "mirrored": {(0.75, 0.75)},
        "mirrored mid-call": {(0.25, 0.75)},
    }
