"""The gallery: what goes in comes out, whatever else goes wrong."""

import os
import signal
import sqlite3
import stat
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from guard.core.errors import ClaimError, GalleryError
from guard.core.items import Floats
from guard.gallery import Entry, Gallery, checked_name


def template(seed: int) -> Floats:
    vector = np.random.default_rng(seed).normal(size=256).astype(np.float32)
    return np.asarray(vector / np.linalg.norm(vector), np.float32)


@pytest.fixture
def gallery(tmp_path: Path) -> Gallery:
    return Gallery(tmp_path / "people" / "gallery.sqlite")


def put(gallery: Gallery, name: str, seed: int = 0, model_id: str = "m1") -> None:
    gallery.put(name, template(seed), model_id, windows=5, seconds=12.5, clips=2)


def test_template_comes_back_bit_for_bit(gallery: Gallery) -> None:
    put(gallery, "Ada", seed=7)
    found = gallery.template("Ada", "m1")
    assert found is not None
    assert found.dtype == np.float32
    np.testing.assert_array_equal(found, template(7))
    assert found.flags.writeable


def test_unknown_name_and_other_model_have_no_template(gallery: Gallery) -> None:
    put(gallery, "Ada")
    assert gallery.template("Bob", "m1") is None
    assert gallery.template("Ada", "m2") is None
    assert gallery.template("ada", "m1") is None


def test_entries_tell_what_each_template_was_made_of(gallery: Gallery) -> None:
    put(gallery, "Bob")
    put(gallery, "Ada", model_id="m2")
    put(gallery, "Ada", model_id="m1")
    entries = gallery.entries()
    assert [(entry.name, entry.model_id) for entry in entries] == [("Ada", "m1"), ("Ada", "m2"), ("Bob", "m1")]
    created_at = entries[0].created_at
    assert entries[0] == Entry("Ada", "m1", 5, 12.5, 2, created_at)
    assert abs(datetime.now(UTC) - created_at) < timedelta(minutes=1)


def test_enrolling_again_replaces_the_template(gallery: Gallery) -> None:
    put(gallery, "Ada", seed=1)
    put(gallery, "Ada", seed=2)
    found = gallery.template("Ada", "m1")
    assert found is not None
    np.testing.assert_array_equal(found, template(2))
    assert len(gallery.entries()) == 1


def test_remove_takes_every_model_of_one_name_only(gallery: Gallery) -> None:
    for model_id in ("m1", "m2"):
        put(gallery, "Ada", model_id=model_id)
    put(gallery, "Bob")
    assert gallery.remove("Ada")
    assert not gallery.remove("Ada")
    assert [entry.name for entry in gallery.entries()] == ["Bob"]


def test_removed_template_leaves_no_bytes_in_the_file(gallery: Gallery) -> None:
    put(gallery, "Ada", seed=3)
    assert template(3).tobytes()[:64] in gallery.path.read_bytes()
    gallery.remove("Ada")
    assert template(3).tobytes()[:64] not in gallery.path.read_bytes()


def test_two_objects_on_one_file_see_each_other(gallery: Gallery) -> None:
    put(gallery, "Ada")
    assert Gallery(gallery.path).template("Ada", "m1") is not None


def test_gallery_is_one_file_that_only_its_owner_may_read(gallery: Gallery) -> None:
    put(gallery, "Ada")
    assert [path.name for path in gallery.path.parent.iterdir()] == ["gallery.sqlite"]
    assert stat.S_IMODE(gallery.path.stat().st_mode) == 0o600
    assert stat.S_IMODE(gallery.path.parent.stat().st_mode) == 0o700


@pytest.mark.parametrize("name", ["", " ", "a" * 201, "a\nb", "a\x00b", " Ada", "Ada ", "\u200b"])
def test_names_that_cannot_be_names(gallery: Gallery, name: str) -> None:
    with pytest.raises(ClaimError, match=r"name: must be 1 to 200 printable characters"):
        put(gallery, name)
    with pytest.raises(ClaimError):
        gallery.template(name, "m1")
    with pytest.raises(ClaimError):
        gallery.remove(name)
    assert gallery.entries() == []


