"""The part of the client that enrols people, and does for them what they may ask for."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterable, AsyncIterator
from dataclasses import dataclass

import grpc

from guard.core.errors import FrameError
from guard.enrolment.progress import Progress
from guard.gallery.items import Consent, Person
from guard.patience import patient
from guard.rpc.people import consent_message, person_item, progress_item
from guard.sending import LumaFrame, framed
from guard.v1 import enrollment_pb2 as messages
from guard.v1.enrollment_pb2_grpc import EnrollmentServiceStub
from guard.v1.verification_pb2 import PictureFormat


@dataclass(frozen=True, slots=True)
class NextClip:
    """Among frames to enrol from: those behind it are of another clip, whose time stamps may begin anew.

    Clips of one `session`, the occasion on which they were filmed, share its name; "" is one of its own.
    """

    session: str = ""


class PeopleClient:
    """Methods of GuardClient about the people of the caller's tenant."""

    def __init__(self, channel: grpc.aio.Channel) -> None:
        self._enrollment = EnrollmentServiceStub(channel)

    async def enroll(
        self,
        name: str,
        frames: AsyncIterable[LumaFrame | NextClip],
        *,
        consent: Consent,
        session: str = "",
        add: bool = False,
    ) -> AsyncGenerator[Progress | Person, None]:
        """Progress about every second of `frames`, and at their end the person, enrolled.

        An earlier template of the name is replaced, or its references kept, to `add` these to them. Left early, or when
        `frames` raises, which is raised here, nothing has changed. Raises ConsentError for times without a zone and
        FrameError when `frames` holds no picture. Clips that do not suffice are refused with FAILED_PRECONDITION, see
        guard.client.field_of.
        """
        sending = Enrolling(frames, name, consent, session, add)
        call = patient(self._enrollment.Enroll(sending.requests()))
        try:
            async for response in call:
                sending.accepted.set()
                if response.WhichOneof("message") == "enrolled":
                    yield person_item(response.enrolled)
                else:
                    yield progress_item(response.progress)
        except (grpc.aio.AioRpcError, asyncio.CancelledError):
            if sending.fault is not None:
                raise sending.fault from None
            raise
        finally:
            call.cancel()
            sending.close()

    async def person(self, name: str) -> Person:
        """Who is known by this name; NOT_FOUND when nobody is."""
        return person_item((await self._enrollment.GetPerson(messages.GetPersonRequest(name=name))).person)

    async def people(self) -> list[Person]:
        """Everybody, in order of their names."""
        found: list[Person] = []
        request = messages.ListPeopleRequest()
        while True:
            response = await self._enrollment.ListPeople(request)
            found += map(person_item, response.people)
            if not response.next_page_token:
                return sorted(found, key=lambda person: person.name)
            request.page_token = response.next_page_token

    async def remove(self, name: str) -> None:
        """Erase a person."""
        await self._enrollment.DeletePerson(messages.DeletePersonRequest(name=name))

    async def renew(self, name: str) -> Person:
        """Give a person's templates new keys and a new transform."""
        request = messages.RenewTemplatesRequest(name=name)
        return person_item((await self._enrollment.RenewTemplates(request)).person)

    async def opt_out(self, name: str, opted_out: bool = True) -> None:
        """From now on the person is neither verified nor enrolled; or again may be."""
        await self._enrollment.SetOptOut(messages.SetOptOutRequest(name=name, opted_out=opted_out))

    async def lift_lock(self, name: str) -> int:
        """Let callers claim this name at once who have failed at it too often; how many they are. For admins."""
        return int((await self._enrollment.LiftLock(messages.LiftLockRequest(name=name))).callers)

    async def export(self, name: str) -> bytes:
        """All that is kept about a person, as a JSON document."""
        return bytes((await self._enrollment.ExportPerson(messages.ExportPersonRequest(name=name))).document)


class Enrolling:
    """The messages of one Enroll call."""

    def __init__(
        self, frames: AsyncIterable[LumaFrame | NextClip], name: str, consent: Consent, session: str, add: bool
    ) -> None:
        self._frames = frames
        self._begin = messages.EnrollBegin(name=name, consent=consent_message(consent), add=add)
        self._begin.clip.session = session
        self._told: PictureFormat | None = None  # the format that the service knows; None before the first frame
        self.accepted = asyncio.Event()  # the service has answered the beginning
        self._sender: asyncio.Task[object] | None = None  # gRPC's, which sends them
        self.fault: Exception | None = None  # what `frames` raised; gRPC would hide it

    def close(self) -> None:
        """Send no more, see Sending.close."""
        if self._sender is not None:
            self._sender.cancel()

    async def requests(self) -> AsyncIterator[messages.EnrollRequest]:
        """The messages in order; after the first they wait for an answer, see Sending.requests."""
        self._sender = asyncio.current_task()
        try:
            async for item in self._frames:
                for request in self._of(item):
                    yield request
                    await self.accepted.wait()
            if self._told is None:
                raise FrameError("frames", "hold no picture", "give at least one LumaFrame")
        except Exception as fault:
            self.fault = fault
            raise  # gRPC then cancels the call, where a mere end would enrol from the half

    def _of(self, item: LumaFrame | NextClip) -> list[messages.EnrollRequest]:
        """The messages that an item takes; a clip that is asked for before the first frame is the first one."""
        if isinstance(item, NextClip):
            if self._told is None:
                self._begin.clip.session = item.session
                return []
            return [messages.EnrollRequest(clip=messages.EnrollClip(session=item.session))]
        (picture, frame), opening = framed(item), []
        if self._told is None:
            self._begin.format.CopyFrom(picture)
            opening = [messages.EnrollRequest(begin=self._begin)]
        elif picture != self._told:
            frame.format.CopyFrom(picture)
        self._told = picture
        return [*opening, messages.EnrollRequest(frame=frame)]
