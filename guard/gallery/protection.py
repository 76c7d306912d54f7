"""Envelope encryption: a master key wraps each tenant's keys, those wrap a key for each person and template.

AES-256-GCM with a random nonce throughout. The authenticated context of each ciphertext says what it is and whose, so
that a row cannot be put in another's place.
"""

import hmac
import json
import os
import secrets
from dataclasses import dataclass, field, replace

import numpy as np
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDFExpand

from guard.core.errors import GalleryError
from guard.core.items import Floats
from guard.gallery.transform import Matrix, orthogonal

KEY = 32
"""Bytes of every key."""
NONCE = 12


def new_id() -> str:
    """A name for a row that says nothing."""
    return secrets.token_hex(16)


def new_key() -> bytes:
    """A key that nobody knows."""
    return os.urandom(KEY)


def seal(key: bytes, plain: bytes, *context: str) -> bytes:
    """Nonce and ciphertext of `plain`, which only opens with the same key and context."""
    nonce = os.urandom(NONCE)
    return nonce + AESGCM(key).encrypt(nonce, plain, json.dumps(context).encode())


def unseal(key: bytes, sealed: bytes, *context: str) -> bytes:
    """What was sealed. Raises GalleryError for a wrong key, another context or a changed byte: never garbage."""
    try:
        return AESGCM(key).decrypt(sealed[:NONCE], sealed[NONCE:], json.dumps(context).encode())
    except (InvalidTag, ValueError):  # too short for a nonce
        raise GalleryError(
            f"gallery: a {context[0]} record cannot be decrypted: it was changed, or its key is a wrong one"
        ) from None


def derived(secret: bytes, purpose: str) -> bytes:
    """A key of its own for each purpose (HKDF-Expand, RFC 5869 section 2.3; the secret is uniform already)."""
    return HKDFExpand(SHA256(), KEY, purpose.encode()).derive(secret)


@dataclass(frozen=True, slots=True)
class Vault:
    """One tenant's keys: `wrapping` for data keys, changed by rotation; `secret` for names and transforms, for good."""

    tenant: str
    wrapping: bytes = field(repr=False)
    secret: bytes = field(repr=False)

    @classmethod
    def fresh(cls, tenant: str) -> "Vault":
        """New keys for a new tenant."""
        return cls(tenant, new_key(), new_key())

    @classmethod
    def opened(cls, tenant: str, master: bytes, wrapped: bytes) -> "Vault":
        """The keys that a master key wraps. Raises GalleryError for another master key or tenant."""
        plain = unseal(master, wrapped, "tenant", tenant)
        return cls(tenant, plain[:KEY], plain[KEY:])

    def closed(self, master: bytes) -> bytes:
        """These keys as they are stored."""
        return seal(master, self.wrapping + self.secret, "tenant", self.tenant)

    def rotated(self) -> "Vault":
        """The same tenant with a new wrapping key."""
        return replace(self, wrapping=new_key())

    def index(self, name: str) -> str:
        """What a name is found by: without the tenant's secret nobody can tell, or try, which name it is of."""
        return hmac.digest(derived(self.secret, "names"), name.encode(), "sha256").hex()

    def wrap(self, owner: str, key: bytes) -> bytes:
        """A data key as it is stored."""
        return seal(self.wrapping, key, "key", self.tenant, owner)

    def unwrap(self, owner: str, wrapped: bytes) -> bytes:
        """The data key of a person or template."""
        return unseal(self.wrapping, wrapped, "key", self.tenant, owner)

    def turned(self, embeddings: Floats, generation: int) -> Floats:
        """Embeddings (..., 256) as they are stored: turned by the matrix of this generation."""
        return (embeddings @ self._matrix(generation).T).astype(np.float32)

    def turned_back(self, embeddings: Floats, generation: int) -> Floats:
        """The embeddings (..., 256) that were turned; exact to float32's rounding."""
        return (embeddings @ self._matrix(generation)).astype(np.float32)

    def _matrix(self, generation: int) -> Matrix:
        return orthogonal(derived(self.secret, f"transform {generation}"))
