"""A WHEP endpoint as a source: one participant, played in one session after another."""

import asyncio
from collections.abc import Callable

import aiohttp

from guard.sources.exchange import Exchange
from guard.sources.media import MakePeer, ReceivingPeer
from guard.sources.reach import Reach
from guard.sources.seats import Seats
from guard.sources.specs import WhepSpec
from guard.sources.states import Interrupted, SourceReason

TIMEOUT = aiohttp.ClientTimeout(total=15)
SILENCE = 45.0
"""Seconds without a frame after which a session is begun anew: servers keep one whose publisher has gone."""
LOOK = 1.0
"""Seconds between two looks whether frames come."""


class WhepSource:
    """One participant, played from a WHEP endpoint."""

    def __init__(self, spec: WhepSpec, reach: Reach, make_peer: MakePeer) -> None:
        """Raises SourceError for what may not be reached."""
        reach.check_url("whep", spec.url)
        self._spec = spec
        self._reach = reach
        self._make_peer = make_peer

    async def run(self, seats: Seats, connected: Callable[[], None]) -> None:
        """One session. Never returns: a connection that has ended is an interruption."""
        participant = self._spec.participant or self._spec.name
        handle = seats.seat(participant, participant)
        async with aiohttp.ClientSession(connector=self._reach.connector(), timeout=TIMEOUT) as http:
            exchange = Exchange(http, self._reach, self._spec.url, self._spec.token.get_secret_value())
            async with exchange.playing(lambda: self._make_peer(handle, seats)) as peer:
                await seats.appear(handle, peer.end)
                connected()
                silent = await ended_in_silence(peer, lambda: seats.silence(handle))
        if seats.replaced(participant):
            raise Interrupted(SourceReason.REPLACED, final=True)
        if silent:
            raise Interrupted(SourceReason.SILENT, f"connected, and no picture for {SILENCE:.0f} s")
        raise Interrupted(SourceReason.LOST, "the connection has ended")


async def ended_in_silence(peer: ReceivingPeer, silence: Callable[[], float]) -> bool:
    """Wait until the connection is over, or is of no use for want of frames; returns whether it is that."""
    running = asyncio.create_task(peer.run())
    try:
        while not (await asyncio.wait({running}, timeout=LOOK))[0]:
            if silence() >= SILENCE:
                return True
        await running
        return False
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
