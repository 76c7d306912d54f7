"""CallService and the client's view of it."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractContextManager

import grpc
import pytest

from guard import reopening
from guard.client import Event, GuardClient, Update
from guard.core.items import Decision
from guard.feed import Watcher
from guard.rpc.messages import verdict_item, verdict_message
from guard.updates import Link
from tests.service_fakes import HORIZON, Serving, frame, serving


@pytest.fixture
async def guard() -> AsyncIterator[Serving]:
    async with serving() as made:
        yield made


@pytest.fixture
async def client(guard: Serving) -> AsyncIterator[GuardClient]:
    async with GuardClient(guard.addresses.grpc) as made:
        yield made


async def send(guard: Serving, key: str, count: int) -> None:
    for number in range(count):
        await guard.service.calls.room(key)
        guard.service.calls.offer(key, frame(number), 0.0)
    await guard.service.worker.rest(key)


async def test_participants_are_listed_by_call(guard: Serving, client: GuardClient) -> None:
    calls = guard.service.calls
    mine = await calls.join(call="mine", participant="seat", claim="Dora", transport="whip")
    await calls.join(call="yours", participant="seat", claim="", transport="grpc")
    await send(guard, mine.key, HORIZON + 10)
    assert [one.call for one in await client.participants()] == ["mine", "yours"]
    (listed,) = await client.participants("mine")
    assert (listed.participant, listed.claim, listed.transport) == ("seat", "Dora", "whip")
    assert listed.key == ""
    assert abs((listed.opened_at - mine.opened_at).total_seconds()) < 1e-3
    assert listed.verdict == verdict_item(verdict_message(calls.participants("mine")[0].verdict))  # floats of 32 bits
    assert listed.verdict.decision is Decision.VERIFIED


async def test_what_happens_while_a_watch_opens_comes_behind_who_is_there(
    guard: Serving, client: GuardClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls, feed = guard.service.calls, guard.service.feed
    await calls.join(call="mine", participant="present", claim="Dora", transport="whip")
    (present,) = calls.participants()
    watch = feed.watch

    def opened(wants: Callable[[Update], bool]) -> AbstractContextManager[Watcher]:
        asyncio.get_running_loop().call_soon(feed.publish, Update(Event.LEFT, present))
        return watch(wants)

    monkeypatch.setattr(feed, "watch", opened)
    watching = client.watch("mine")
    assert [(await anext(watching)).event for _ in range(2)] == [Event.JOINED, Event.LEFT]


async def test_a_watcher_sees_who_is_there_and_then_what_happens(guard: Serving, client: GuardClient) -> None:
    calls = guard.service.calls
    present = await calls.join(call="mine", participant="present", claim="Dora", transport="whip")
    await calls.join(call="yours", participant="other call", claim="", transport="whip")
    watching = client.watch("mine")
    seen = [await anext(watching)]
    later = await calls.join(call="mine", participant="later", claim="", transport="grpc")
    await send(guard, present.key, 1)
    calls.leave(later.key)
    seen += [await anext(watching) for _ in range(3)]
    assert [(one.event, one.participant.participant) for one in seen] == [
        (Event.JOINED, "present"),
        (Event.JOINED, "later"),
        (Event.VERDICT, "present"),
        (Event.LEFT, "later"),
    ]


async def test_a_watcher_who_asks_is_told_how_video_arrives(guard: Serving, client: GuardClient) -> None:
    calls = guard.service.calls
    watching, silent = client.watch(links=True), client.watch()
    joined = await calls.join(call="", participant="seat", claim="Dora", transport="whip")
    seen = [await anext(watching)]
    assert (await anext(silent)).event is Event.JOINED
    calls.connected(joined.key)
    await send(guard, joined.key, 1)
    calls.disconnected(joined.key)
    calls.connected(joined.key)
    calls.leave(joined.key)
    while seen[-1].event is not Event.LEFT:
        seen.append(await anext(watching))
    told = [one.participant.link for one in seen if one.event is Event.LINK]
    assert told == [Link.CONNECTED, Link.FLOWING, Link.RECONNECTING, Link.CONNECTED]
    assert seen[-1].participant.link is Link.ENDED
    assert {(await anext(silent)).event for _ in range(2)} == {Event.VERDICT, Event.LEFT}


@pytest.mark.slow
async def test_watchers_get_the_last_departures_and_then_unavailable(
    guard: Serving, client: GuardClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reopening, "ATTEMPTS", 2)
    await guard.service.calls.join(call="", participant="seat", claim="", transport="whip")
    watching = client.watch()
    seen: list[Update] = [await anext(watching)]
    await guard.service.calls.drain(5.0)
    guard.service.feed.end()

    async def rest() -> None:
        async for update in watching:
            seen.append(update)

    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await rest()
    assert caught.value.code() is grpc.StatusCode.UNAVAILABLE
    assert [one.event for one in seen] == [Event.JOINED, Event.LEFT]
