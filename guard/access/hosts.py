"""Addresses that only this machine reaches, and those that all the world does."""

from ipaddress import IPv6Address, ip_address


def is_loopback(host: str) -> bool:
    """Whether only this machine reaches the address."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def is_public(address: str) -> bool:
    """Whether an IP address is one of the internet: of no machine's own, no private network, no cloud's metadata."""
    found = ip_address(address.partition("%")[0])
    if isinstance(found, IPv6Address):
        within = found.ipv4_mapped or found.sixtofour or (found.teredo and found.teredo[1])
        if within:
            return found.is_global and within.is_global
    return found.is_global and not found.is_multicast


def is_literal(host: str) -> bool:
    """Whether a host is an IP address, not a name."""
    try:
        ip_address(host.partition("%")[0])
    except ValueError:
        return False
    return True
