"""Bearer tokens: signed claims (JWT, RFC 7519) that say who calls, for which tenant and in which roles.

{"sub": "meet-1", "tenant": "acme", "roles": ["operator"], "aud": "avatar-guard", "exp": 1767225600}
"""

from collections.abc import Mapping
from typing import Any

import jwt

from guard.access.caller import Caller, Role
from guard.access.keys import KeyFile
from guard.access.settings import AccessSettings
from guard.core.errors import CredentialsError

FIELD = "authorization"
LEEWAY = 30
"""Seconds by which the clocks of issuer and service may differ."""
LONGEST = 8192
"""Characters of a token."""
LONGEST_NAME = 200
"""Characters of a subject or tenant."""
REMEDY = "get a new one from whoever issues them"


class Tokens:
    """Turns a token into its caller."""

    def __init__(self, settings: AccessSettings, keys: KeyFile) -> None:
        self._audience = settings.audience
        self._issuer = settings.issuer
        self._keys = keys

    def caller(self, authorization: str | None) -> Caller:
        """The caller of `Authorization: Bearer TOKEN` (RFC 6750 section 2.1). CredentialsError when it is not valid."""
        scheme, _, token = (authorization or "").partition(" ")
        if scheme.lower() != "bearer" or not token:
            raise CredentialsError(FIELD, "is missing", "send a bearer token")
        if len(token) > LONGEST:
            raise CredentialsError(FIELD, f"has a token of more than {LONGEST} characters")
        claims = self._claims(token.strip())
        return Caller(name_in(claims, "sub"), name_in(claims, "tenant"), roles_in(claims))

    def _claims(self, token: str) -> Mapping[str, Any]:
        try:
            header = jwt.get_unverified_header(token)
        except jwt.PyJWTError:
            raise CredentialsError(FIELD, "is no token that can be read", REMEDY) from None
        for key in self._keys.read():
            if header.get("kid") in (None, key.id) and header["alg"] in key.algorithms:
                try:
                    return self._verified(token, key.material, header["alg"])
                except jwt.InvalidSignatureError:
                    continue
        raise CredentialsError(FIELD, "has a token that none of the keys has signed", REMEDY)

    def _verified(self, token: str, material: Any, algorithm: str) -> Mapping[str, Any]:
        try:
            return jwt.decode(
                token,
                material,
                algorithms=[algorithm],
                audience=self._audience,
                issuer=self._issuer,
                leeway=LEEWAY,
                options={"require": ["exp", "aud", "sub"]},
            )
        except jwt.InvalidSignatureError:
            raise
        except jwt.PyJWTError as error:  # its sentences name claims, never what stands in them
            raise CredentialsError(FIELD, f"has a token that does not hold: {error}", REMEDY) from None


def name_in(claims: Mapping[str, Any], claim: str) -> str:
    """A subject or tenant. CredentialsError when it is missing or cannot be used."""
    name = claims.get(claim)
    if not isinstance(name, str) or not 0 < len(name) <= LONGEST_NAME or not name.isprintable():
        raise CredentialsError(FIELD, f"has a token without a usable {claim!r}", REMEDY)
    return name


def roles_in(claims: Mapping[str, Any]) -> frozenset[Role]:
    """The roles; those of other services, which an issuer may list beside ours, are passed over."""
    listed = claims.get("roles")
    return frozenset(Role) & frozenset(filter(None, map(role, listed if isinstance(listed, list) else [])))


def role(name: object) -> Role | None:
    """The role of this name; None when it is none of ours."""
    return next((known for known in Role if known == name), None)
