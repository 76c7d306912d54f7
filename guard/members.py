"""What the registry of participants keeps of each of them."""

from dataclasses import dataclass, replace

import structlog

from guard.access.caller import Caller
from guard.access.limits import Limits
from guard.core.decision import ACCUSATIONS
from guard.core.errors import ClaimError
from guard.core.items import SEEN_BEFORE, Decision, Reason, Thresholds, Verdict
from guard.gallery import checked_name
from guard.gallery.items import Enrolled
from guard.updates import Link, Participant

ASKING = frozenset({"grpc", "whip"})
"""Transports whose callers make the claim, and are slowed down and locked when it fails. Who is found by a source
did not ask to be verified, and must not escape it by failing often."""

log = structlog.get_logger()


@dataclass(slots=True)
class Member:
    """A participant and what the clock needs to know of it."""

    participant: Participant
    # The claimed person's template, as last handed to the worker; None while there is none.
    enrolled: Enrolled | None
    opted_out: bool
    # Those of the participant's tenant, as last handed to the worker; None: the model's.
    thresholds: Thresholds | None = None
    # Why there is no template, while there is none.
    missing: Reason = Reason.NOT_ENROLLED
    # Whether the call is to be compared with its own opening while nobody is claimed.
    continuity: bool = False
    # Whether it is known if calls may change the person's template; asked once, for a call has to last anyway.
    asked: bool = False
    # Changes of the claim that the worker has not carried out yet.
    reclaims: int = 0
    # Claims that this stream has made, each of which fails once at most.
    claims: int = 1
    # Whether the call was VERIFIED, which one doubt of any kind denies for good; None while it was neither.
    proven: bool | None = None
    # Whether the newest verdict with a score accused, or would have.
    suspected: bool = False
    # Presentation time of the newest frame and when it came; None before the first.
    newest: tuple[float, float] | None = None

    @property
    def caller(self) -> Caller:
        """Who opened the stream."""
        return Caller(self.participant.subject, self.participant.tenant)

    @property
    def asks(self) -> bool:
        """Whether that caller makes the claims, and answers for those that fail."""
        return self.participant.transport in ASKING

    @property
    def attempt(self) -> str:
        """Names the present claim of this stream."""
        return f"{self.participant.key} {self.claims}"

    @property
    def decision(self) -> Decision:
        """The newest decision."""
        verdict = self.participant.verdict
        return verdict.decision if verdict else Decision.COLLECTING

    def end_claim(self, limits: Limits) -> None:
        """The claim is given up. Whoever does that while an accusation waits has failed it like the accused."""
        verdict = self.participant.verdict
        if self.asks and verdict is not None and verdict.mirror_check_pending:
            limits.failed(self.caller, self.participant.claim, self.attempt)

    def see(self, verdict: Verdict) -> None:
        """Take the newest verdict."""
        self.participant = replace(self.participant, verdict=verdict)
        accused = verdict.decision in ACCUSATIONS or verdict.withheld is not None
        if verdict.score is not None:
            self.suspected = accused or verdict.mirror_check_pending
        if accused or verdict.reason in SEEN_BEFORE:
            self.proven = False
        elif verdict.decision is Decision.VERIFIED and self.proven is None:
            self.proven = True

    def reclaimed(self) -> None:
        """The worker has carried out a change of the claim."""
        self.reclaims -= 1

    def stand(self, link: Link) -> bool:
        """Say how the video reaches the service; True when that is news."""
        former = self.participant.link
        if link is former:
            return False
        self.participant = replace(self.participant, link=link)
        log.info("link", stream=self.participant.key, link=link, former=former)
        return True


def same(one: Enrolled | None, other: Enrolled | None) -> bool:
    """Whether two templates are the same to the bit and of as many windows, or both none."""
    if one is None or other is None:
        return one is other
    return (one.template.tobytes(), one.windows) == (other.template.tobytes(), other.windows)


def usable(field: str, name: str) -> str:
    """The name in one spelling, by the gallery's rule for all names. ClaimError that names the field."""
    try:
        return checked_name(name)
    except ClaimError as error:
        raise ClaimError(field, error.problem) from None
