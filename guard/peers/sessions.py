"""WHIP sessions: which peer carries which participant's stream. A stream whose connection broke waits for another."""

import asyncio
import secrets
from collections.abc import Coroutine
from dataclasses import dataclass, field
from typing import Any

from aiortc import RTCSessionDescription

from guard.access.caller import current
from guard.calls import DEFAULT_CALL, Calls
from guard.core.errors import GuardError, ReplacedError
from guard.members import usable
from guard.peers.handover import OnOneClock, Sink, Unmirrored
from guard.peers.ingest import AnyPeer, Ingest
from guard.streamclock import StreamClock
from guard.updates import Participant


@dataclass(slots=True, eq=False)
class Session:
    """One participant's stream. `name` is what its sender knows it by; a new one with every connection."""

    joined: Participant
    name: str = ""
    # Receives the stream; None before the first offer is answered, and while another connection is waited for.
    peer: AnyPeer | None = None
    # Goes on where each peer's own begins anew.
    clock: StreamClock = field(default_factory=StreamClock)
    # Ends the stream when nobody has come back for it; None while a peer carries it.
    expiry: asyncio.TimerHandle | None = field(default=None)


class Sessions:
    """All sessions of the endpoint. One whose connection broke is kept for `keep_seconds`."""

    def __init__(self, calls: Calls, ingest: Ingest, keep_seconds: float) -> None:
        self._calls = calls
        self._ingest = ingest
        self._keep_seconds = keep_seconds
        self._sessions: dict[str, Session] = {}  # by stream, bounded by how many are admitted
        self._closing = False
        self.serving: set[asyncio.Task[None]] = set()

    async def open(
        self,
        offer: RTCSessionDescription,
        *,
        call: str,
        participant: str,
        claim: str,
        continuity: bool | None = None,
        mirrored: bool = False,
    ) -> tuple[str, str]:
        """The session's name and the answer (SDP). The same participant of the same caller goes on with its evidence.

        `mirrored` pictures are turned back.
        Raises what Calls.join raises, SignallingError, CapacityError, LostError, ReplacedError.
        """
        session = self._former(call, participant, claim)
        session = session or await self._joined(call, participant, claim, continuity)
        try:
            sink: Sink = OnOneClock(self._calls, session.clock)
            peer = self._ingest.open(session.joined.key, Unmirrored(sink) if mirrored else sink)
            try:
                answer = await peer.answer(offer)
            except BaseException:  # a sender that hangs up while it waits cancels this
                self._start(peer.close())
                raise
        except BaseException:
            if session.name == "":
                self.end(session)
            raise
        if self._sessions.get(session.joined.key) is not session or not self._calls.present(session.joined.key):
            self._start(peer.close())
            raise ReplacedError  # while the answer was made
        self._carry(session, peer)
        return session.name, answer

    def _former(self, call: str, participant: str, claim: str) -> Session | None:
        """The same participant's session with the same claim, if the same caller opened it."""
        caller = current.get()
        names = usable("call", call or DEFAULT_CALL), usable("participant", participant)
        names += (usable("claim", claim) if claim else "", caller.tenant, caller.subject)
        for session in self._sessions.values():
            one = session.joined
            if (one.call, one.participant, one.claim, one.tenant, one.subject) == names:
                return session if session.name and self._calls.present(one.key) else None
        return None

    async def _joined(self, call: str, participant: str, claim: str, continuity: bool | None) -> Session:
        joined = await self._calls.join(
            call=call,
            participant=participant,
            claim=claim,
            transport="whip",
            tenant=current.get().tenant,
            continuity=continuity,
        )
        session = self._sessions[joined.key] = Session(joined)
        return session

    def _carry(self, session: Session, peer: AnyPeer) -> None:
        """Let the peer carry the stream, in place of one that may not be known to have broken."""
        former, session.peer = session.peer, peer
        if former is not None:
            former.end()
            self._calls.disconnected(session.joined.key)
        if session.expiry is not None:
            session.expiry.cancel()
        session.expiry = None
        session.clock.connect()
        session.name = secrets.token_hex(8)
        self._start(self._serve(session, peer))

    def _start(self, work: Coroutine[Any, Any, None]) -> None:
        serving = asyncio.create_task(work)
        self.serving.add(serving)
        serving.add_done_callback(self.serving.discard)

    async def _serve(self, session: Session, peer: AnyPeer) -> None:
        """Keep the peer until it is over, and then the stream, if the sender did not want that."""
        try:
            await peer.run()
        finally:
            if session.peer is peer:
                self._release(session, peer.lost)
            await peer.close()

    def _release(self, session: Session, lost: GuardError | None) -> None:
        session.peer = None
        seen = self._calls.newest(session.joined.key) is not None
        if lost is None or not seen or self._closing:
            self.end(session, lost)
            return
        self._calls.disconnected(session.joined.key)
        session.expiry = asyncio.get_running_loop().call_later(self._keep_seconds, self.end, session, lost)

    def named(self, name: str) -> Session | None:
        """The session that its sender knows by this name."""
        return next((session for session in self._sessions.values() if session.name == name), None)

    def end(self, session: Session, lost: GuardError | None = None) -> None:
        """The stream is over, whether it has left already or not."""
        if session.expiry is not None:
            session.expiry.cancel()
        if session.peer is not None:
            session.peer.end()
        self._sessions.pop(session.joined.key, None)
        self._calls.leave(session.joined.key, lost)

    def left(self, key: str) -> None:
        """The stream has left for another reason than its own."""
        if session := self._sessions.get(key):
            self.end(session)

    async def close(self) -> None:
        """End every session and wait until all are gone."""
        self._closing = True
        for session in list(self._sessions.values()):
            self.end(session)
        await asyncio.gather(*self.serving, return_exceptions=True)
