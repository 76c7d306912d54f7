"""Fan-out: what a slow reader may lose, and what it may not."""

import asyncio
from datetime import UTC, datetime

import pytest

from guard.core.errors import CapacityError
from guard.core.items import Decision
from guard.feed import LASTING_LIMIT, ORDINARY_LIMIT, Feed, Watcher
from guard.updates import Event, Participant, Update
from tests.service_fakes import Parts, verdict


def update(sequence: int, *, key: str = "a", changed: bool = False, event: Event = Event.VERDICT) -> Update:
    decision = Decision.VERIFIED if changed else Decision.UNCERTAIN
    newest = verdict(sequence, decision=decision, changed=changed)
    return Update(event, Participant(key, "call", f"p-{key}", "", "grpc", datetime.now(UTC), newest))


async def read(watcher: Watcher) -> list[int]:
    """Sequence numbers of all that waits; the watcher has been ended."""
    return [update.participant.verdict.sequence async for update in watcher if update.participant.verdict]


@pytest.fixture
def parts() -> Parts:
    return Parts()


@pytest.fixture
def feed(parts: Parts) -> Feed:
    return parts.feed


async def test_every_watcher_gets_what_it_wants_in_order(feed: Feed) -> None:
    with feed.watch(lambda _: True) as everything, feed.watch(lambda one: one.participant.key == "a") as only_a:
        for number, key in enumerate("abab"):
            feed.publish(update(number, key=key, changed=number == 2))
        feed.end()
        assert await read(everything) == [0, 1, 2, 3]
        assert await read(only_a) == [0, 2]


async def test_a_slow_watcher_loses_the_oldest_ordinary_verdicts_and_hears_how_many(parts: Parts, feed: Feed) -> None:
    with feed.watch(lambda _: True) as watcher:
        for number in range(ORDINARY_LIMIT + 10):
            feed.publish(update(number))
        feed.end()
        seen = [update async for update in watcher]
    assert [one.participant.verdict.sequence for one in seen] == list(range(10, ORDINARY_LIMIT + 10))
    assert {one.dropped for one in seen} == {10}
    assert parts.value("guard_verdicts_dropped_total") == 10


async def test_changes_of_decision_joins_and_departures_survive_any_number_of_ordinary_verdicts(feed: Feed) -> None:
    with feed.watch(lambda _: True) as watcher:
        feed.publish(update(0, event=Event.JOINED))
        feed.publish(update(1, changed=True))
        for number in range(2, 2 + 3 * ORDINARY_LIMIT):
            feed.publish(update(number))
        feed.publish(update(999, event=Event.LEFT))
        feed.end()
        seen = await read(watcher)
    assert seen[:2] == [0, 1]
    assert seen[-1] == 999
    assert len(seen) == ORDINARY_LIMIT + 3


async def test_a_watcher_that_would_lose_a_change_is_ended_with_an_error(feed: Feed) -> None:
    with feed.watch(lambda _: True) as watcher:
        for number in range(LASTING_LIMIT + 1):
            feed.publish(update(number, changed=True))
        with pytest.raises(CapacityError):
            await read(watcher)


async def test_a_reader_is_woken_by_news_and_by_the_end(feed: Feed) -> None:
    with feed.watch(lambda _: True) as watcher:
        reading = asyncio.create_task(read(watcher))
        await asyncio.sleep(0)
        feed.publish(update(1))
        await asyncio.sleep(0)
        feed.publish(update(2))
        feed.end()
        assert await reading == [1, 2]


async def test_nothing_reaches_a_watcher_that_has_gone_or_ended(feed: Feed) -> None:
    with feed.watch(lambda _: True) as watcher:
        pass
    feed.publish(update(1))
    watcher.end()
    watcher.offer(update(2))
    assert await read(watcher) == []
