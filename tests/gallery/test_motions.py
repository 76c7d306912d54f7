"""Sketches in the gallery: for their time, of their person alone, encrypted, exported, and gone with the person."""

import json
import sqlite3
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from guard.core.errors import GalleryError
from guard.core.recollection import Rows
from guard.core.sketch import EARLIER
from guard.gallery import Gallery, templates
from guard.motionstore import ENROLLED, MotionStore
from tests.gallery.people import MODEL, consent, put, reference

pytestmark = pytest.mark.slow

NOW = datetime.now(UTC)


class Clock:
    now = NOW

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def gallery(tmp_path: Path) -> Gallery:
    made = Gallery(tmp_path / "gallery.sqlite")
    put(made, "Ada")
    put(made, "Ada", tenant="other")
    put(made, "Bob", seed=1)
    return made


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def store(gallery: Gallery, clock: Clock) -> MotionStore:
    return MotionStore(gallery, 24, clock=clock)


def rows(count: int, value: int = 1) -> Rows:
    return np.full((count, 8), value, np.int8)


def enrol(gallery: Gallery, *motions: Rows | None, add: bool = False) -> None:
    clips = [replace(reference(number), motion=motion) for number, motion in enumerate(motions)]
    gallery.put("default", "Ada", MODEL, clips, consent(), add=add)


def values(found: Rows) -> list[int]:
    return list(dict.fromkeys(found[:, 0].tolist()))


def count(gallery: Gallery, table: str) -> int:
    assert gallery.database.path is not None
    with closing(sqlite3.connect(gallery.database.path)) as connection:
        return int(connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0])


def test_calls_and_enrolled_clips_come_back_after_a_restart_and_in_a_second_guard(
    gallery: Gallery, store: MotionStore, clock: Clock
) -> None:
    enrol(gallery, rows(200, 5), None, rows(150, 6))
    store.keep("default", "Ada", rows(100, 1))
    clock.now += timedelta(minutes=1)
    store.keep("default", "Ada", rows(50, 2))
    assert gallery.database.path is not None
    again = MotionStore(Gallery(gallery.database.path), 24, clock=clock)
    found = again.known("default", "Ada", MODEL)
    assert found.shape == (500, 8)
    assert values(found) == [1, 2, 5, 6]


def test_another_tenant_person_or_model_has_none_of_them(gallery: Gallery, store: MotionStore) -> None:
    enrol(gallery, rows(200, 5))
    store.keep("default", "Ada", rows(100, 1))
    assert len(store.known("other", "Ada", MODEL)) == 0
    assert len(store.known("nowhere", "Ada", MODEL)) == 0
    assert len(store.known("default", "Bob", MODEL)) == 0
    assert values(store.known("default", "Ada", "m2")) == [1]


def test_calls_go_when_their_time_is_over_and_enrolled_clips_stay(
    gallery: Gallery, store: MotionStore, clock: Clock
) -> None:
    enrol(gallery, rows(200, 5))
    store.keep("default", "Ada", rows(100, 1))
    clock.now += timedelta(hours=20)
    store.keep("default", "Ada", rows(50, 2))
    clock.now += timedelta(hours=5)
    assert values(store.known("default", "Ada", MODEL)) == [2, 5]
    keys = count(gallery, "data_keys")
    store.sweep()
    assert (count(gallery, "motions"), count(gallery, "data_keys")) == (1, keys - 1)


def test_nothing_of_calls_is_kept_where_that_is_set_nor_of_who_is_unknown_or_opted_out(gallery: Gallery) -> None:
    MotionStore(gallery, 0).keep("default", "Ada", rows(100))
    store = MotionStore(gallery, 24)
    store.keep("default", "Eve", rows(100))
    store.keep("nowhere", "Ada", rows(100))
    store.keep("default", "Bob", rows(0))
    gallery.set_opt_out("Ada", "default", True)
    store.keep("default", "Ada", rows(100))
    assert count(gallery, "motions") == 0
    assert len(store.known("default", "Ada", MODEL)) == 0


