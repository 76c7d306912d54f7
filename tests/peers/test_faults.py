"""Real peers over a bad network: every stream recovers or ends by itself, and nobody genuine is accused."""

import asyncio

import pytest

from guard.core.items import Decision
from guard.peers.loopback import allow_loopback
from tests.peers.relay import relaying
from tests.peers.senders import MovingPicture, publishing
from tests.service_fakes import Serving, serving, until

pytestmark = pytest.mark.slow
BLACKOUT = 3.0
RECOVERED_WITHIN = 1.5
"""Seconds after the network's return within which whole frames flow again."""


@pytest.fixture(autouse=True)
def loopback() -> None:
    """These tests must run on a machine without a network."""
    allow_loopback(always=True)


def frames(guard: Serving) -> float:
    return guard.value("guard_frames_received_total", transport="whip")


async def test_after_a_blackout_whole_frames_flow_at_once() -> None:
    async with serving() as guard, relaying() as relay:
        url = f"{guard.addresses.http}/whip?claim=Dora&participant=seat"
        async with publishing(url, MovingPicture(), relay=relay):
            await until(lambda: frames(guard) > 25)
            relay.dark = True
            await asyncio.sleep(BLACKOUT)
            before = frames(guard)
            relay.dark = False
            await until(lambda: frames(guard) > before, RECOVERED_WITHIN)
            await until(lambda: frames(guard) > before + 25, 2.0)
            await until(lambda: guard.service.calls.participants()[0].verdict.decision is Decision.VERIFIED)
        assert guard.value("guard_decisions_total", decision="IMPOSTOR_SUSPECTED") == 0
        assert guard.value("guard_runs_cut_total", cut="GAP") >= 1
