"""Keys: what a file may hold, and that a new one counts without a restart."""

import base64
import json
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from jwt.algorithms import OKPAlgorithm

from guard.access.keys import RSA_ALGORITHMS, KeyFile, read_keys
from guard.core.errors import SettingsError
from tests.access.issuer import Issuer


def secret(size: int, **more: Any) -> dict[str, Any]:
    return {"kty": "oct", "k": base64.urlsafe_b64encode(b"k" * size).decode().rstrip("="), **more}


def written(path: Path, *keys: dict[str, Any]) -> Path:
    path.write_text(json.dumps({"keys": list(keys)}))
    return path


def pem(private: Any) -> str:
    return str(private.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode())


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "keys"


def test_the_kind_of_key_says_which_algorithms_count(path: Path) -> None:
    privates = [
        rsa.generate_private_key(65537, 2048),
        ec.generate_private_key(ec.SECP256R1()),
        ec.generate_private_key(ec.SECP384R1()),
        ed25519.Ed25519PrivateKey.generate(),
    ]
    path.write_text("# of the identity provider\n" + "".join(map(pem, privates)))
    assert [key.algorithms for key in read_keys(path)] == [RSA_ALGORITHMS, ("ES256",), ("ES384",), ("EdDSA",)]


def test_a_key_set_names_its_keys_and_may_narrow_their_algorithms(path: Path) -> None:
    keys = read_keys(written(path, Issuer("a").public(), secret(32, kid="b", alg="HS256"), secret(32, use="enc")))
    assert [(key.id, key.algorithms) for key in keys] == [("a", ("EdDSA",)), ("b", ("HS256",))]


def test_one_key_alone_is_a_key_set(path: Path) -> None:
    path.write_text(json.dumps(Issuer("only").public()))
    assert [key.id for key in read_keys(path)] == ["only"]


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        ('{"keys": []}', "holds no key"),
        ("nothing of the kind", "holds no key"),
        ("{", "cannot be read"),
        ('{"keys": [{"kty": "new"}]}', "cannot be read"),
        ('{"keys": [7]}', "cannot be read"),
        (json.dumps(secret(31)), "31 bytes; use 32 or more"),
        (json.dumps(secret(32, alg="HS512")), "'HS512'"),
        (pem(rsa.generate_private_key(65537, 1024)), "1024 bits; use 2048 or more"),
        (pem(ec.generate_private_key(ec.SECP256K1())), "signs no token"),
    ],
)
def test_a_file_that_cannot_be_used(path: Path, content: str, problem: str) -> None:
    path.write_text(content)
    with pytest.raises(SettingsError) as caught:
        read_keys(path)
    assert str(caught.value).startswith("access.jwt_keys: ")
    assert problem in str(caught.value)


def test_a_private_key_does_not_belong_here(path: Path) -> None:
    private = Issuer().key
    for text in (
        private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode(),
        OKPAlgorithm.to_jwk(private),
    ):
        path.write_text(text)
        with pytest.raises(SettingsError, match="holds a private key"):
            read_keys(path)


def test_a_file_that_is_missing(path: Path) -> None:
    with pytest.raises(SettingsError, match=r"access\.jwt_keys: .*keys cannot be read"):
        KeyFile(path)


def test_a_new_file_counts_at_once_and_a_broken_one_leaves_the_former(path: Path) -> None:
    keys = KeyFile(Issuer("old").publish(path))
    Issuer("new one").publish(path)
    assert [key.id for key in keys.read()] == ["new one"]
    path.write_text("{")
    assert [key.id for key in keys.read()] == ["new one"]
    path.unlink()
    assert [key.id for key in keys.read()] == ["new one"]
