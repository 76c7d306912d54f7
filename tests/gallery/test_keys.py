"""Master keys: three sources, and a file that changes without being lost."""

import base64
import stat
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from guard.core.errors import GalleryError, SettingsError
from guard.gallery import Gallery, keys
from guard.gallery.keys import KeyRing, KeySource, key_id
from guard.gallery.protection import new_key
from tests.gallery.people import MODEL, put


def line(key: bytes) -> str:
    return base64.b64encode(key).decode() + "\n"


def test_keys_from_a_file_a_variable_and_a_command_are_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    old, new = new_key(), new_key()
    text = "# two keys\n" + line(old) + "\n" + line(new)
    (tmp_path / "keys").write_text(text)
    monkeypatch.setenv("GALLERY_KEYS", text)
    print_it = f"command:cat {tmp_path}/keys"
    for setting in (f"file:{tmp_path}/keys", "env:GALLERY_KEYS", print_it):
        ring = KeySource(setting).load()
        assert list(ring.keys.values()) == [old, new]
        assert ring.current == key_id(new)


def test_a_gallery_works_with_keys_from_a_variable(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GALLERY_KEYS", line(new_key()))
    gallery = Gallery(tmp_path / "g.sqlite", "env:GALLERY_KEYS")
    put(gallery, "Ada")
    assert gallery.template("Ada", MODEL) is not None
    assert [path.name for path in tmp_path.iterdir()] == ["g.sqlite"]
    monkeypatch.setenv("GALLERY_KEYS", "")
    with pytest.raises(GalleryError, match="is not among those of gallery_keys"):
        Gallery(tmp_path / "g.sqlite", "env:GALLERY_KEYS")


def test_a_variable_without_keys_enrols_nobody(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("GALLERY_KEYS", raising=False)
    with pytest.raises(GalleryError, match=r"no key in gallery_keys \(env:GALLERY_KEYS, which is not set\); put one"):
        put(Gallery(tmp_path / "g.sqlite", "env:GALLERY_KEYS"), "Ada")


@pytest.mark.parametrize("setting", ["keys.txt", "vault:secret", "file:", ""])
def test_a_source_that_there_is_not(setting: str) -> None:
    with pytest.raises(SettingsError, match="gallery_keys: is none of file:PATH"):
        KeySource(setting)


def test_a_line_that_is_no_key_is_named_and_not_shown(tmp_path: Path) -> None:
    (tmp_path / "keys").write_text(line(new_key()) + "hunter2\n")
    with pytest.raises(SettingsError, match="gallery_keys: line 2 is no key; a key is 32 bytes in base64") as caught:
        KeySource(f"file:{tmp_path}/keys").load()
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize(
    ("command", "says"),
    [
        ("/does/not/exist", "the command cannot be run: No such file or directory"),
        (f"{sys.executable} -c 'raise SystemExit(3)'", "the command failed with exit status 3"),
        (f"{sys.executable} -c 'import time; time.sleep(60)'", "the command has not ended within 0 s"),
        ("'", "the command cannot be run: No closing quotation"),
    ],
)
def test_a_command_that_fails(command: str, says: str, monkeypatch: pytest.MonkeyPatch) -> None:
    if "sleep" in command:
        monkeypatch.setattr(keys, "ANSWERS_WITHIN", 0.2)
    with pytest.raises(SettingsError, match=f"gallery_keys: {says}"):
        KeySource(f"command:{command}").load()


def test_where_a_missing_key_was_looked_for_is_told(tmp_path: Path) -> None:
    put(Gallery(tmp_path / "g.sqlite", f"file:{tmp_path}/right"), "Ada")
    with pytest.raises(GalleryError, match=r"not among those of gallery_keys \(file:.*/wrong, which does not exist\)"):
        Gallery(tmp_path / "g.sqlite", f"file:{tmp_path}/wrong")


def test_a_file_is_made_once_by_however_many(tmp_path: Path) -> None:
    path = tmp_path / "new" / "keys"
    with ThreadPoolExecutor(8) as pool:
        rings = list(pool.map(lambda _: KeySource(f"file:{path}").begin(), range(16)))
    assert len({ring.current for ring in rings}) == 1
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [file.name for file in path.parent.iterdir()] == ["keys"]


def test_a_missing_key_is_named_by_its_id() -> None:
    key = new_key()
    with pytest.raises(GalleryError, match=f"its master key {key_id(key)} is not among"):
        KeyRing([new_key()]).key(key_id(key))
