"""Calls of who claims nobody, from the registry to the verdict."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest
from aiohttp.test_utils import make_mocked_request

from guard.core.errors import InputError
from guard.core.items import Decision, Reason
from guard.core.verifier import Settings
from guard.peers.whip import yes_or_no
from guard.updates import Participant
from tests.service_fakes import FOLLOWING, MODEL, Parts, frame


@asynccontextmanager
async def running(model: Settings, *, continuity: bool = False) -> AsyncIterator[Parts]:
    parts = Parts(model=model, continuity=continuity)
    working = asyncio.create_task(parts.worker.run(parts.calls.publish))
    try:
        yield parts
    finally:
        working.cancel()
        await asyncio.gather(working, return_exceptions=True)
        parts.worker.shutdown()


async def join(parts: Parts, claim: str = "", continuity: bool | None = None) -> Participant:
    return await parts.calls.join(call="", participant="seat", claim=claim, transport="grpc", continuity=continuity)


async def decided(parts: Parts, key: str, numbers: range, *, bright: bool = False) -> tuple[Decision, Reason | None]:
    """What is said once these frames have been judged."""
    for number in numbers:
        await parts.calls.room(key)
        parts.calls.offer(key, frame(number, bright=bright), parts.clock())
    await parts.worker.rest(key)
    verdict = parts.calls.newest(key)
    assert verdict is not None
    return verdict.decision, verdict.reason


@pytest.mark.slow
@pytest.mark.parametrize(("policy", "wish"), [(True, None), (False, True)])
async def test_another_driver_than_in_the_opening_is_told_and_counted(policy: bool, wish: bool | None) -> None:
    async with running(FOLLOWING, continuity=policy) as parts:
        key = (await join(parts, continuity=wish)).key
        assert await decided(parts, key, range(20)) == (Decision.COLLECTING, Reason.OPENING)
        assert await decided(parts, key, range(20, 60)) == (Decision.CONSISTENT, None)
        assert await decided(parts, key, range(60, 160), bright=True) == (Decision.DRIVER_CHANGED, None)
        assert parts.value("guard_decisions_total", decision="DRIVER_CHANGED") == 1


@pytest.mark.parametrize(("policy", "wish"), [(False, None), (True, False)])
async def test_nobody_is_followed_unless_that_is_wanted(policy: bool, wish: bool | None) -> None:
    async with running(FOLLOWING, continuity=policy) as parts:
        key = (await join(parts, continuity=wish)).key
        assert await decided(parts, key, range(60)) == (Decision.NOT_ENROLLED, Reason.NOT_ENROLLED)


async def test_a_claim_without_a_template_stays_not_enrolled_and_begins_to_be_followed_when_it_is_dropped() -> None:
    async with running(FOLLOWING, continuity=True) as parts:
        key = (await join(parts, claim="Unknown")).key
        assert await decided(parts, key, range(60)) == (Decision.NOT_ENROLLED, Reason.NOT_ENROLLED)
        await parts.calls.claims.set_claim(key, "")
        assert (await decided(parts, key, range(60, 80)))[1] is Reason.OPENING
        await parts.calls.claims.set_claim(key, "Unknown")
        assert await decided(parts, key, range(80, 90)) == (Decision.NOT_ENROLLED, Reason.NOT_ENROLLED)
        await parts.calls.claims.set_claim(key, "Dora")
        assert await decided(parts, key, range(90, 150)) == (Decision.VERIFIED, None)


async def test_a_model_that_cannot_is_not_asked_to() -> None:
    async with running(MODEL) as parts:
        with pytest.raises(InputError, match="continuity: is beyond the service's model"):
            await join(parts, continuity=True)
        assert parts.calls.participants() == []


async def test_who_only_observes_tells_backends_of_no_accusation_and_counts_what_it_withholds() -> None:
    async with running(replace(MODEL, observe=True)) as parts:
        key = (await join(parts, claim="Dora")).key
        assert await decided(parts, key, range(100), bright=True) == (Decision.UNCERTAIN, None)
        verdict = parts.calls.newest(key)
        assert verdict is not None
        assert verdict.withheld is Decision.IMPOSTOR_SUSPECTED
        assert parts.value("guard_decisions_withheld_total", decision="IMPOSTOR_SUSPECTED") == 1
        assert parts.value("guard_decisions_total", decision="IMPOSTOR_SUSPECTED") == 0


@pytest.mark.parametrize(
    ("query", "meant"), [("", None), ("?continuity=", None), ("?continuity=0", False), ("?continuity=1", True)]
)
def test_a_query_says_yes_no_or_nothing(query: str, meant: bool | None) -> None:
    assert yes_or_no(make_mocked_request("POST", f"/whip{query}"), "continuity") is meant


def test_any_other_query_is_refused() -> None:
    with pytest.raises(InputError, match="continuity: must be 0 or 1, not 'yes'"):
        yes_or_no(make_mocked_request("POST", "/whip?continuity=yes"), "continuity")
