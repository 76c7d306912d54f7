"""Lets ICE use the loopback interface, which aioice leaves out."""

import aioice.ice

_others = aioice.ice.get_host_addresses
LOOPBACK = "127.0.0.1"


def is_loopback(host: str) -> bool:
    """Whether who listens there is reached from this machine only, so that its video comes that way too."""
    return host in (LOOPBACK, "localhost")


def allow_loopback(*, always: bool) -> None:
    """Gather 127.0.0.1 too: `always`, or only on a machine that has no other address.

    aioice asks this one function for the addresses of this machine and offers no setting.
    """

    def addresses(use_ipv4: bool, use_ipv6: bool) -> list[str]:
        others = _others(use_ipv4, use_ipv6)
        return [*others, LOOPBACK] if use_ipv4 and (always or not others) else others

    aioice.ice.get_host_addresses = addresses
