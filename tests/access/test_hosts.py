"""Which addresses only this machine reaches."""

import pytest

from guard.access.hosts import is_loopback


@pytest.mark.parametrize(
    "host", ["0.0.0.0", "::", "", "192.0.2.7", "guard.example", "localhost.example", "127.0.0.1.example"]
)
def test_other_machines_may_reach_it(host: str) -> None:
    assert not is_loopback(host)


@pytest.mark.parametrize("host", ["127.0.0.1", "127.8.0.1", "::1", "localhost"])
def test_only_this_machine_reaches_loopback(host: str) -> None:
    assert is_loopback(host)
