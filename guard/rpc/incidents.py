"""IncidentService: what was suspected of whom, for those who look at it."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any, Protocol

import grpc

from guard.access.caller import current
from guard.audit.audit import Audit
from guard.core.decision import ACCUSATIONS
from guard.core.errors import DispositionError
from guard.incidents.items import Disposition, Incident
from guard.rpc.errors import answered
from guard.rpc.messages import duration, verdict_message
from guard.v1 import incidents_pb2 as messages
from guard.v1.incidents_pb2_grpc import IncidentServiceServicer

Context = grpc.aio.ServicerContext[Any, Any]


class Kept(Protocol):
    """Where incidents are; everything may block. UnknownIncidentError for one that is not kept of the tenant."""

    def keep(self, incident: Incident) -> None:
        """Keep it."""

    def listed(self, tenant: str) -> list[Incident]:
        """All of a tenant, the newest first."""

    def one(self, name: str, tenant: str) -> Incident:
        """The incident of this id."""

    def dispose(self, name: str, disposition: Disposition, by: str, tenant: str) -> Incident:
        """Note what it was found to be."""


class IncidentService(IncidentServiceServicer):
    """Serves guard.v1.IncidentService."""

    def __init__(self, kept: Kept, ask: Callable[[Callable[[], Any]], Awaitable[Any]], audit: Audit) -> None:
        self._kept = kept
        self._ask = ask
        self._audit = audit

    async def ListIncidents(
        self, request: messages.ListIncidentsRequest, context: Context
    ) -> messages.ListIncidentsResponse:
        """All that are kept of the tenant."""
        async with answered(context):
            tenant = current.get().tenant
            found = await self._ask(lambda: self._kept.listed(tenant))
        return messages.ListIncidentsResponse(incidents=map(short_message, found))

    async def GetIncident(self, request: messages.GetIncidentRequest, context: Context) -> messages.GetIncidentResponse:
        """One of them, whole."""
        async with answered(context):
            tenant = current.get().tenant
            found = await self._ask(lambda: self._kept.one(request.id, tenant))
        return messages.GetIncidentResponse(incident=incident_message(found))

    async def DisposeIncident(
        self, request: messages.DisposeIncidentRequest, context: Context
    ) -> messages.DisposeIncidentResponse:
        """Note what it was found to be, on the record."""
        async with answered(context):
            caller, found = current.get(), disposition_item(request.disposition)
            await self._ask(lambda: self._kept.one(request.id, caller.tenant))  # what is not there is no change

            def dispose() -> Incident:
                with self._audit.change("incident.dispose", caller, incident=request.id, disposition=found.value):
                    return self._kept.dispose(request.id, found, caller.subject, caller.tenant)

            incident = await self._ask(dispose)
        return messages.DisposeIncidentResponse(incident=short_message(incident))


def disposition_item(number: messages.Disposition) -> Disposition:
    """What an analyst can find. Raises DispositionError."""
    known = {messages.DISPOSITION_CONFIRMED: Disposition.CONFIRMED, messages.DISPOSITION_FALSE: Disposition.FALSE}
    if number not in known:
        raise DispositionError("disposition", "must be DISPOSITION_CONFIRMED or DISPOSITION_FALSE")
    return known[number]


def short_message(incident: Incident) -> messages.Incident:
    """An incident as it travels in a list."""
    return incident_message(replace(incident, trace=incident.trace[-1:]), whole=False)


def incident_message(incident: Incident, *, whole: bool = True) -> messages.Incident:
    """An incident as it travels, with its verdicts or without."""
    accused = incident.kind in ACCUSATIONS
    message = messages.Incident(
        id=incident.id,
        accusation=f"DECISION_{incident.kind}" if accused else "DECISION_UNSPECIFIED",
        recording="REASON_UNSPECIFIED" if accused else f"REASON_{incident.kind}",
        call=incident.call,
        participant=incident.participant,
        claim=incident.claim,
        transport=incident.transport,
        time=duration(incident.time),
        model_id=incident.model_id,
        policy=incident.policy,
        verdicts=map(verdict_message, incident.trace) if whole else (),
        disposition=f"DISPOSITION_{incident.disposition}",
        disposed_by=incident.by or "",
    )
    message.opened_at.FromDatetime(incident.opened_at)
    message.happened_at.FromDatetime(incident.happened_at)
    if incident.disposed_at is not None:
        message.disposed_at.FromDatetime(incident.disposed_at)
    return message
