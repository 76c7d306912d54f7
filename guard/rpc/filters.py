"""What one caller of WatchVerdicts wants to hear."""

from guard.core.items import Decision
from guard.rpc.messages import word
from guard.updates import Event, Update
from guard.v1 import types_pb2
from guard.v1.calls_pb2 import WatchVerdictsRequest


class Filter:
    """Accepts the updates of one tenant that pass every filter of a request; an empty filter passes everything."""

    def __init__(self, request: WatchVerdictsRequest, tenant: str) -> None:
        self._tenant = tenant
        self._call = request.call
        self._participants = frozenset(request.participants)
        self._claims = frozenset(request.claims)
        # A decision of a newer guard.v1 is in no verdict of this service.
        decisions = (word(Decision, types_pb2.Decision, one, "DECISION_") for one in request.decisions)
        self._decisions = frozenset(decisions) if request.decisions else None
        self._changes_only = request.changes_only
        self._links = request.links

    def __call__(self, update: Update) -> bool:
        """Whether the update is wanted. Joins and departures come whatever the verdict is."""
        about = update.participant
        if about.tenant != self._tenant or self._call not in ("", about.call):
            return False
        if self._participants and about.participant not in self._participants:
            return False
        if self._claims and about.claim not in self._claims:
            return False
        if update.event is Event.LINK:
            return self._links
        return update.event is not Event.VERDICT or self._wants_verdict(update)

    def _wants_verdict(self, update: Update) -> bool:
        verdict = update.participant.verdict
        if verdict is None:
            return False
        decided = self._decisions is None or verdict.decision in self._decisions
        return decided and (verdict.decision_changed or not self._changes_only)
