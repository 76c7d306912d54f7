"""ICE on a machine that has no other interface than loopback, and on one that has."""

from collections.abc import Iterator

import aioice.ice
import pytest

from guard.peers.loopback import allow_loopback


@pytest.fixture(autouse=True)
def restored() -> Iterator[None]:
    before = aioice.ice.get_host_addresses
    yield
    aioice.ice.get_host_addresses = before


@pytest.mark.parametrize(
    ("others", "always", "gathered"),
    [
        ([], False, ["127.0.0.1"]),
        ([], True, ["127.0.0.1"]),
        (["192.0.2.1"], False, ["192.0.2.1"]),
        (["192.0.2.1"], True, ["192.0.2.1", "127.0.0.1"]),
    ],
)
def test_loopback_is_offered_when_asked_for_or_when_there_is_nothing_else(
    monkeypatch: pytest.MonkeyPatch, others: list[str], always: bool, gathered: list[str]
) -> None:
    monkeypatch.setattr("guard.peers.loopback._others", lambda use_ipv4, use_ipv6: others)
    allow_loopback(always=always)
    assert aioice.ice.get_host_addresses(True, True) == gathered
    assert aioice.ice.get_host_addresses(use_ipv4=False, use_ipv6=True) == others
