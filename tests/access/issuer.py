"""An issuer of tokens for tests: one Ed25519 key, and whatever claims a test wants."""

import json
import time
from pathlib import Path
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from jwt.algorithms import OKPAlgorithm

from guard.access.caller import Role


class Issuer:
    """Signs tokens; `publish` writes what the service may know of the key."""

    def __init__(self, kid: str = "first") -> None:
        self.kid = kid
        self.key = Ed25519PrivateKey.generate()

    def public(self) -> dict[str, Any]:
        return json.loads(OKPAlgorithm.to_jwk(self.key.public_key())) | {"kid": self.kid}

    def publish(self, path: Path, *others: "Issuer") -> Path:
        path.write_text(json.dumps({"keys": [issuer.public() for issuer in (self, *others)]}))
        return path

    def token(self, *roles: Role, tenant: str = "acme", **claims: Any) -> str:
        """A token that holds, but for `claims`; None leaves one out."""
        all_claims = {
            "sub": "meet-1",
            "tenant": tenant,
            "roles": list(roles),
            "aud": "avatar-guard",
            "exp": int(time.time()) + 300,
        } | claims
        kept = {name: claim for name, claim in all_claims.items() if claim is not None}
        return jwt.encode(kept, self.key, algorithm="EdDSA", headers={"kid": self.kid})


def bearer(token: str) -> dict[str, str]:
    """The header of an HTTP request."""
    return {"Authorization": f"Bearer {token}"}


def metadata(token: str) -> tuple[tuple[str, str], ...]:
    """The metadata of a gRPC call."""
    return (("authorization", f"Bearer {token}"),)
