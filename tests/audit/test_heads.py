"""Heads and the keys that sign them."""

import stat
import threading
from dataclasses import replace
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from guard.audit.chain import Link
from guard.audit.heads import holds, private_key, public_key, read_heads, signed
from guard.core.errors import AuditError, SettingsError

LINK = Link(7, "ab" * 32)


def test_a_head_holds_for_its_key_and_as_it_was_signed_only() -> None:
    key = Ed25519PrivateKey.generate()
    head = signed(key, LINK)
    assert (head.sequence, head.hash) == (7, LINK.hash)
    assert holds(head, key.public_key())
    assert not holds(head, Ed25519PrivateKey.generate().public_key())
    for changed in ({"sequence": 8}, {"hash": "cd" * 32}, {"at": "2026-01-01T00:00:00+00:00"}, {"signature": "?"}):
        assert not holds(replace(head, **changed), key.public_key())


def test_a_key_is_made_at_first_use_and_read_by_its_owner_only(tmp_path: Path) -> None:
    path = tmp_path / "keys" / "audit.key"
    key = private_key(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    head = signed(private_key(path), LINK)
    assert holds(head, key.public_key())
    assert holds(head, public_key(tmp_path / "keys" / "audit.key.pub"))


def test_several_who_begin_at_once_have_one_key(tmp_path: Path) -> None:
    """Whoever comes while a key is being written neither fails nor reads half of it, and nothing else is left."""
    for number in range(20):
        path, found = tmp_path / f"{number}" / "audit.key", []
        together = threading.Barrier(6)

        def begin(path: Path = path, found: list[bytes] = found, together: threading.Barrier = together) -> None:
            together.wait()
            found.append(private_key(path).private_bytes_raw())

        beginners = [threading.Thread(target=begin) for _ in range(6)]
        for one in beginners:
            one.start()
        for one in beginners:
            one.join()
        assert (len(found), len(set(found))) == (6, 1)
        assert sorted(one.name for one in path.parent.iterdir()) == ["audit.key", "audit.key.pub"]
        assert path.stat().st_mode & 0o777 == 0o600


def test_what_is_no_key(tmp_path: Path) -> None:
    path = tmp_path / "key"
    other = generate_private_key(SECP256R1()).private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    for content in (b"nothing", other):
        path.write_bytes(content)
        with pytest.raises(SettingsError, match=r"audit\.key: .* is no unencrypted Ed25519 key"):
            private_key(path)
        with pytest.raises(SettingsError, match=r"key: .* is no public Ed25519 key"):
            public_key(path)
    with pytest.raises(AuditError, match="its key cannot be used"):
        private_key(tmp_path)


def test_heads_are_read_as_they_were_written(tmp_path: Path) -> None:
    key, path = Ed25519PrivateKey.generate(), tmp_path / "heads"
    heads = [signed(key, Link(number, "ab" * 32)) for number in range(3)]
    path.write_text("".join(head.line() + "\n" for head in heads))
    assert read_heads(path) == heads
    path.write_text("{}\n")
    with pytest.raises(SettingsError, match="a line that is no head"):
        read_heads(path)
    with pytest.raises(SettingsError, match="heads: cannot be read"):
        read_heads(tmp_path / "absent")
