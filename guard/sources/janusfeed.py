"""One publisher of a Janus room: what is told of it, and its video, received again and again until it stops."""

import asyncio
import hashlib
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import NoReturn

import aiohttp
import structlog

from guard.core.errors import ClaimError, GuardError, SignallingError
from guard.gallery import checked_name
from guard.peers.description import DECODED
from guard.sources import layers
from guard.sources.backoff import Backoff
from guard.sources.janusapi import Handle, Session, told
from guard.sources.janusmessages import Message
from guard.sources.media import MakePeer, ReceivingPeer, is_screen, usable_offer
from guard.sources.seats import LEFT_ALONE, Seats
from guard.sources.specs import JanusSpec
from guard.sources.states import Interrupted, SourceReason, refusal

FULL_RATE = 2
"""The temporal layer that has all frames; below it come 12.5 or 6.25 a second, too few to score."""
LONGEST_LABEL = 30
"""Characters of a number that a name shows whole; it has to fit behind the display name."""

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Publisher:
    """A publisher as Janus tells of it; `name` is its display name, or one made of its number."""

    number: int | str
    name: str
    mid: str
    simulcast: bool
    obstacle: SourceReason | None
    detail: str = ""


def publisher_of(listed: Message) -> Publisher:
    """The publisher, and its first video that shows a camera and can be decoded."""
    number, display = listed["id"], str(listed.get("display") or "")
    try:
        name = checked_name(display)
    except ClaimError:
        name = f"publisher {label(number)}"
    videos = [one for one in listed.get("streams", ()) if one.get("type") == "video" and not one.get("disabled")]
    if not videos:
        return Publisher(number, name, "", False, SourceReason.CAMERA_OFF, "publishes no video")
    cameras = [one for one in videos if not is_screen(display, one.get("description"), listed.get("metadata"))]
    if not cameras:
        return Publisher(number, name, "", False, SourceReason.SCREEN, "a shared screen is left alone")
    decoded = [one for one in cameras if str(one.get("codec", "vp8")).upper() in DECODED]
    if not decoded:
        detail = f"{told(cameras[0]['codec'])} cannot be decoded here"
        return Publisher(number, name, "", False, SourceReason.CODEC, detail)
    return Publisher(number, name, str(decoded[0].get("mid", "0")), bool(decoded[0].get("simulcast")), None)


def label(number: int | str) -> str:
    """What a name may show of the number; a hash where clients choose it and it is long or makes no name."""
    text = str(number)
    try:
        return text if len(text) <= LONGEST_LABEL and checked_name(text) == text else hashed(text)
    except ClaimError:
        return hashed(text)


def hashed(text: str) -> str:
    """A short hash of any text."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:12]


class Feed:
    """Receives one publisher as a participant of the call."""

    def __init__(
        self,
        spec: JanusSpec,
        janus: Session,
        seats: Seats,
        make_peer: MakePeer,
        publisher: Publisher,
        name: Callable[[], str],
    ) -> None:
        """`name` is asked before each attempt who the publisher is in the call."""
        self._spec = spec
        self._janus = janus
        self._seats = seats
        self._make_peer = make_peer
        self._publisher = publisher
        self._name = name
        self._participant = name()

    async def watch(self) -> None:
        """Connect, again after each interruption, until cancelled or until that makes no sense any more."""
        backoff = Backoff()
        while True:
            retry_after = None
            try:
                self._participant = self._name()
                await self._watch_once()
                return
            except Interrupted as interruption:
                reason, detail = interruption.reason, interruption.detail
            except GuardError as error:
                reason, detail, retry_after = refusal(error), str(error), error.retry_after or 30.0
            except (OSError, TimeoutError, aiohttp.ClientError):
                reason, detail = SourceReason.LOST, ""
            except Exception:
                log.exception("publisher failed")
                reason, detail = SourceReason.FAULT, ""
            flowed = self._seats.lost(self._participant, reason, detail)
            if self._seats.replaced(self._participant):
                return
            await asyncio.sleep(backoff.pause(flowed, retry_after))

    async def _watch_once(self) -> None:
        """Return when the publisher is left alone; raises what ends its connection, or keeps it from a seat."""
        publisher = self._publisher
        reason, detail = publisher.obstacle, publisher.detail
        if reason is None:
            try:
                await self._connect()
            except Interrupted as interruption:
                if interruption.reason not in LEFT_ALONE:
                    raise
                reason, detail = interruption.reason, interruption.detail
        self._seats.leave_alone(self._participant, publisher.name, str(publisher.number), reason, detail)

    async def _connect(self) -> NoReturn:
        """Receive the video until the connection ends, and then raise Interrupted."""
        handle_of_seat = self._seats.seat(self._participant, self._publisher.name, str(self._publisher.number))
        handle = await self._janus.attach()
        peer = self._make_peer(handle_of_seat, self._seats)
        try:
            await self._negotiate(handle, peer)
            await self._seats.appear(handle_of_seat, peer.end)
            beside = [asyncio.create_task(hung_up(handle, peer))]
            if self._publisher.simulcast and self._spec.substream is None:
                beside.append(asyncio.create_task(self._follow_layers(handle, handle_of_seat)))
            try:
                await peer.run()
            finally:
                for task in beside:
                    task.cancel()
                await asyncio.gather(*beside, return_exceptions=True)
        finally:
            await peer.close()
            await handle.detach()
        raise Interrupted(SourceReason.LOST, "the connection has ended")

    async def _negotiate(self, handle: Handle, peer: ReceivingPeer) -> None:
        publisher, pin = self._publisher, self._spec.pin.get_secret_value()
        wanted = [{"feed": publisher.number, "mid": publisher.mid}]
        more: Message = {"pin": pin} if pin else {}
        _, jsep = await handle.ask("join", ptype="subscriber", room=self._spec.room, streams=wanted, **more)
        if jsep is None:
            raise Interrupted(SourceReason.LOST, "Janus made no offer")
        if jsep.get("e2ee"):
            raise Interrupted(SourceReason.ENCRYPTED, "the participant's video is encrypted end to end")
        try:
            answer = await peer.answer(usable_offer(jsep["sdp"]))
        except SignallingError as error:
            raise Interrupted(SourceReason.CODEC, str(error)) from None
        await handle.ask("start", jsep={"type": "answer", "sdp": answer})
        if publisher.simulcast:
            await ask_layer(handle, layers.FIRST if self._spec.substream is None else self._spec.substream)

    async def _follow_layers(self, handle: Handle, handle_of_seat: str) -> None:
        """Receive the lowest layer that shows the face; while Janus does not answer, the one that there is."""
        with suppress(Interrupted, TimeoutError, ConnectionError, aiohttp.ClientError):
            await layers.follow(lambda: self._seats.side(handle_of_seat), lambda layer: ask_layer(handle, layer))


async def ask_layer(handle: Handle, layer: int) -> None:
    """Ask Janus for a simulcast layer at its full frame rate."""
    await handle.ask("configure", streams=[{"mid": "0", "substream": layer, "temporal": FULL_RATE}])


async def hung_up(handle: Handle, peer: ReceivingPeer) -> None:
    """End the peer when Janus hangs up."""
    while (await handle.events.get()).get("janus") != "hangup":
        pass
    peer.end()
