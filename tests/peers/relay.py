"""A bad network between a sender and the guard: every packet of both directions passes through this process."""

import asyncio
import random
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

LOOPBACK = "127.0.0.1"
Address = tuple[str, int]
WAITS = 0.3
"""Seconds of packets that wait before a slow link; more are dropped."""


class Relay:
    """Two sockets, one that the sender talks to and one that the guard does. What it does to packets may be changed.

    Both are at `host`, an address of this machine where sender and guard are reached too.
    """

    def __init__(self, host: str, seed: int = 1) -> None:
        self._host = host
        self.loss = 0.0  # share of the packets of each direction that is dropped
        self.delay = (0.0, 0.0)  # seconds, least and most: packets overtake each other
        self.rate: float | None = None  # bits a second of each direction; None: as many as come
        self.dark = False  # nothing passes
        self.passed = 0
        self._random = random.Random(seed)
        self._sender = Side(self, self._to_guard)
        self._guard = Side(self, self._to_sender)

    async def open(self) -> None:
        """Listen on free ports."""
        loop = asyncio.get_running_loop()
        for side in (self._sender, self._guard):
            await loop.create_datagram_endpoint(lambda side=side: side, (self._host, 0))

    def close(self) -> None:
        """Give the ports back."""
        for side in (self._sender, self._guard):
            side.transport.close()

    def offered(self, offer: str) -> str:
        """The sender's offer with the relay as its only address."""
        self._sender.other = addresses(offer)[-1]
        return with_address(offer, self._guard.address)

    def answered(self, answer: str) -> str:
        """The guard's answer with the relay as its only address."""
        self._guard.other = next(one for one in addresses(answer) if one[0] == self._host)
        return with_address(answer, self._sender.address)

    def _to_guard(self, data: bytes) -> None:
        self._pass(self._guard, data)

    def _to_sender(self, data: bytes) -> None:
        self._pass(self._sender, data)

    def _pass(self, side: "Side", data: bytes) -> None:
        if self.dark or self._random.random() < self.loss:
            return
        loop = asyncio.get_running_loop()
        passed = side.passed(loop.time(), len(data), self.rate)
        if passed is not None:
            loop.call_at(passed + self._random.uniform(*self.delay), side.send, data)


class Side(asyncio.DatagramProtocol):
    """One socket of the relay, and who is on its other end: whoever has sent last."""

    def __init__(self, relay: Relay, onward: object) -> None:
        self.other: Address | None = None
        self._relay = relay
        self._onward = onward
        self._free = 0.0  # when everything that waits here will have passed, by the loop's clock

    def passed(self, now: float, size: int, rate: float | None) -> float | None:
        """When a packet of `size` bytes will have passed the link; None when too many wait before it."""
        if rate is None:
            return now
        begins = max(now, self._free)
        if begins - now > WAITS:
            return None
        self._free = begins + 8 * size / rate
        return self._free

    def connection_made(self, transport: asyncio.DatagramTransport) -> None:
        self.transport = transport
        self.address: Address = transport.get_extra_info("sockname")

    def datagram_received(self, data: bytes, sender: Address) -> None:
        self.other = sender
        self._onward(data)

    def send(self, data: bytes) -> None:
        """Send to the other end."""
        if self.other is not None and not self.transport.is_closing():
            self._relay.passed += 1
            self.transport.sendto(data, self.other)


def addresses(description: str) -> list[Address]:
    """The addresses of a session description's UDP candidates."""
    found = re.findall(r"^a=candidate:\S+ 1 udp \d+ (\S+) (\d+) ", description, re.MULTILINE | re.IGNORECASE)
    return [(host, int(port)) for host, port in found if ":" not in host]


def with_address(description: str, address: Address) -> str:
    """The session description with one candidate alone."""
    bare = re.sub(r"^a=candidate:.*\r\n", "", description, flags=re.MULTILINE)
    candidate = f"a=candidate:1 1 udp 2130706431 {address[0]} {address[1]} typ host\r\n"
    return re.sub(r"^a=ice-ufrag:", candidate + "a=ice-ufrag:", bare, flags=re.MULTILINE)


@asynccontextmanager
async def relaying(host: str = LOOPBACK) -> AsyncIterator[Relay]:
    """A relay for as long as the block runs."""
    relay = Relay(host)
    await relay.open()
    try:
        yield relay
    finally:
        relay.close()
