"""The keys that sign tokens: a JWKS (RFC 7517) or PEM file, read again when it changes."""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jwt
import structlog
from cryptography.hazmat.primitives.asymmetric import ec, ed448, ed25519, rsa
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from guard.access.files import Stamp, stamp
from guard.core.errors import SettingsError

SETTING = "access.jwt_keys"
LEAST_SECRET = 32
"""Bytes of a shared secret: HS256 asks for as many as its hash has (RFC 7518 section 3.2)."""
LEAST_RSA = 2048
"""Bits of an RSA key (RFC 7518 section 3.3)."""
RSA_ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512")
CURVES = {"secp256r1": ("ES256",), "secp384r1": ("ES384",), "secp521r1": ("ES512",)}
PUBLIC_KEY = re.compile(r"-----BEGIN PUBLIC KEY-----.*?-----END PUBLIC KEY-----", re.DOTALL)

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Key:
    """`algorithms` follow from the kind of key, never from a token: a public key cannot be passed off as a secret."""

    id: str | None
    material: Any
    algorithms: tuple[str, ...]


class KeyFile:
    """The keys of a file as it is now. One that becomes unreadable leaves the keys that were read last."""

    def __init__(self, path: Path) -> None:
        """Raises SettingsError for a file that cannot be used."""
        self._path = path
        self._stamp: Stamp | None = stamp(path)
        self._keys = read_keys(path)

    def read(self) -> Sequence[Key]:
        """All keys of the file."""
        now = stamp(self._path)
        if now != self._stamp:
            self._stamp = now
            try:
                self._keys = read_keys(self._path)
                log.info("keys of tokens read again", keys=len(self._keys))
            except SettingsError as error:
                log.error("keys of tokens not read again; the former ones hold", problem=error.problem)
        return self._keys


def read_keys(path: Path) -> list[Key]:
    """The keys of a JWKS or PEM file. SettingsError when it cannot be read, holds none, or holds one to keep out."""
    try:
        text = path.read_text()
        keys = from_jwks(json.loads(text)) if text.lstrip().startswith("{") else from_pem(text)
    except (OSError, ValueError, jwt.PyJWTError) as error:
        raise SettingsError(SETTING, f"{path} cannot be read: {error}") from None
    if not keys:
        raise SettingsError(SETTING, f"{path} holds no key", "give a JWKS, or public keys in PEM")
    return keys


def from_jwks(document: Any) -> list[Key]:
    """The signing keys of a key set; those for encryption are passed over. ValueError when it is none."""
    listed = document.get("keys") if isinstance(document.get("keys"), list) else [document]
    if not all(isinstance(entry, dict) for entry in listed):
        raise ValueError("it is no set of keys")
    return [from_jwk(entry) for entry in listed if entry.get("use", "sig") == "sig"]


def from_jwk(entry: dict[str, Any]) -> Key:
    """One key of a set. SettingsError for a private or a weak one."""
    if "d" in entry:
        raise SettingsError(SETTING, "holds a private key", "give the service the public part only")
    material = jwt.PyJWK(entry, algorithm="HS256" if entry.get("kty") == "oct" else None).key
    allowed = algorithms(material)
    if "alg" in entry:
        allowed = tuple(name for name in allowed if name == entry["alg"])
    if not allowed:
        raise SettingsError(SETTING, f"holds a key for {entry['alg']!r}", "see docs/access.md for what is taken")
    return Key(entry.get("kid"), material, allowed)


def from_pem(text: str) -> list[Key]:
    """The public keys of a PEM file, one after the other."""
    if "PRIVATE KEY-----" in text:
        raise SettingsError(SETTING, "holds a private key", "give the service the public part only")
    materials = [load_pem_public_key(block.encode()) for block in PUBLIC_KEY.findall(text)]
    return [Key(None, material, algorithms(material)) for material in materials]


def algorithms(material: Any) -> tuple[str, ...]:
    """What tokens this key may have signed. SettingsError for a key that is too weak or of another kind."""
    if isinstance(material, bytes):
        if len(material) < LEAST_SECRET:
            raise SettingsError(SETTING, f"holds a secret of {len(material)} bytes", f"use {LEAST_SECRET} or more")
        return ("HS256",)
    if isinstance(material, rsa.RSAPublicKey):
        if material.key_size < LEAST_RSA:
            raise SettingsError(SETTING, f"holds an RSA key of {material.key_size} bits", f"use {LEAST_RSA} or more")
        return RSA_ALGORITHMS
    if isinstance(material, ed25519.Ed25519PublicKey | ed448.Ed448PublicKey):
        return ("EdDSA",)
    if isinstance(material, ec.EllipticCurvePublicKey) and material.curve.name in CURVES:
        return CURVES[material.curve.name]
    raise SettingsError(SETTING, "holds a key of a kind that signs no token", "use RSA, P-256, Ed25519 or a secret")
