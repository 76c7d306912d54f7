"""A room of Janus's VideoRoom: a named participant that everybody sees, never publishes, and receives all publishers.

One peer connection a publisher: in a connection for all, Janus reuses the place of one who left for one who comes,
and aiortc delivers nothing of the newcomer (aiortc issue 1404).
"""

import asyncio
from collections.abc import Callable, Iterator
from functools import partial
from itertools import count

from guard.sources.janusapi import Handle, Session, session, told
from guard.sources.janusfeed import Feed, Publisher, label, publisher_of
from guard.sources.janusmessages import Message
from guard.sources.media import MakePeer
from guard.sources.reach import Reach
from guard.sources.seats import Seats
from guard.sources.specs import JanusSpec
from guard.sources.states import Interrupted, SourceReason

PUT_OUT = 20.0
"""Seconds before a room is entered again that somebody has put us out of: fewer than places and evidence are kept."""


class JanusSource:
    """All publishers of one room."""

    def __init__(self, spec: JanusSpec, reach: Reach, make_peer: MakePeer) -> None:
        """Raises SourceError for what may not be reached."""
        reach.check_url("janus", spec.url)
        self._reach = reach
        self._spec = spec
        self._make_peer = make_peer

    async def run(self, seats: Seats, connected: Callable[[], None]) -> None:
        """One stay in the room. Never returns: a room that has ended is an interruption."""
        spec = self._spec
        secret = spec.token.get_secret_value(), spec.api_secret.get_secret_value()
        async with session(spec.url, *secret, self._reach.connector()) as janus:
            control = await janus.attach()
            pin: Message = {"pin": spec.pin.get_secret_value()} if spec.pin.get_secret_value() else {}
            joined, _ = await control.ask("join", ptype="publisher", room=spec.room, display=spec.display, **pin)
            connected()
            room = Room(spec, janus, seats, self._make_peer)
            try:
                room.take(joined)
                await room.follow(control)
            finally:
                await room.close()


class Room:
    """Who publishes in the room, and a task for each who is watched."""

    def __init__(self, spec: JanusSpec, janus: Session, seats: Seats, make_peer: MakePeer) -> None:
        self._spec = spec
        self._janus = janus
        self._seats = seats
        self._make_peer = make_peer
        self._watched: dict[int | str, tuple[Publisher, asyncio.Task[None]]] = {}  # who publishes, by number
        self._names: dict[int | str, str] = {}  # participants of all who published and have not left, by number

    async def follow(self, control: Handle) -> None:
        """Take events until the session is lost. Raises Interrupted."""
        while True:
            event = asyncio.ensure_future(control.events.get())
            try:
                await asyncio.wait((event, self._janus.lost), return_when=asyncio.FIRST_COMPLETED)
            finally:
                event.cancel()
            if not event.done():
                await self._janus.lost
            self.take(event.result().get("plugindata", {}).get("data", {}))

    def take(self, data: Message) -> None:
        """What the plugin tells of the room. Departures may be told twice."""
        publishers = map(publisher_of, data.get("publishers", ()))
        # Who had a name before has it before others of that name.
        for publisher in sorted(publishers, key=lambda one: self._seats.seated(one.name, str(one.number)) is None):
            self._publishes(publisher)
        # That is us. Somebody whose id is the text "ok" leaves without a reason, and is `kicked` by others.
        if data.get("leaving") == "ok" and "reason" in data:
            raise Interrupted(SourceReason.REFUSED, f"put out of the room: {told(data['reason'])}", retry_after=PUT_OUT)
        if "unpublished" in data:
            self._stops(data["unpublished"], left=False)
        for event in ("leaving", "kicked"):
            if event in data:
                self._stops(data[event], left=True)
        if "destroyed" in data:
            raise Interrupted(SourceReason.LOST, "the room has been destroyed")

    def _publishes(self, publisher: Publisher) -> None:
        present = self._watched.get(publisher.number)
        if present is not None:
            if present[0] == publisher and not present[1].done():
                return
            self._stops(publisher.number, left=False)
        feed = Feed(self._spec, self._janus, self._seats, self._make_peer, publisher, partial(self._name, publisher))
        self._watched[publisher.number] = publisher, asyncio.create_task(feed.watch())

    def _name(self, publisher: Publisher) -> str:
        """Its display name; something like it when another has that, be it in the room or another way into the call.

        Only the number says that it is the same as before: whoever comes under another one begins anew.
        """
        name = self._names.get(publisher.number) or self._seats.seated(publisher.name, str(publisher.number))
        others = {other for number, other in self._names.items() if number != publisher.number}
        if name is None or name in others or self._seats.taken(name):
            if name is not None and name not in others:
                self._seats.release(name)  # without a stream, which another has taken
            free = (one for one in names_of(publisher) if one not in others and not self._seats.taken(one))
            name = next(free)
        self._names[publisher.number] = name
        return name

    def _stops(self, number: int | str, *, left: bool) -> None:
        """A publisher has left, or has only switched its video off and keeps its seat for a while."""
        _, task = self._watched.pop(number, (None, None))
        if task is not None:
            task.cancel()
        if left and number in self._names:
            self._seats.release(self._names.pop(number))
        elif task is not None:
            self._seats.lost(self._names[number], SourceReason.CAMERA_OFF)

    async def close(self) -> None:
        """End every connection."""
        tasks = [task for _, task in self._watched.values()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def names_of(publisher: Publisher) -> Iterator[str]:
    """Names that the publisher may be known by, the best first, without end."""
    yield publisher.name
    numbered = f"{publisher.name[:150]} ({label(publisher.number)}"
    yield f"{numbered})"
    for more in count(2):
        yield f"{numbered}, {more})"