def test_the_oldest_calls_give_way(gallery: Gallery, store: MotionStore, clock: Clock) -> None:
    enrol(gallery, rows(ENROLLED, 4), rows(100, 5))
    for value in (1, 2, 3):
        clock.now += timedelta(minutes=1)
        store.keep("default", "Ada", rows(EARLIER // 2, value))
    assert count(gallery, "motions") == 2
    found = store.known("default", "Ada", MODEL)
    assert (len(found), values(found)) == (EARLIER, [3, 4, 5])


def test_who_is_removed_or_opts_out_takes_them_along_with_their_keys(gallery: Gallery, store: MotionStore) -> None:
    store.keep("default", "Ada", rows(100))
    store.keep("default", "Bob", rows(100))
    keys = count(gallery, "data_keys")
    gallery.set_opt_out("Bob", "default", True)
    assert (count(gallery, "motions"), count(gallery, "data_keys")) == (1, keys - 1)
    gallery.remove("Ada")
    assert (count(gallery, "motions"), count(gallery, "data_keys")) == (0, keys - 4)  # person, template, sketches


def test_they_outlast_what_changes_the_template_and_a_renewal_gives_them_new_keys(
    gallery: Gallery, store: MotionStore
) -> None:
    enrol(gallery, rows(200, 5))
    store.keep("default", "Ada", rows(100, 1))
    with gallery.database.reading() as connection:
        before = connection.exec_driver_sql("SELECT id, sealed FROM motions").one()
    gallery.renew("Ada")
    with gallery.database.reading() as connection:
        after = connection.exec_driver_sql("SELECT id, sealed FROM motions").one()
        keys = connection.exec_driver_sql("SELECT id FROM data_keys").scalars().all()
    assert before.sealed != after.sealed
    assert before.id not in keys
    assert values(store.known("default", "Ada", MODEL)) == [1, 5]
    enrol(gallery, rows(200, 6), add=True)
    assert values(store.known("default", "Ada", MODEL)) == [1, 5, 6]
    enrol(gallery, rows(200, 7))
    assert values(store.known("default", "Ada", MODEL)) == [1, 7]


def test_nothing_of_them_can_be_read_in_the_file_and_an_export_has_them(gallery: Gallery, store: MotionStore) -> None:
    telling = np.frombuffer(b"how the picture moved in a call." * 4, np.int8).reshape(-1, 8)
    enrol(gallery, telling)
    store.keep("default", "Ada", telling)
    assert gallery.database.path is not None
    for path in gallery.database.path.parent.glob("gallery.sqlite*"):
        assert b"how the picture moved" not in path.read_bytes()
    told = json.loads(gallery.export("Ada"))
    (call,) = told["motions"]
    assert np.asarray(call["rows"], np.int8).tobytes() == telling.tobytes()
    assert datetime.fromisoformat(call["ended_at"]).tzinfo is not None
    assert told["templates"][0]["references"][0]["motion"] == call["rows"]


def test_a_sketch_that_was_changed_is_an_error(gallery: Gallery, store: MotionStore) -> None:
    store.keep("default", "Ada", rows(100))
    with gallery.database.writing() as connection:
        connection.exec_driver_sql("UPDATE motions SET length = 50")
    with pytest.raises(GalleryError, match="damaged sketch"):
        store.known("default", "Ada", MODEL)


def test_references_of_earlier_versions_have_none(gallery: Gallery, store: MotionStore) -> None:
    def as_before(place: templates.Place, position: int, one: templates.Kept) -> dict[str, object]:
        row = "f" * 32
        head = json.dumps({"session": one.reference.session, "seconds": one.reference.seconds}).encode()
        turned = place.vault.turned(one.reference.embeddings, place.generation).astype("<f4").tobytes()
        sealed = place.seal("reference", row, head + b"\n" + turned)
        return {"id": row, "template": place.template, "position": position, "adapted": False, "sealed": sealed}

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(templates, "_closed", as_before)
        enrol(gallery, rows(200, 5))
    assert len(store.known("default", "Ada", MODEL)) == 0
    assert len(json.loads(gallery.export("Ada"))["templates"][0]["references"][0]["embeddings"]) == 6
