"""IncidentService: what was suspected of whom, for those who look at it."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import grpc

from guard.access.caller import current
from guard.audit.audit import Audit
from guard.core.errors import RecalibrationError
from guard.core.recalibration import Basis
from guard.incidents.items import Incident
from guard.model import Model
from guard.recalibration.items import Recalibration
from guard.recalibration.recalibrating import applied, check, proposed
from guard.rpc.errors import answered
from guard.rpc.incidentmessages import disposition_item, incident_message, recalibration_message, short_message
from guard.rpc.paging import LARGEST_PAGE, page
from guard.stores import Stores
from guard.v1 import incidents_pb2 as messages
from guard.v1.incidents_pb2_grpc import IncidentServiceServicer

Context = grpc.aio.ServicerContext[Any, Any]


class IncidentService(IncidentServiceServicer):
    """Serves guard.v1.IncidentService."""

    def __init__(
        self,
        stores: Stores,
        ask: Callable[[Callable[[], Any]], Awaitable[Any]],
        audit: Audit,
        model: Callable[[], Model],
    ) -> None:
        self._stores = stores
        self._kept = stores.incidents
        self._ask = ask
        self._audit = audit
        self._model = model

    async def ListIncidents(
        self, request: messages.ListIncidentsRequest, context: Context
    ) -> messages.ListIncidentsResponse:
        """What is kept of the tenant, page by page; no size is all, as it was before there were pages."""
        async with answered(context):
            tenant = current.get().tenant
            found = await self._ask(lambda: self._kept.listed(tenant))
            incidents, following = page(found, newest_first, request.page_size or LARGEST_PAGE, request.page_token)
        return messages.ListIncidentsResponse(incidents=map(short_message, incidents), next_page_token=following)

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

    async def GetRecalibration(
        self, request: messages.GetRecalibrationRequest, context: Context
    ) -> messages.GetRecalibrationResponse:
        """What the dispositions of the caller's tenant say."""
        async with answered(context):
            tenant = current.get().tenant
            found = await self._ask(lambda: self._proposed(tenant)[0])
        return messages.GetRecalibrationResponse(recalibration=recalibration_message(found))

    async def ApplyRecalibration(
        self, request: messages.ApplyRecalibrationRequest, context: Context
    ) -> messages.ApplyRecalibrationResponse:
        """Let thresholds follow, on the record."""
        async with answered(context):
            caller = current.get()

            def apply() -> Recalibration:
                found, basis = self._proposed(caller.tenant)
                check(found, basis)
                with self._audit.change("tenant.recalibrate", caller, strictness=found.estimate.strictness):
                    return applied(found, self._stores.tenants, caller.subject)

            found = await self._ask(apply)
        return messages.ApplyRecalibrationResponse(recalibration=recalibration_message(found))

    async def ResetRecalibration(
        self, request: messages.ResetRecalibrationRequest, context: Context
    ) -> messages.ResetRecalibrationResponse:
        """Let the operator's thresholds hold again, on the record."""
        async with answered(context):
            caller = current.get()

            def reset() -> Recalibration:
                with self._audit.change("tenant.reset", caller):
                    self._stores.tenants.reset(caller.tenant)
                return self._proposed(caller.tenant)[0]

            found = await self._ask(reset)
        return messages.ResetRecalibrationResponse(recalibration=recalibration_message(found))

    def _proposed(self, tenant: str) -> tuple[Recalibration, Basis]:
        model = self._model()
        if model.basis is None:
            raise RecalibrationError("bundle", f"{model.settings.model_id} has nothing to pick thresholds from")
        stores, model_id = self._stores, model.settings.model_id
        return proposed(tenant, model_id, model.basis, stores.incidents, stores.tenants), model.basis


def newest_first(incident: Incident) -> tuple[str, ...]:
    """A key by which incidents are in the order of a list."""
    before_the_last = (datetime.max.replace(tzinfo=UTC) - incident.happened_at) // timedelta(microseconds=1)
    return f"{before_the_last:020}", incident.id
