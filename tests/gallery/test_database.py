"""Where a gallery can lie."""

import sqlite3
from contextlib import closing
from pathlib import Path
from threading import Timer

import pytest

from guard.core.errors import GalleryError, SettingsError
from guard.gallery import Gallery, database
from guard.gallery.database import Database
from tests.gallery.people import put


def test_path_that_is_a_folder(tmp_path: Path) -> None:
    with pytest.raises(GalleryError, match=r"cannot read .*unable to open"):
        Gallery(tmp_path)


def test_folder_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(GalleryError, match="cannot open"):
        Gallery(tmp_path / "file" / "gallery.sqlite")


def test_path_with_characters_that_mean_something_in_a_url(tmp_path: Path) -> None:
    path = tmp_path / "100%20 & ?mode=memory#1.sqlite"
    put(Gallery(path), "Ada")
    assert Gallery(path).people()[0].name == "Ada"
    assert path.stat().st_size > 0


@pytest.mark.parametrize("where", ["mysql://db/gallery", "postgresql://db/gallery", "sqlite:///x", "://"])
def test_url_of_no_database_that_guard_knows(where: str) -> None:
    with pytest.raises(SettingsError, match=r"gallery: is .*; give a file or postgresql\+psycopg://"):
        Gallery(where)


def test_server_needs_keys_to_be_named() -> None:
    with pytest.raises(SettingsError, match="gallery_keys: must be set for a gallery on a server"):
        Gallery("postgresql+psycopg://guard@localhost/gallery")


@pytest.mark.parametrize("address", ["guard:hun/ter2@127.0.0.1:1/db", "guard@127.0.0.1:1/db?password=hun/ter2"])
def test_server_that_is_not_there_is_told_without_the_password(address: str) -> None:
    with pytest.raises(GalleryError, match="cannot read") as caught:
        Gallery(f"postgresql+psycopg://{address}", "env:KEYS")
    assert "127.0.0.1" in str(caught.value)
    assert "ter2" not in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("address", ["guard:a@hunter2@127.0.0.1/gallery", "guard:hunter2@127.0.0.1:many/gallery"])
def test_address_that_can_be_misread_is_refused_without_the_password(address: str) -> None:
    with pytest.raises(SettingsError, match="gallery: ") as caught:
        Gallery(f"postgresql+psycopg://{address}", "env:KEYS")
    assert "hunter2" not in str(caught.value)


def test_new_file_whose_log_somebody_else_is_about_to_make_is_waited_for(tmp_path: Path) -> None:
    path = tmp_path / "gallery.sqlite"
    with closing(sqlite3.connect(path, isolation_level=None, check_same_thread=False)) as other:
        other.execute("BEGIN IMMEDIATE")
        ends = Timer(0.2, other.rollback)
        ends.start()
        with Database(str(path)).reading() as connection:
            assert connection.exec_driver_sql("PRAGMA journal_mode").scalar() == "wal"
        ends.join()


def test_new_file_that_stays_locked_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database, "BUSY", 0.1)
    path = tmp_path / "gallery.sqlite"
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(GalleryError, match="database is locked"), Database(str(path)).reading():
            pass
