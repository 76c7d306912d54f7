"""Signed heads: what the last line of an audit log was at some time, by Ed25519 (RFC 8032).

Kept elsewhere, a head shows that a log was cut, or computed anew, before it.
"""

import base64
import json
import os
import tempfile
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
    load_pem_public_key,
)

from guard.audit.chain import Link
from guard.core.errors import AuditError, SettingsError

PURPOSE = "avatar-guard audit head 1"
"""Stands at the beginning of what is signed, so that the key's signatures mean nothing else."""


@dataclass(frozen=True, slots=True)
class Head:
    """The place of the last line at the time `at` (ISO 8601, UTC), and a base64 signature of the three."""

    sequence: int
    hash: str
    at: str
    signature: str

    def line(self) -> str:
        """One line of a file of heads."""
        return json.dumps(asdict(self), separators=(",", ":"))


def signed(key: Ed25519PrivateKey, link: Link) -> Head:
    """A head of the present time."""
    at = datetime.now(UTC).isoformat(timespec="seconds")
    signature = key.sign(message(link.sequence, link.hash, at))
    return Head(link.sequence, link.hash, at, base64.b64encode(signature).decode())


def holds(head: Head, key: Ed25519PublicKey) -> bool:
    """Whether the key has signed this head."""
    try:
        key.verify(base64.b64decode(head.signature, validate=True), message(head.sequence, head.hash, head.at))
    except (InvalidSignature, ValueError):
        return False
    return True


def message(sequence: int, digest: str, at: str) -> bytes:
    """What is signed."""
    return "\n".join((PURPOSE, str(sequence), digest, at)).encode()


def read_heads(path: Path) -> list[Head]:
    """The heads of a file. SettingsError when there is no such file, or it holds something else."""
    try:
        return [head_of(json.loads(line)) for line in path.read_text().splitlines()]
    except OSError as error:
        raise SettingsError("heads", f"cannot be read: {error}") from None
    except (ValueError, KeyError, TypeError):
        raise SettingsError("heads", f"{path} has a line that is no head") from None


def head_of(content: dict[str, str | int]) -> Head:
    """The head of one line."""
    return Head(int(content["sequence"]), str(content["hash"]), str(content["at"]), str(content["signature"]))


def private_key(path: Path) -> Ed25519PrivateKey:
    """The key of this file; a new one when there is none, and its public part in FILE.pub.

    Raises AuditError when the file cannot be read or written, SettingsError when it holds something else.
    """
    try:
        if not path.exists():
            create(path)
        key = load_pem_private_key(path.read_bytes(), None)
    except OSError as error:
        raise AuditError(f"its key cannot be used: {error.strerror}") from None
    except (ValueError, TypeError):
        key = None
    if not isinstance(key, Ed25519PrivateKey):
        raise SettingsError("audit.key", f"{path} is no unencrypted Ed25519 key in PEM")
    return key


def create(path: Path) -> None:
    """A new key for its owner's eyes only, there whole or not at all; of several who create one the first counts."""
    key = Ed25519PrivateKey.generate()
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    written, fresh = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}-")  # its mode is 0600
    try:
        with open(written, "wb") as file:
            file.write(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
        with suppress(FileExistsError):
            os.link(fresh, path)
            public = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
            path.with_name(f"{path.name}.pub").write_bytes(public)
    finally:
        os.unlink(fresh)


def public_key(path: Path) -> Ed25519PublicKey:
    """The public key of a PEM file. SettingsError when it is none."""
    try:
        key = load_pem_public_key(path.read_bytes())
    except (OSError, ValueError):
        key = None
    if not isinstance(key, Ed25519PublicKey):
        raise SettingsError("key", f"{path} is no public Ed25519 key in PEM")
    return key
