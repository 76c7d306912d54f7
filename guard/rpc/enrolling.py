"""One Enroll call: begin, the frames of one or several clips, and the person at the end."""

import asyncio
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable
from concurrent.futures import Executor
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import Any

import structlog

from guard.access.caller import Caller
from guard.access.limits import Limits
from guard.audit.audit import Audit
from guard.core.errors import FrameError
from guard.core.items import Cut, Reason
from guard.daemoncalls import DaemonCalls
from guard.enrolment.clips import Clip, Windows
from guard.enrolment.filming import MOST, Film
from guard.enrolment.keeping import Keeper, check_willing, keep
from guard.enrolment.progress import Needs, progress
from guard.gallery.items import Person
from guard.lookups import answer_in_time
from guard.members import usable
from guard.model import Model
from guard.rpc.arriving import Requests, patient
from guard.rpc.connection import DOUBT
from guard.rpc.people import checked_consent, person_message, progress_message
from guard.rpc.pictures import checked_format, framer_for, reduced_off_loop
from guard.v1.enrollment_pb2 import EnrollBegin, EnrollClip, EnrollRequest, EnrollResponse
from guard.v1.verification_pb2 import PictureFormat, VideoFrame

Beside = Callable[[Callable[[], Any]], Awaitable[Any]]
"""Runs one step of the engine when live streams leave it room."""

log = structlog.get_logger()

EVERY_SECOND = 1.0
"""Seconds of a clip from one progress to the next."""
MOST_FRAMES = 15_000
"""Of one enrolment: ten minutes at 25 a second. Bounds memory, and how long a place is taken."""
MOST_CLIPS = 50


@dataclass(frozen=True, slots=True)
class EnrolmentParts:
    """What enrolments need of the service.

    `pool` reduces pictures, `beside` runs the engine, `calls` asks the gallery, `audit` records, `limits` says how
    often, `keep_crops` whether pictures are kept, `draining` is set once nobody is to be enrolled any more. With
    `look`, faces are looked for, as in streams.
    """

    model: Callable[[], Model]
    gallery: Keeper
    pool: Executor
    beside: Beside
    calls: DaemonCalls
    audit: Audit
    limits: Limits
    draining: asyncio.Event
    needs: Needs
    keep_crops: bool
    look: bool = True


async def enroll(requests: Requests, parts: EnrolmentParts, caller: Caller) -> AsyncIterator[EnrollResponse]:
    """The answers to one call. Raises what refuses it; the gallery is changed at the very end or not at all."""
    coming = patient(requests, parts.draining)
    first = await anext(coming, EnrollRequest())
    if first.WhichOneof("message") != "begin":
        raise FrameError("begin", "must be the first message")
    enrolling = Enrolling(first.begin, parts, caller)
    await enrolling.check_willing()
    # Told before anything has come: a frame sent while the beginning is refused would hide the reason (see Sending).
    yield enrolling.reached()
    async for request in coming:
        if await enrolling.take(request):
            yield enrolling.reached()
    await asyncio.sleep(DOUBT)
    yield await enrolling.finish()


