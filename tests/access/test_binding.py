"""Where the service may listen without asking who calls."""

from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs

from guard.access.binding import announce, check
from guard.config import Settings
from guard.core.errors import SettingsError
from tests.service_fakes import Serving


@pytest.mark.parametrize("name", ["http_host", "grpc_host"])
def test_without_access_no_other_machine_is_let_in(name: str) -> None:
    with pytest.raises(SettingsError) as caught:
        Serving(**{name: "0.0.0.0"})
    assert str(caught.value).startswith(f"{name}: reaches beyond this machine")
    assert "set access.jwt_keys" in str(caught.value)


def said(**settings: Any) -> list[str]:
    with capture_logs() as lines:
        check(Settings(**settings))
        announce(Settings(**settings))
    return [line["event"] for line in lines]


def test_it_says_once_that_it_is_open_to_this_machine() -> None:
    assert said() == ["open to this machine only: nobody is asked who calls"]


def test_tokens_or_client_certificates_let_it_listen_anywhere() -> None:
    access, tls = {"jwt_keys": Path("keys")}, {"certificate": Path("c"), "key": Path("k"), "client_ca": Path("ca")}
    assert said(access=access) == []
    assert said(http_host="::", tls=tls) == []
    assert said(http_host="::", access=access, tls=tls) == []


def test_tokens_in_the_clear_are_worth_a_warning() -> None:
    (line,) = said(http_host="::", access={"jwt_keys": Path("keys")})
    assert line.startswith("tokens travel in the clear")
