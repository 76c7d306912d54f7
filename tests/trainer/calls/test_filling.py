"""Who is filmed and measured, once: what is there is kept, and another model measures the same films."""

from pathlib import Path

import numpy as np
import pytest

from guard.bundle import Bundle
from trainer.blocks import WorldFiles
from trainer.calls import filling, filming
from trainer.calls.bank import load
from trainer.calls.filling import fill, film, folder_of, orders
from trainer.calls.films import load_films
from trainer.calls.shipping import write_fields
from trainer.data.world.world import World

pytestmark = pytest.mark.slow


@pytest.fixture(autouse=True)
def short(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(filming, "REFERENCE_FRAMES", 20)
    monkeypatch.setattr(filming, "CALL_FRAMES", 40)


def test_the_bank_is_filled_where_somebody_is_missing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = folder_of(tmp_path, Bundle.default())
    wanted = orders(tmp_path, folder, None, WorldFiles(), 2)
    assert [order.path.name for order in wanted] == ["procedural-0000.npz", "procedural-0001.npz"]
    assert list(fill(wanted[:1], 1)) == wanted[:1]
    assert orders(tmp_path, folder, None, WorldFiles(), 2) == wanted[1:]
    person = load(wanted[0].path)
    assert [len(recording.time) for recording in person.recordings] == [4] * 3 + [8] * 6
    assert person.calls[0].scored(16).any()

    before = wanted[0].path.read_bytes()
    monkeypatch.setattr(filling, "save_films", lambda *_: pytest.fail("filmed twice"))
    wanted[0].path.unlink()
    film(wanted[0])
    assert wanted[0].path.read_bytes() == before


def test_calibration_leaves_a_models_measurements_where_they_are(tmp_path: Path) -> None:
    before = Bundle.default()
    after = write_fields(before, tmp_path / "bundle", {"thresholds": {**before.manifest["thresholds"], "verify": 2.0}})
    assert folder_of(tmp_path, after) == folder_of(tmp_path, before)


def test_all_who_drive_a_face_call_by_the_same_channel_and_films_are_made_alike_again() -> None:
    world = World(split="validation")
    first, other, again = (filming.procedural(number, world) for number in (0, filming.FACES, 0))
    assert first.face == other.face == 0
    assert [film.label.codec for film in first.films[3:]] == [film.label.codec for film in other.films[3:]]
    assert [len(film.time) for film in first.films[3:]] == [len(film.time) for film in other.films[3:]]
    for one, same in zip(first.films, again.films, strict=True):
        np.testing.assert_array_equal(one.pictures, same.pictures)
    assert any((one.pictures != two.pictures).any() for one, two in zip(first.films[3:], other.films[3:], strict=True))


def test_films_keep_the_sources_own_times(tmp_path: Path) -> None:
    (order,) = orders(tmp_path, tmp_path / "model", None, WorldFiles(), 1)
    film(order)
    for one in load_films(order.films).films:
        assert np.diff(one.time).min() > 0
        assert one.time[-1] == pytest.approx(len(one.time) * np.median(np.diff(one.time)), rel=0.1)