class Enrolling:
    """One person's enrolment. Raises ClaimError, ConsentError, FrameError for a beginning that cannot be one."""

    def __init__(self, begin: EnrollBegin, parts: EnrolmentParts, caller: Caller) -> None:
        self._parts = parts
        self._caller = caller
        self._name = usable("begin.name", begin.name)
        self._consent = checked_consent(begin.consent, datetime.now(UTC), "begin.consent")
        self._add = begin.add
        self._model = parts.model()  # the bundle may change meanwhile; embeddings of two are never mixed
        self._show(checked_format(begin.format, "begin.format"))
        self._clips: list[Clip] = []
        self._frames = 0
        self._reason: Reason | None = Reason.TOO_FEW_FRAMES  # why the newest window is of no use
        self._begin_clip(begin.clip, "begin.clip")

    async def check_willing(self) -> None:
        """Raises OptedOutError, GalleryError."""
        willing = partial(check_willing, self._parts.gallery, self._name, self._caller.tenant)
        await answer_in_time(self._parts.calls, willing)

    async def take(self, request: EnrollRequest) -> bool:
        """Follow one message; returns whether progress is due. FrameError, EngineError."""
        match request.WhichOneof("message"):
            case "frame":
                return await self._measure(request.frame)
            case "clip":
                self._begin_clip(request.clip, "clip")
                return False
            case "begin":
                raise FrameError("begin", "must come once, as the first message")
            case _:
                raise FrameError("message", "is empty", "send a frame or a clip")

    def _show(self, picture: PictureFormat) -> None:
        """The format that holds for the next frame, and what looks for the face in such pictures."""
        self._picture, self._framer = picture, framer_for(picture, lambda: self._parts.look)

    def _begin_clip(self, message: EnrollClip, field: str) -> None:
        if len(self._clips) == MOST_CLIPS:
            raise FrameError(field, f"is one too many: an enrolment takes {MOST_CLIPS}", "close your side")
        named = message.HasField("format")
        self._show(checked_format(message.format, f"{field}.format") if named else self._picture)  # looks for it anew
        self._end_clip()
        session = usable(f"{field}.session", message.session) if message.session else secrets.token_hex(8)
        self._clips.append(Clip(f"clips[{len(self._clips)}]", session))
        if self._parts.keep_crops:
            self._clips[-1].film = Film(self._clips[-2].film.room if self._clips[1:] else MOST)
        self._windows = Windows(self._model.engine, self._model.settings)
        self._told: float | None = None  # time of the clip's frame at which progress was last told

    def _end_clip(self) -> None:
        """Note how the picture moved in the clip that is over, if there is one."""
        if self._clips:
            self._clips[-1].motion = self._windows.motion

    async def _measure(self, message: VideoFrame) -> bool:
        self._frames += 1
        film = self._clips[-1].film
        if self._frames > MOST_FRAMES:
            raise FrameError("frame", f"is one too many: an enrolment takes {MOST_FRAMES}", "close your side")
        if message.HasField("format") and message.format != self._picture:
            self._show(checked_format(message.format, "frame.format"))
            self._windows.cut(Cut.PICTURE_CHANGED)
            if film is not None:
                film.cut()
        cut, frame = await reduced_off_loop(message, self._picture, self._framer, self._parts.pool)
        if cut is not None:
            self._windows.cut(cut)
            if film is not None:
                film.cut()
        if film is not None:
            film.add(frame)
        measured = await self._parts.beside(partial(self._windows.take, frame))
        for window in measured:
            self._clips[-1].windows.append(window)
            self._reason = window.reason
        due = self._told is not None and not 0 <= frame.time - self._told < EVERY_SECOND
        if due or self._told is None:
            self._told = frame.time
        return due

    def reached(self) -> EnrollResponse:
        """How far the enrolment has come."""
        reached = progress(self._clips, self._parts.needs, self._model.settings.variety_floor, self._reason)
        return EnrollResponse(progress=progress_message(reached))

    async def finish(self) -> EnrollResponse:
        """The person, enrolled. Raises QualityError, OptedOutError, GalleryError, AuditError."""
        self._end_clip()
        # A cancellation that comes from here on may find the gallery changed: a commit is not taken back.
        person = await answer_in_time(self._parts.calls, self._keep)
        log.info("enrolled", clips=len(self._clips), windows=sum(len(clip.usable) for clip in self._clips))
        return EnrollResponse(enrolled=person_message(person))

    def _keep(self) -> Person:
        with self._parts.audit.change("person.enroll", self._caller, person=self._name):
            return keep(
                self._name,
                self._clips,
                self._model.settings,
                self._parts.gallery,
                tenant=self._caller.tenant,
                consent=self._consent,
                add=self._add,
                needs=self._parts.needs,
            )
