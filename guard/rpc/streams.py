"""The streams of StreamVerify, apart from the connections that carry them: one that breaks leaves its stream behind."""

import asyncio
import secrets
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field

from guard.access.caller import Caller
from guard.calls import DEFAULT_CALL, Calls
from guard.core.errors import ResumeError
from guard.feed import Feed, Watcher
from guard.framing import Framer
from guard.members import usable
from guard.rpc.errors import inside
from guard.rpc.messages import duration
from guard.rpc.pictures import checked_format, framer_for
from guard.updates import Participant
from guard.v1.verification_pb2 import PictureFormat, StreamOpen, StreamOpened

TOKEN_BYTES = 16


@dataclass(slots=True, eq=False)
class Stream:
    """One participant's stream. What nobody has read yet waits in its watcher, bounded as every watcher is."""

    joined: Participant
    owner: Caller
    watcher: Watcher
    watching: ExitStack
    # The format that holds for the next frame, and what looks for the face in such pictures; None: nothing does.
    picture: PictureFormat
    framer: Framer | None = None
    # Opens the stream again; a new one with every connection.
    token: bytes = b""
    # Takes the stream from the connection that carries it; None while none does.
    release: Callable[[], None] | None = None
    # Ends the stream when nobody has come back for it; None while a connection carries it.
    expiry: asyncio.TimerHandle | None = field(default=None)


class Streams:
    """Opens streams, and keeps those whose connection broke for `resume_seconds`; `model` describes the present one."""

    def __init__(self, calls: Calls, feed: Feed, model: Callable[[], StreamOpened], resume_seconds: float) -> None:
        self._calls = calls
        self._feed = feed
        self._model = model
        self._resume_seconds = resume_seconds
        self._by_token: dict[bytes, Stream] = {}  # every stream, carried or kept; bounded by how many are admitted

    async def open(self, opening: StreamOpen, owner: Caller) -> Stream:
        """A new stream, or the one of `resume_token`. Raises FrameError, ResumeError and what join raises."""
        picture = checked_format(opening.format, "open.format")
        stream = self._resumed(opening, owner) if opening.resume_token else await self._joined(opening, owner)
        self._forget_replaced()
        self.show(stream, picture)
        stream.token = secrets.token_bytes(TOKEN_BYTES)
        self._by_token[stream.token] = stream
        return stream

    def show(self, stream: Stream, picture: PictureFormat) -> None:
        """The stream's pictures are of this format from now on."""
        stream.picture = picture
        stream.framer = framer_for(picture, lambda: self._calls.looks(stream.joined.key))

    async def _joined(self, opening: StreamOpen, owner: Caller) -> Stream:
        with inside("open"):
            joined = await self._calls.join(
                call=opening.call,
                participant=opening.participant,
                claim=opening.claim,
                transport="grpc",
                tenant=owner.tenant,
                continuity=opening.continuity if opening.HasField("continuity") else None,
            )
        self._calls.connected(joined.key)
        watching = ExitStack()
        watcher = watching.enter_context(self._feed.watch(lambda update: update.participant.key == joined.key))
        return Stream(joined, owner, watcher, watching, opening.format)

    def _resumed(self, opening: StreamOpen, owner: Caller) -> Stream:
        """The stream of a token, free of its former connection, which may not have been noticed to be broken."""
        stream = self._by_token.get(opening.resume_token)
        # One answer for all cases: whose token it is, and whether there is such a stream, is nobody's business.
        if stream is None or not self._calls.present(stream.joined.key) or not is_same(stream, opening, owner):
            raise ResumeError("open.resume_token", "belongs to no stream of yours", "open anew without it")
        if stream.release is not None:
            self.keep(stream)
        if stream.expiry is not None:
            stream.expiry.cancel()
        stream.expiry = None
        self._calls.connected(stream.joined.key)
        del self._by_token[stream.token]
        return stream

    def _forget_replaced(self) -> None:
        """End kept streams whose participants have left, or a caller that keeps breaking off would fill our memory."""
        for stream in list(self._by_token.values()):
            if stream.expiry is not None and not self._calls.present(stream.joined.key):
                self.end(stream)

    def opened(self, stream: Stream) -> StreamOpened:
        """What the caller is told first."""
        last = self._calls.newest(stream.joined.key)
        opened = StreamOpened(
            enrolled=self._calls.enrolled(stream.joined.key),
            resume_token=stream.token,
            resumable_for=duration(self._resume_seconds),
            last_sequence=last.sequence if last else 0,
        )
        opened.MergeFrom(self._model())
        return opened

    def keep(self, stream: Stream) -> None:
        """The connection broke: the run is over, and the stream waits for its caller."""
        if stream.release is not None:
            stream.release()
        stream.release = None
        self._calls.disconnected(stream.joined.key)
        stream.expiry = asyncio.get_running_loop().call_later(self._resume_seconds, self.end, stream)

    def end(self, stream: Stream) -> None:
        """The stream is over, whether it has left already or not."""
        if stream.expiry is not None:
            stream.expiry.cancel()
        self._by_token.pop(stream.token, None)
        self._calls.leave(stream.joined.key)
        stream.watching.close()


def is_same(stream: Stream, opening: StreamOpen, owner: Caller) -> bool:
    """Whether the same caller opens the same participant with the same claim. ClaimError for an impossible name."""
    joined = stream.joined
    with inside("open"):
        call = usable("call", opening.call or DEFAULT_CALL)
        participant = usable("participant", opening.participant)
        claim = usable("claim", opening.claim) if opening.claim else ""
    named = (joined.call, joined.participant, joined.claim) == (call, participant, claim)
    return named and (stream.owner.tenant, stream.owner.subject) == (owner.tenant, owner.subject)
