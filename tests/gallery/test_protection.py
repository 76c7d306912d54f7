"""Template protection: what is in the file, what a stolen part of it is good for, and what a wrong key does."""

import base64
import json
import os
import sqlite3
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from guard.core.errors import GalleryError
from guard.gallery import Gallery
from guard.gallery.protection import Vault, new_key, seal, unseal
from tests.gallery.people import MODEL, put, template


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "gallery.sqlite"


@pytest.fixture
def gallery(path: Path) -> Gallery:
    return Gallery(path)


def change(path: Path, statement: str, *values: object) -> int:
    with closing(sqlite3.connect(path)) as connection, connection:
        return connection.execute(statement, values).rowcount


def rows(path: Path, query: str) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute(query).fetchall()


def test_sealed_bytes_open_with_their_key_and_context_only() -> None:
    key = new_key()
    sealed = seal(key, b"plain", "template", "red", "1")
    assert unseal(key, sealed, "template", "red", "1") == b"plain"
    assert sealed != seal(key, b"plain", "template", "red", "1")
    flipped = sealed[:-1] + bytes([sealed[-1] ^ 1])
    for other_key, box, context in (
        (new_key(), sealed, ("template", "red", "1")),
        (key, sealed, ("template", "red1", "")),
        (key, flipped, ("template", "red", "1")),
        (key, b"short", ("template", "red", "1")),
    ):
        with pytest.raises(GalleryError, match="a template record cannot be decrypted"):
            unseal(other_key, box, *context)


def test_what_is_sealed_is_standard_aes_gcm_with_the_nonce_before_it() -> None:
    key = new_key()
    sealed = seal(key, b"plain", "a", "b")
    assert AESGCM(key).decrypt(sealed[:12], sealed[12:], json.dumps(["a", "b"]).encode()) == b"plain"


def test_file_holds_no_name_no_session_no_consent_and_no_embedding(gallery: Gallery, path: Path) -> None:
    put(gallery, "Ada Lovelace", seed=3)
    stored = path.read_bytes()
    assert MODEL.encode() in stored
    for secret in (b"Ada Lovelace", b"Grace", b"monday", b"calls of the board", template(3).tobytes()[:16]):
        assert secret not in stored


def test_vault_does_not_show_its_keys() -> None:
    vault = Vault.fresh("red")
    assert repr(vault) == "Vault(tenant='red')"


def test_same_name_and_template_look_different_with_every_tenant(gallery: Gallery, path: Path) -> None:
    put(gallery, "Ada", seed=1, tenant="red")
    put(gallery, "Ada", seed=1, tenant="blue")
    indices = {index for (index,) in rows(path, "SELECT name_index FROM people")}
    assert len(indices) == 2
    red, blue = (Vault(tenant, new_key(), os.urandom(32)) for tenant in ("red", "blue"))
    turned = [vault.turned(template(1), 0) for vault in (red, blue)]
    assert abs(float(turned[0] @ turned[1])) < 0.3
    np.testing.assert_allclose(red.turned_back(turned[0], 0), template(1), atol=1e-6)


def test_renewal_destroys_the_key_and_turns_the_template(gallery: Gallery, path: Path) -> None:
    put(gallery, "Ada", seed=1)
    query = "SELECT id, generation, sealed FROM templates"
    ((before, turn, sealed),) = rows(path, query)
    keys = {key for (key,) in rows(path, "SELECT wrapped FROM data_keys")}
    gallery.renew("Ada")
    ((after, next_turn, _),) = rows(path, query)
    assert (turn, next_turn) == (0, 1)
    assert before != after
    assert keys.isdisjoint(key for (key,) in rows(path, "SELECT wrapped FROM data_keys"))
    stored = path.read_bytes()
    assert all(key not in stored for key in keys)
    assert sealed not in stored


