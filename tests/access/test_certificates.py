"""Callers by their certificate."""

import ssl
from pathlib import Path

import pytest

from guard.access.caller import Caller, Role
from guard.access.certificates import caller_of
from guard.core.errors import CredentialsError
from tests.access.authority import Authority


def test_the_subject_says_who_for_whom_and_in_which_roles(tmp_path: Path) -> None:
    path, _ = Authority(tmp_path).signed("desk", "desk 1", "acme", "enroller", "viewer", "gardeners")
    expected = Caller("desk 1", "acme", frozenset({Role.ENROLLER, Role.VIEWER}))
    assert caller_of(path.read_bytes()) == expected
    assert caller_of(ssl.PEM_cert_to_DER_cert(path.read_text())) == expected


def test_a_certificate_without_a_tenant_is_nobodys(tmp_path: Path) -> None:
    path, _ = Authority(tmp_path).signed("desk", "desk 1", None, "admin")
    with pytest.raises(CredentialsError, match="'tenant'"):
        caller_of(path.read_bytes())


def test_what_is_no_certificate() -> None:
    with pytest.raises(CredentialsError, match="certificate: cannot be read"):
        caller_of(b"nothing")
