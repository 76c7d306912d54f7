"""Addresses that only this machine reaches, and those that all the world does."""

from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address

GIVEN_OUT = IPv6Network("2000::/3")
"""All IPv6 addresses of the internet so far (RFC 4291 section 2.4): none that translate within a network (RFC 8215)."""
NAT64 = IPv6Network("64:ff9b::/96")
"""Addresses of the IPv4 internet for machines that have IPv6 alone (RFC 6052 section 2.1)."""


def is_loopback(host: str) -> bool:
    """Whether only this machine reaches the address."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def is_public(address: str) -> bool:
    """Whether an IP address is one of the internet: of no machine's own, no private network, no cloud's metadata."""
    found = ip_address(address.partition("%")[0])
    if not isinstance(found, IPv6Address):
        return found.is_global and not found.is_multicast
    within = ipv4_within(found)
    if within is not None and not is_public(str(within)):
        return False
    return (found in GIVEN_OUT and found.is_global) or (within is not None and found not in GIVEN_OUT)


def ipv4_within(address: IPv6Address) -> IPv4Address | None:
    """The IPv4 address that packets for this one end at, or may."""
    if address in NAT64:
        return IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped or address.sixtofour or (address.teredo[1] if address.teredo else None)


def is_literal(host: str) -> bool:
    """Whether a host is an IP address, not a name."""
    try:
        ip_address(host.partition("%")[0])
    except ValueError:
        return False
    return True
