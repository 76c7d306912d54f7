"""The tables: made from nothing, taken over from version 1, and never touched when they are of a later version."""

import sqlite3
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

import guard.gallery
from guard.core.errors import GalleryError
from guard.core.items import Floats
from guard.gallery import Gallery
from guard.gallery.migrating import HEAD
from guard.gallery.tables import METADATA
from guard.incidents.store import Incidents
from tests.gallery.people import MODEL, put, template
from tests.incidents.people import incident

# As the code of version 1 made it.
VERSION_1 = """CREATE TABLE templates (
	name VARCHAR(200) NOT NULL,
	model_id VARCHAR NOT NULL,
	vector BLOB NOT NULL,
	windows INTEGER NOT NULL,
	seconds FLOAT NOT NULL,
	clips INTEGER NOT NULL,
	created_at DATETIME NOT NULL,
	PRIMARY KEY (name, model_id)
)"""


def old_file(path: Path, **people: Floats) -> Path:
    """A gallery as version 1 wrote it, in WAL mode."""
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute(VERSION_1)
        for name, vector in people.items():
            row = (name, "m1", vector.astype("<f4").tobytes(), 28, 9.6, 2, "2026-01-31 12:30:05.250000")
            connection.execute("INSERT INTO templates VALUES (?, ?, ?, ?, ?, ?, ?)", row)
    return path


def test_people_of_version_1_are_taken_over_and_their_clear_bytes_are_gone(tmp_path: Path) -> None:
    path = old_file(tmp_path / "g.sqlite", **{"Ada Lovelace": template(1), "Bob": template(2)})
    assert b"Ada Lovelace" in path.read_bytes()
    gallery = Gallery(path)
    for seed, name in ((1, "Ada Lovelace"), (2, "Bob")):
        found = gallery.template(name, "m1")
        assert found is not None
        np.testing.assert_allclose(found, template(seed), atol=1e-6)
    person = gallery.person("Bob")
    (info,) = person.templates
    assert (person.consent, info.windows, info.seconds, info.references) == (None, 28, 9.6, 2)
    assert info.created_at.isoformat() == "2026-01-31T12:30:05.250000+00:00"
    stored = path.read_bytes()
    assert b"Ada Lovelace" not in stored
    assert template(1).tobytes()[:64] not in stored


def test_a_take_over_that_fails_leaves_the_old_file_as_it_was(tmp_path: Path) -> None:
    path = old_file(tmp_path / "g.sqlite", Ada=template(1), Bob=np.full(256, np.nan, np.float32))
    with pytest.raises(GalleryError, match="holds a damaged template"):
        Gallery(path)
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("SELECT count(*) FROM templates").fetchone() == (2,)
        assert connection.execute("SELECT name FROM sqlite_master").fetchone() == ("templates",)


def test_an_old_file_without_anybody_is_taken_over(tmp_path: Path) -> None:
    assert Gallery(old_file(tmp_path / "g.sqlite")).people() == []


def test_steps_lead_to_the_tables_that_the_code_uses(tmp_path: Path) -> None:
    with Gallery(tmp_path / "g.sqlite").database.reading() as connection:
        assert compare_metadata(MigrationContext.configure(connection), METADATA) == []


def test_newest_step_is_the_one_that_the_code_asks_for() -> None:
    folder = Path(guard.gallery.__file__).with_name("migrations")
    assert ScriptDirectory(str(folder)).get_current_head() == HEAD


@pytest.mark.slow
def test_a_gallery_with_incidents_keeps_them_and_gets_what_came_later(tmp_path: Path) -> None:
    path = tmp_path / "g.sqlite"
    before = Gallery(path)
    put(before, "Dora", 1)
    Incidents(before, 3650).keep(incident())
    with closing(sqlite3.connect(path)) as connection, connection:
        for table in ("incident_pictures", "motions", "exposure", "strictness"):
            connection.execute(f"DROP TABLE {table}")
        connection.execute("UPDATE alembic_version SET version_num = '0003'")
    gallery = Gallery(path)
    assert gallery.template("Dora", MODEL) is not None
    assert Incidents(gallery, 3650).one("a" * 32) == incident()
    with gallery.database.reading() as connection:
        assert compare_metadata(MigrationContext.configure(connection), METADATA) == []


def test_a_gallery_of_a_later_version_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "g.sqlite"
    put(Gallery(path), "Ada")
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(GalleryError, match=r"is of a later version of guard \(revision 9999\)"):
        Gallery(path)


@pytest.mark.slow
def test_many_that_open_a_new_gallery_at_once_all_find_it_made(tmp_path: Path) -> None:
    with ThreadPoolExecutor(6) as pool:
        list(pool.map(lambda n: put(Gallery(tmp_path / "g.sqlite"), f"person {n}", seed=n), range(12)))
    assert len(Gallery(tmp_path / "g.sqlite").people()) == 12


@pytest.mark.slow
def test_alembic_is_loaded_only_when_there_is_something_to_migrate(tmp_path: Path) -> None:
    Gallery(tmp_path / "g.sqlite")
    check = f"import sys, guard.gallery as g; g.Gallery('{tmp_path}/g.sqlite'); print('alembic' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", check], capture_output=True, text=True).stdout == "False\n"


def test_path_that_is_no_gallery(tmp_path: Path) -> None:
    path = tmp_path / "notes.txt"
    path.write_text("no database at all\n" * 100)
    with pytest.raises(GalleryError, match="file is not a database"):
        Gallery(path)
    assert path.read_text().startswith("no database")
