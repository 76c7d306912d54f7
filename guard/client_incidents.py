"""The part of the client that looks at incidents, and says what they were."""

import grpc

from guard.incidents.items import Disposition, Incident
from guard.incidents.report import page
from guard.recalibration.items import Recalibration
from guard.rpc.incidentmessages import incident_item, recalibration_item
from guard.v1 import incidents_pb2 as messages
from guard.v1.incidents_pb2_grpc import IncidentServiceStub


class IncidentsClient:
    """Methods of GuardClient about the incidents of the caller's tenant."""

    def __init__(self, channel: grpc.aio.Channel) -> None:
        self._incidents = IncidentServiceStub(channel)

    async def incidents(self) -> list[Incident]:
        """All that are kept, the newest first, without verdicts and pictures."""
        answer = await self._incidents.ListIncidents(messages.ListIncidentsRequest())
        return list(map(incident_item, answer.incidents))

    async def incident(self, name: str) -> Incident:
        """The incident of this id, whole; NOT_FOUND when it is not kept."""
        return incident_item((await self._incidents.GetIncident(messages.GetIncidentRequest(id=name))).incident)

    async def report(self, name: str) -> str:
        """The same as one HTML file that can be filed: nothing else is loaded, and no script runs."""
        return page(await self.incident(name))

    async def dispose(self, name: str, found: Disposition) -> Incident:
        """Say what an incident was, CONFIRMED or FALSE; the last word counts. Returns it without its verdicts."""
        request = messages.DisposeIncidentRequest(id=name, disposition=f"DISPOSITION_{found}")
        return incident_item((await self._incidents.DisposeIncident(request)).incident)

    async def recalibration(self) -> Recalibration:
        """What the dispositions say about how often people are accused falsely, and what would follow from it."""
        answer = await self._incidents.GetRecalibration(messages.GetRecalibrationRequest())
        return recalibration_item(answer.recalibration)

    async def recalibrate(self) -> Recalibration:
        """Let it follow from now on. FAILED_PRECONDITION where there is too little to go by. For admins."""
        answer = await self._incidents.ApplyRecalibration(messages.ApplyRecalibrationRequest())
        return recalibration_item(answer.recalibration)

    async def reset_recalibration(self) -> Recalibration:
        """Let the operator's thresholds hold again. For admins."""
        answer = await self._incidents.ResetRecalibration(messages.ResetRecalibrationRequest())
        return recalibration_item(answer.recalibration)
