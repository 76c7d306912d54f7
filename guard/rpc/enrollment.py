"""EnrollmentService: who is enrolled with the caller's tenant, from what, and by whose consent."""

from collections.abc import AsyncIterator, Callable
from contextlib import aclosing
from functools import partial
from typing import Any, Protocol, TypeVar

import grpc
import structlog

from guard.access.caller import current
from guard.adapting import Adapter
from guard.core.errors import DrainingError
from guard.enrolment.keeping import Keeper
from guard.enrolment.reembedding import Source
from guard.gallery.items import Person
from guard.lookups import answer_in_time
from guard.members import usable
from guard.rpc.enrolling import EnrolmentParts, Requests, enroll
from guard.rpc.errors import answered
from guard.rpc.paging import page_behind
from guard.rpc.people import person_message
from guard.rpc.places import Places
from guard.v1 import enrollment_pb2 as messages
from guard.v1.enrollment_pb2_grpc import EnrollmentServiceServicer

Context = grpc.aio.ServicerContext[Any, Any]
Result = TypeVar("Result")
log = structlog.get_logger()

AT_ONCE = 2
"""Enrolments that run at the same time, of different tenants; the engine's share is the same for one and for all."""


class People(Keeper, Source, Adapter, Protocol):
    """What the service needs of the gallery. Everything may block; UnknownPersonError for a name nobody is known by."""

    def person(self, name: str, tenant: str) -> Person:
        """Who is known by this name."""

    def people(self, tenant: str, after: str = "", limit: int = 100) -> list[Person]:
        """The tenant's people who come behind the name `after`, in the gallery's order; "" for the first."""

    def remove(self, name: str, tenant: str) -> None:
        """Erase the person."""

    def renew(self, name: str, tenant: str) -> Person:
        """Give the person's templates new keys and a new transform."""

    def set_opt_out(self, name: str, tenant: str, opted_out: bool) -> None:
        """Whether the person may be verified from now on."""

    def export(self, name: str, tenant: str) -> bytes:
        """All that is kept about the person, as a JSON document."""


class EnrollmentService(EnrollmentServiceServicer):
    """Serves guard.v1.EnrollmentService."""

    def __init__(self, parts: EnrolmentParts, gallery: People) -> None:
        self._parts = parts
        self._gallery = gallery
        self._places = Places(AT_ONCE)

    async def Enroll(self, requests: Requests, context: Context) -> AsyncIterator[messages.EnrollResponse]:
        """Progress while frames come, then the person."""
        async with answered(context):
            caller = current.get()
            if self._parts.draining.is_set():
                raise DrainingError
            self._parts.limits.enrol(caller)
            with self._places.taken(caller.tenant):
                async with aclosing(enroll(requests, self._parts, caller)) as answers:
                    async for answer in answers:
                        yield answer

    async def GetPerson(self, request: messages.GetPersonRequest, context: Context) -> messages.GetPersonResponse:
        """One person."""
        async with answered(context):
            person = await self._ask(self._gallery.person, usable("name", request.name), tenant())
        return messages.GetPersonResponse(person=person_message(person))

    async def ListPeople(self, request: messages.ListPeopleRequest, context: Context) -> messages.ListPeopleResponse:
        """The tenant's people, page by page in the gallery's order."""
        async with answered(context):

            async def behind(name: str, limit: int) -> list[Person]:
                return await self._ask(self._gallery.people, tenant(), name, limit)

            people, following = await page_behind(behind, lambda one: one.name, request.page_size, request.page_token)
        return messages.ListPeopleResponse(people=map(person_message, people), next_page_token=following)

    async def DeletePerson(
        self, request: messages.DeletePersonRequest, context: Context
    ) -> messages.DeletePersonResponse:
        """Erase a person."""
        async with answered(context):
            await self._change("person.remove", self._gallery.remove, usable("name", request.name))
            log.info("person erased")
        return messages.DeletePersonResponse()

    async def RenewTemplates(
        self, request: messages.RenewTemplatesRequest, context: Context
    ) -> messages.RenewTemplatesResponse:
        """New keys and a new transform for a person's templates."""
        async with answered(context):
            person = await self._change("person.renew", self._gallery.renew, usable("name", request.name))
            log.info("templates renewed")
        return messages.RenewTemplatesResponse(person=person_message(person))

    async def SetOptOut(self, request: messages.SetOptOutRequest, context: Context) -> messages.SetOptOutResponse:
        """Whether a person may be verified and enrolled from now on."""
        async with answered(context):
            set_opt_out = partial(self._gallery.set_opt_out, opted_out=request.opted_out)
            name = usable("name", request.name)
            await self._change("person.opt_out", set_opt_out, name, opted_out=request.opted_out)
            log.info("opt-out set", opted_out=request.opted_out)
        return messages.SetOptOutResponse()

    async def ExportPerson(
        self, request: messages.ExportPersonRequest, context: Context
    ) -> messages.ExportPersonResponse:
        """All that is kept about a person."""
        async with answered(context):
            document = await self._change("person.export", self._gallery.export, usable("name", request.name))
        return messages.ExportPersonResponse(document=document)

    async def LiftLock(self, request: messages.LiftLockRequest, context: Context) -> messages.LiftLockResponse:
        """Let callers claim this name at once who have failed at it too often."""
        async with answered(context):
            name = usable("name", request.name)
            await self._change("lock.lift", lambda name, tenant: None, name)
            callers = self._parts.limits.lift(tenant(), name)
            log.info("lock lifted", callers=callers)
        return messages.LiftLockResponse(callers=callers)

    async def _change(self, action: str, work: Callable[[str, str], Result], name: str, **facts: bool) -> Result:
        """What `work` on the caller's person of this name returns; AuditError when it cannot be recorded first."""
        caller = current.get()

        def recorded() -> Result:
            with self._parts.audit.change(action, caller, person=name, **facts):
                return work(name, caller.tenant)

        return await self._ask(recorded)

    async def _ask(self, question: Callable[..., Result], *arguments: object) -> Result:
        """What the gallery answers, asked off the loop. GalleryError when it does not."""
        return await answer_in_time(self._parts.calls, partial(question, *arguments))


def tenant() -> str:
    """Whose people the caller of the running request sees and changes."""
    return current.get().tenant
