"""Tokens: which hold, and what is said of those that do not."""

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from guard.access.caller import Caller, Role
from guard.access.keys import KeyFile
from guard.access.settings import AccessSettings
from guard.access.tokens import LEEWAY, Tokens
from guard.core.errors import CredentialsError
from tests.access.issuer import Issuer

SECRET = b"0123456789abcdef0123456789abcdef"


@pytest.fixture
def issuer() -> Issuer:
    return Issuer()


@pytest.fixture
def tokens(issuer: Issuer, tmp_path: Path) -> Tokens:
    return made(issuer.publish(tmp_path / "keys.json"))


def made(path: Path, **settings: Any) -> Tokens:
    return Tokens(AccessSettings(jwt_keys=path, **settings), KeyFile(path))


def refusal(tokens: Tokens, token: str) -> str:
    with pytest.raises(CredentialsError) as caught:
        tokens.caller(f"Bearer {token}")
    return str(caught.value)


def test_a_token_says_who_calls_for_whom_and_in_which_roles(tokens: Tokens, issuer: Issuer) -> None:
    token = issuer.token(Role.VIEWER, sub="console", tenant="acme", roles=["viewer", "gardener", 7])
    assert tokens.caller(f"Bearer {token}") == Caller("console", "acme", frozenset({Role.VIEWER}))
    assert tokens.caller(f"bearer {token}").subject == "console"


@pytest.mark.parametrize("header", [None, "", "Bearer", "Bearer ", "Basic Z3Vlc3Q6Z3Vlc3Q="])
def test_a_header_without_a_token(tokens: Tokens, header: str | None) -> None:
    with pytest.raises(CredentialsError, match=r"^authorization: is missing; send a bearer token$"):
        tokens.caller(header)


@pytest.mark.parametrize(
    ("claims", "problem"),
    [
        ({"exp": int(time.time()) - LEEWAY - 5}, "expired"),
        ({"exp": None}, '"exp"'),
        ({"nbf": int(time.time()) + 3600}, "not yet valid"),
        ({"aud": "another-service"}, "Audience"),
        ({"aud": None}, '"aud"'),
        ({"sub": None}, '"sub"'),
        ({"sub": ""}, "'sub'"),
        ({"tenant": None}, "'tenant'"),
        ({"tenant": 5}, "'tenant'"),
        ({"tenant": "a\nb"}, "'tenant'"),
    ],
)
def test_a_token_that_does_not_hold(tokens: Tokens, issuer: Issuer, claims: dict[str, Any], problem: str) -> None:
    assert problem in refusal(tokens, issuer.token(Role.ADMIN, **claims))


def test_clocks_may_differ_a_little(tokens: Tokens, issuer: Issuer) -> None:
    assert tokens.caller(f"Bearer {issuer.token(exp=int(time.time()) - LEEWAY + 20)}").tenant == "acme"


def test_the_issuer_counts_where_one_is_set(issuer: Issuer, tmp_path: Path) -> None:
    tokens = made(issuer.publish(tmp_path / "keys.json"), issuer="https://id.example")
    assert tokens.caller(f"Bearer {issuer.token(iss='https://id.example')}").subject == "meet-1"
    for other in (None, "https://elsewhere.example"):
        assert "iss" in refusal(tokens, issuer.token(iss=other)).lower()


def test_another_key_of_the_same_name_signs_nothing(tokens: Tokens) -> None:
    assert "none of the keys" in refusal(tokens, Issuer("first").token(Role.ADMIN))


def test_a_token_without_a_signature(tokens: Tokens, issuer: Issuer) -> None:
    claims = jwt.decode(issuer.token(Role.ADMIN), options={"verify_signature": False})
    for kid in ({}, {"kid": "first"}):
        assert "none of the keys" in refusal(tokens, jwt.encode(claims, None, algorithm="none", headers=kid))
    assert "none of the keys" in refusal(tokens, issuer.token(Role.ADMIN).rpartition(".")[0] + ".")


def test_a_public_key_is_no_secret(tmp_path: Path) -> None:
    # The classic confusion: HS256 with the published RSA key for a secret. PyJWT itself would not sign that.
    private = rsa.generate_private_key(65537, 2048)
    pem = private.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    (tmp_path / "keys.pem").write_bytes(pem)
    tokens = made(tmp_path / "keys.pem")
    claims = {"sub": "x", "tenant": "y", "aud": "avatar-guard", "exp": int(time.time()) + 60}
    assert tokens.caller(f"Bearer {jwt.encode(claims, private, algorithm='PS256')}").subject == "x"
    assert "none of the keys" in refusal(tokens, hs256(claims, pem))


def hs256(claims: dict[str, Any], secret: bytes) -> str:
    """A token signed by hand."""
    import hashlib
    import hmac

    encode: Callable[[bytes], str] = lambda data: jwt.utils.base64url_encode(data).decode()  # noqa: E731
    head = ".".join(encode(json.dumps(part).encode()) for part in ({"alg": "HS256", "typ": "JWT"}, claims))
    return f"{head}.{encode(hmac.new(secret, head.encode(), hashlib.sha256).digest())}"


def test_extensions_that_must_be_understood_are_refused(tokens: Tokens, issuer: Issuer) -> None:
    claims = jwt.decode(issuer.token(Role.ADMIN), options={"verify_signature": False})
    token = jwt.encode(claims, issuer.key, algorithm="EdDSA", headers={"crit": ["exotic"], "exotic": 1})
    assert "is no token that can be read" in refusal(tokens, token)


@pytest.mark.parametrize("token", ["x", "a.b.c", "ä", "." * 9000])
def test_what_is_no_token(tokens: Tokens, token: str) -> None:
    assert refusal(tokens, token).startswith("authorization: ")


def test_every_key_of_the_file_counts(issuer: Issuer, tmp_path: Path) -> None:
    second = Issuer("second")
    tokens = made(issuer.publish(tmp_path / "keys.json", second))
    assert tokens.caller(f"Bearer {issuer.token()}") == tokens.caller(f"Bearer {second.token()}")