@pytest.mark.parametrize("name", ["a", "a" * 200, "Ada Lovelace", "Łukasz", "李", "o'; DROP TABLE templates; --"])
def test_names_that_can(gallery: Gallery, name: str) -> None:
    put(gallery, name)
    assert gallery.template(name, "m1") is not None


def test_one_name_has_one_spelling(gallery: Gallery) -> None:
    put(gallery, "Rene\u0301")
    assert checked_name("Rene\u0301") == "Ren\u00e9"
    assert gallery.template("Ren\u00e9", "m1") is not None


@pytest.mark.parametrize("vector", [np.zeros(255), np.full(256, np.nan), np.zeros((1, 256))])
def test_only_templates_get_in(gallery: Gallery, vector: Floats) -> None:
    with pytest.raises(ValueError, match="256 finite numbers"):
        gallery.put("Ada", vector, "m1", 1, 1.0, 1)
    assert gallery.entries() == []


@pytest.mark.parametrize("vector", [b"short", np.full(256, np.inf, "<f4").tobytes()])
def test_damaged_template_is_never_scored_with(gallery: Gallery, vector: bytes) -> None:
    put(gallery, "Ada")
    connection = sqlite3.connect(gallery.path)
    with connection:
        connection.execute("UPDATE templates SET vector = ?", (vector,))
    connection.close()
    with pytest.raises(GalleryError, match="damaged template"):
        gallery.template("Ada", "m1")


def test_file_that_is_no_gallery(tmp_path: Path) -> None:
    path = tmp_path / "notes.txt"
    path.write_text("no database at all\n" * 100)
    with pytest.raises(GalleryError, match="file is not a database"):
        Gallery(path)
    assert path.read_text().startswith("no database")


def test_path_that_is_a_folder(tmp_path: Path) -> None:
    with pytest.raises(GalleryError, match=r"cannot write .*unable to open"):
        Gallery(tmp_path)


def test_folder_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(GalleryError, match="cannot open"):
        Gallery(tmp_path / "file" / "gallery.sqlite")


def test_path_with_characters_that_mean_something_in_a_url(tmp_path: Path) -> None:
    path = tmp_path / "100%20 & ?mode=memory#1.sqlite"
    put(Gallery(path), "Ada")
    assert Gallery(path).entries()[0].name == "Ada"
    assert path.stat().st_size > 0


def test_message_of_a_failed_write_holds_no_name(gallery: Gallery) -> None:
    gallery.path.write_bytes(b"overwritten by somebody else" * 100)
    with pytest.raises(GalleryError) as caught:
        put(gallery, "Ada Lovelace")
    assert "Lovelace" not in str(caught.value)
    assert "\n" not in str(caught.value)


def test_many_threads_write_without_losing_anybody(gallery: Gallery) -> None:
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda n: put(gallery, f"person {n}", seed=n), range(40)))
    assert len(gallery.entries()) == 40


WRITER = """
import sys
import numpy as np
from pathlib import Path
from guard.gallery import Gallery

gallery = Gallery(Path(sys.argv[1]))
for n in range(100_000):
    gallery.put(f"person {n}", np.full(256, n, np.float32), "m1", 1, 1.0, 1)
    print(n, flush=True)
"""


@pytest.mark.parametrize("moment", [0.0, 0.0013, 0.0057, 0.011])
def test_killed_writer_loses_nobody_who_was_enrolled(gallery: Gallery, moment: float) -> None:
    writer = subprocess.Popen([sys.executable, "-c", WRITER, str(gallery.path)], stdout=subprocess.PIPE, text=True)
    assert writer.stdout is not None
    for _ in range(3):
        writer.stdout.readline()
    time.sleep(moment)  # kills in different phases of the next transaction
    os.kill(writer.pid, signal.SIGKILL)
    said = writer.communicate()[0].split()
    enrolled = max([2, *map(int, said)])
    names = {entry.name for entry in gallery.entries()}
    assert names >= {f"person {n}" for n in range(enrolled + 1)}
    for name in names:
        assert gallery.template(name, "m1") is not None
    put(gallery, "after")
    assert gallery.template("after", "m1") is not None
