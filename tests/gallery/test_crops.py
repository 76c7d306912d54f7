"""Pictures that are kept of references: encrypted, of one person, and gone with them."""

import json
import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import sqlalchemy as sa

from guard.core.errors import OptedOutError, UnknownPersonError
from guard.gallery import Gallery
from guard.gallery.database import Database
from guard.gallery.items import Crops
from guard.gallery.migrating import HEAD
from tests.gallery.people import MODEL, consent, put, reference


def film(seed: int, count: int = 20) -> Crops:
    pixels = np.random.default_rng(seed).integers(0, 255, (count, 128, 128)).astype(np.uint8)
    return Crops(pixels, tuple(number / 25 for number in range(count)), (7,), "monday")


def keep(gallery: Gallery, name: str, *seeds: int, add: bool = False) -> None:
    references = [replace(reference(seed), crops=film(seed)) for seed in seeds]
    gallery.put("default", name, MODEL, references, consent(), add=add)


@pytest.fixture
def gallery(tmp_path: Path) -> Gallery:
    return Gallery(tmp_path / "gallery.sqlite")


def rows(tmp_path: Path, table: str) -> int:
    with closing(sqlite3.connect(tmp_path / "gallery.sqlite")) as connection:
        return int(connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0])


@pytest.mark.slow
def test_they_come_back_as_they_were_also_after_a_renewal(gallery: Gallery) -> None:
    keep(gallery, "Ada", 1, 2)
    keep(gallery, "Ada", 3, add=True)
    for _ in range(2):
        found = gallery.crops("Ada")
        assert [(one.times, one.cuts, one.session) for one in found] == [(film(1).times, (7,), "monday")] * 3
        for one, seed in zip(found, (1, 2, 3), strict=True):
            np.testing.assert_array_equal(one.pixels, film(seed).pixels)
        gallery.renew("Ada")


def test_a_new_enrolment_replaces_them_and_erasure_takes_their_keys(gallery: Gallery, tmp_path: Path) -> None:
    keep(gallery, "Ada", 1, 2)
    keep(gallery, "Bob", 4)
    keep(gallery, "Ada", 3)
    assert len(gallery.crops("Ada")) == 1
    gallery.remove("Ada")
    assert (rows(tmp_path, "crops"), rows(tmp_path, "data_keys")) == (1, 3)  # Bob, his template and his clip
    put(gallery, "Bob", 5)
    assert gallery.crops("Bob") == []


def test_nothing_of_a_picture_lies_in_the_file(gallery: Gallery, tmp_path: Path) -> None:
    black = Crops(np.full((20, 128, 128), 77, np.uint8), film(1).times, (), "a session's name")
    gallery.put("default", "Ada", MODEL, [replace(reference(1), crops=black)], consent())
    stored = b"".join(path.read_bytes() for path in tmp_path.glob("gallery.sqlite*"))
    assert b"a session's name" not in stored


def test_who_waits_for_another_model_is_told_and_enrolled_for_it(gallery: Gallery) -> None:
    keep(gallery, "Ada", 1)
    put(gallery, "Bob", 2)  # no pictures are kept of him
    keep(gallery, "Cleo", 3)
    gallery.set_opt_out("Cleo", "default", True)
    assert gallery.to_reembed(MODEL) == []
    assert gallery.to_reembed("m2") == [("default", "Ada")]
    person = gallery.reembed("default", "Ada", "m2", [reference(9)])
    assert [one.model_id for one in person.templates] == [MODEL, "m2"]
    assert gallery.to_reembed("m2") == []
    assert len(gallery.crops("Ada")) == 1
    with pytest.raises(OptedOutError):
        gallery.reembed("default", "Cleo", "m2", [reference(9)])
    with pytest.raises(UnknownPersonError):
        gallery.crops("Nobody")


def test_an_export_counts_them(gallery: Gallery) -> None:
    keep(gallery, "Ada", 1)
    (told,) = json.loads(gallery.export("Ada"))["pictures"]
    assert told == {"session": "monday", "frames": 20, "seconds": pytest.approx(19 / 25)}


def test_a_gallery_of_before_gets_the_table(gallery: Gallery, tmp_path: Path) -> None:
    put(gallery, "Ada", 1)
    with Database(str(tmp_path / "gallery.sqlite")).writing() as connection:
        for table in ("crops", "incident_pictures", "incidents", "motions", "exposure", "strictness"):
            connection.execute(sa.text(f"DROP TABLE {table}"))
        connection.execute(sa.text("UPDATE alembic_version SET version_num = '0001'"))
    opened = Gallery(tmp_path / "gallery.sqlite")
    assert opened.template("Ada", MODEL) is not None
    keep(opened, "Bob", 2)
    with opened.database.reading() as connection:
        assert connection.execute(sa.text("SELECT version_num FROM alembic_version")).scalar_one() == HEAD