def test_removal_leaves_neither_key_nor_ciphertext_in_the_file(gallery: Gallery, path: Path) -> None:
    put(gallery, "Ada")
    gone = [value for (value,) in rows(path, "SELECT wrapped FROM data_keys")]
    gone += [value for table in ("people", "templates") for (value,) in rows(path, f"SELECT sealed FROM {table}")]
    gone += [value[:512] for (value,) in rows(path, "SELECT sealed FROM template_references")]
    assert len(gone) == 5
    assert all(value in path.read_bytes() for value in gone)
    other = Gallery(path)  # a service that has read it goes on beside
    assert other.template("Ada", MODEL) is not None
    gallery.remove("Ada")
    assert all(value not in path.read_bytes() for value in gone)


def test_a_template_whose_key_is_gone_cannot_be_read(gallery: Gallery, path: Path) -> None:
    put(gallery, "Ada")
    change(path, "DELETE FROM data_keys WHERE id IN (SELECT id FROM templates)")
    with pytest.raises(GalleryError, match="key is not there"):
        gallery.template("Ada", MODEL)


@pytest.mark.slow
@pytest.mark.parametrize("table", ["people", "templates", "data_keys", "template_references"])
def test_rows_cannot_be_exchanged(gallery: Gallery, path: Path, table: str) -> None:
    """Who can write the database, but has no key, cannot put Bob's ways of moving under Ada's name."""
    put(gallery, "Ada", seed=1)
    put(gallery, "Bob", seed=2)
    column = "wrapped" if table == "data_keys" else "sealed"
    (one, first), (two, second) = rows(path, f"SELECT id, {column} FROM {table} LIMIT 2")
    change(path, f"UPDATE {table} SET {column} = ? WHERE id = ?", second, one)
    change(path, f"UPDATE {table} SET {column} = ? WHERE id = ?", first, two)
    with pytest.raises(GalleryError, match="cannot be decrypted"):
        [gallery.export(name, "default") for name in ("Ada", "Bob")]


def test_a_persons_record_under_another_name_is_found_out(gallery: Gallery, path: Path) -> None:
    put(gallery, "Ada")
    ((index,),) = rows(path, "SELECT name_index FROM people")
    put(gallery, "Bob")
    change(path, "UPDATE people SET name_index = 'x' WHERE name_index = ?", index)
    change(path, "UPDATE people SET name_index = ? WHERE name_index <> 'x'", index)
    with pytest.raises(GalleryError, match="belongs to another name"):
        gallery.template("Ada", MODEL)


@pytest.mark.slow
@pytest.mark.parametrize("change_of", ["opted_out = 0", "expires_at = NULL", "expires_at = '2099-01-01 00:00:00'"])
def test_who_has_no_key_cannot_take_back_an_opt_out_or_an_expiry(gallery: Gallery, path: Path, change_of: str) -> None:
    put(gallery, "Ada")
    gallery.set_opt_out("Ada", "default", True)
    change(path, f"UPDATE people SET {change_of}")
    with pytest.raises(GalleryError, match="opt-out or expiry is not what was recorded"):
        gallery.template("Ada", MODEL)


@pytest.mark.slow
@pytest.mark.parametrize("column", ["sealed", "generation", "model_id"])
def test_a_changed_template_is_an_error_and_never_a_score(gallery: Gallery, path: Path, column: str) -> None:
    put(gallery, "Ada")
    ((sealed,),) = rows(path, "SELECT sealed FROM templates")
    assert isinstance(sealed, bytes)
    value = {"sealed": sealed[:-1] + bytes([sealed[-1] ^ 1]), "generation": 1, "model_id": "m2"}[column]
    change(path, f"UPDATE templates SET {column} = ?", value)
    with pytest.raises(GalleryError, match="cannot be decrypted"):
        gallery.template("Ada", "m2" if column == "model_id" else MODEL)


def test_wrong_key_is_told_when_the_gallery_is_opened(gallery: Gallery, path: Path) -> None:
    put(gallery, "Ada")
    keys = path.with_name("gallery.sqlite.keys")
    keys.write_text(base64.b64encode(new_key()).decode())
    with pytest.raises(GalleryError, match=r"its master key [0-9a-f]{16} is not among those of gallery_keys"):
        Gallery(path)
    keys.unlink()
    with pytest.raises(GalleryError, match="is not among those"):
        Gallery(path)
    assert not keys.exists()
