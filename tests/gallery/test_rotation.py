"""Rotation: nobody notices, and what is old opens nothing."""

import shutil
from pathlib import Path

import numpy as np
import pytest

from guard.core.errors import GalleryError, SettingsError
from guard.gallery import Gallery
from guard.gallery.keys import key_id
from guard.gallery.protection import new_key
from guard.gallery.rotation import master_keys, retire, rotate
from tests.gallery.people import MODEL, put, template
from tests.gallery.test_keys import line


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "gallery.sqlite"


@pytest.mark.slow
def test_a_running_service_goes_on_reading_and_enrolling(path: Path) -> None:
    service = Gallery(path)
    put(service, "Ada", seed=1)
    put(service, "Bob", seed=2, tenant="red")
    (old,) = master_keys(service)
    assert (old.tenants, old.current) == (2, True)

    command = Gallery(path)
    assert rotate(command) == 2
    np.testing.assert_allclose(service.template("Ada", MODEL), template(1), atol=1e-6)
    put(service, "Cleo", seed=3, tenant="blue")
    assert [(key.tenants, key.current) for key in master_keys(command)] == [(0, False), (3, True)]

    assert retire(command) == [old.id]
    put(service, "Dora", tenant="green")
    for gallery in (service, Gallery(path)):
        np.testing.assert_allclose(gallery.template("Bob", MODEL, "red"), template(2), atol=1e-6)
        assert gallery.template("Dora", MODEL, "green") is not None
    assert retire(command) == []


def test_a_backup_of_before_is_of_no_use_once_the_old_key_is_retired(path: Path, tmp_path: Path) -> None:
    gallery = Gallery(path)
    put(gallery, "Ada")
    shutil.copy(path, tmp_path / "backup.sqlite")
    gallery.remove("Ada")
    rotate(gallery)
    retire(gallery)
    with pytest.raises(GalleryError, match="is not among those of gallery_keys"):
        Gallery(tmp_path / "backup.sqlite", f"file:{path}.keys")


def test_keys_that_are_not_in_a_file_are_appended_to_by_their_owner(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    old, new = new_key(), new_key()
    monkeypatch.setenv("GALLERY_KEYS", line(old))
    gallery = Gallery(path, "env:GALLERY_KEYS")
    put(gallery, "Ada", seed=1)
    monkeypatch.setenv("GALLERY_KEYS", line(old) + line(new))
    assert rotate(gallery) == 1
    assert [(key.id, key.tenants) for key in master_keys(gallery)] == [(key_id(old), 0), (key_id(new), 1)]
    monkeypatch.setenv("GALLERY_KEYS", line(new))
    np.testing.assert_allclose(Gallery(path, "env:GALLERY_KEYS").template("Ada", MODEL), template(1), atol=1e-6)
    with pytest.raises(SettingsError, match="guard cannot change keys from env:; change them there"):
        retire(gallery)


def test_a_rotation_that_was_cut_off_is_finished_by_the_next(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    gallery = Gallery(path)
    put(gallery, "Ada", seed=1)
    with monkeypatch.context() as patch:
        patch.setattr(gallery.vaults, "all", lambda connection, lock: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            rotate(gallery)
    np.testing.assert_allclose(Gallery(path).template("Ada", MODEL), template(1), atol=1e-6)
    assert rotate(gallery) == 1
    assert len(retire(gallery)) == 2
    np.testing.assert_allclose(Gallery(path).template("Ada", MODEL), template(1), atol=1e-6)
