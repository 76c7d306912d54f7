"""What happens to participants, for the audit log."""

from guard.access.caller import Caller
from guard.audit.audit import Audit
from guard.core.items import Decision
from guard.feed import Feed
from guard.updates import Event, Update

LASTING = {Decision.VERIFIED, Decision.IMPOSTOR_SUSPECTED, Decision.DRIVER_CHANGED}
"""Decisions whose coming and going is recorded: the others say that nothing is known."""


class Follower:
    """Notes streams that open and close, and changes of decision that matter."""

    def __init__(self, audit: Audit) -> None:
        self._audit = audit
        self._decisions: dict[str, Decision] = {}  # of the streams that are open, by key

    async def follow(self, feed: Feed) -> None:
        """Note what the feed tells; runs until cancelled or the feed ends."""
        with feed.watch(lambda update: not update.ordinary) as watcher:
            async for update in watcher:
                self.take(update)

    def take(self, update: Update) -> None:
        """Note one update, if it is worth a line."""
        one = update.participant
        caller = Caller(one.subject, one.tenant)
        if update.event is Event.JOINED:
            named = {"call": one.call, "participant": one.participant, "claim": one.claim, "transport": one.transport}
            self._audit.note("stream.opened", caller, stream=one.key, **named)
        elif update.event is Event.LEFT:
            self._decisions.pop(one.key, None)
            cause = type(update.cause).__name__ if update.cause else None
            self._audit.note("stream.closed", caller, stream=one.key, cause=cause)
        elif one.verdict is not None:
            before = self._decisions.get(one.key, Decision.COLLECTING)
            after = self._decisions[one.key] = one.verdict.decision
            if before is not after and {before, after} & LASTING:
                told = {"claim": one.claim, "before": before.value, "after": after.value, "at": one.verdict.time}
                self._audit.note("decision.changed", caller, stream=one.key, **told)
