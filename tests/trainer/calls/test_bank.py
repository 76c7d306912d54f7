"""Films and measurements, written and read back; what a guard of given horizons says at a moment of them."""

from dataclasses import fields
from pathlib import Path

import numpy as np
import pytest

from guard.core.errors import InputError
from guard.core.items import Reason
from tests.trainer.calls.synthetic import bank, person
from trainer.calls.bank import HORIZONS, people, save
from trainer.calls.films import Film, Films, Label, load_films, save_films


def test_people_are_read_as_they_were_written(tmp_path: Path) -> None:
    for one in bank(3, 2):
        save(one, tmp_path / f"procedural-{one.number:04d}.npz")
    read = list(people(tmp_path))
    assert [(one.kind, one.number, one.face) for one in read] == [("procedural", n, n % 2) for n in range(3)]
    for before, after in zip(person(2, 0).recordings, read[2].recordings, strict=True):
        assert before.label == after.label
        for field in fields(before)[1:]:
            np.testing.assert_array_equal(getattr(before, field.name), getattr(after, field.name))


def test_films_are_read_as_they_were_written(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    film = [
        Film(
            Label(n, n == 0, "latent", "vp8", "still"),
            np.arange(4 + n) / 15,
            rng.integers(0, 9, (4 + n, 8, 8), np.uint8),
        )
        for n in range(2)
    ]
    save_films(Films("real", 5, 11, tuple(film)), tmp_path / "new" / "real.npz")
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["real.npz"]
    read = load_films(tmp_path / "new" / "real.npz")
    assert (read.kind, read.number, read.face) == ("real", 5, 11)
    for before, after in zip(film, read.films, strict=True):
        assert before.label == after.label
        np.testing.assert_array_equal(before.time, after.time)
        np.testing.assert_array_equal(before.pictures, after.pictures)


def test_one_person_has_references_and_sessions_of_calls() -> None:
    one = person(0, 0)
    assert len(one.references) == 3
    assert {session: len(clips) for session, clips in one.sessions().items()} == {3: 2, 4: 2}


def test_a_moment_is_told_with_the_longest_horizon_and_the_embeddings_of_the_shorter_ones() -> None:
    one = person(0, 0).calls[0]
    measurement = one.measurement(20, (16, 64), 7.0, 3)
    assert (measurement.time, measurement.run, measurement.horizon, measurement.reason) == (7.0, 3, 64, None)
    np.testing.assert_array_equal(measurement.of(64), one.embedding[20, HORIZONS.index(64)])
    np.testing.assert_array_equal(measurement.of(16), one.embedding[20, HORIZONS.index(16)])
    assert measurement.of(32) is None
    one.reason[20, HORIZONS.index(64)] = "NO_MOTION"
    still = one.measurement(20, (16, 64), 7.0, 3)
    assert (still.embedding, still.reason, still.of(16)) == (None, Reason.NO_MOTION, None)
    assert not one.scored(64)[20]
    assert one.scored(16)[20]


def test_a_damaged_file_is_told_with_what_to_do(tmp_path: Path) -> None:
    path = tmp_path / "procedural-0000.npz"
    save(next(iter(bank(1, 1))), path)
    path.write_bytes(path.read_bytes()[:500])
    with pytest.raises(InputError, match=r"--bank: .*procedural-0000.npz cannot be read: .*; delete it"):
        list(people(tmp_path))
