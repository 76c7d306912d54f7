"""One incident, with everything a report of it shows: no embedding, and no picture unless a setting allows it."""

import json
import zlib
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from enum import StrEnum

from guard.core.decision import ACCUSATIONS
from guard.core.items import SEEN_BEFORE, Cut, Decision, Reason, Verdict
from guard.incidents.pictures import Picture

KINDS = tuple(sorted({*map(str, ACCUSATIONS), *map(str, SEEN_BEFORE)}))
"""What an incident can be of: an accusation, or a recording that was shown."""


class Disposition(StrEnum):
    """What an analyst has found an incident to be."""

    OPEN = "OPEN"
    CONFIRMED = "CONFIRMED"
    FALSE = "FALSE"


@dataclass(frozen=True, slots=True)
class Ground:
    """What accused: evidence that was at most `threshold`, or suspicion that was at least that."""

    name: str
    value: float
    threshold: float

    def __str__(self) -> str:
        return f"{self.name} of {self.value:.2f} at a threshold of {self.threshold:g}"


@dataclass(frozen=True, slots=True)
class Incident:
    """What happened to one stream at `time` seconds of it, and its verdicts before and after.

    `kind` is one of KINDS; `policy` holds the thresholds by name. Moments are in UTC. `by` and `disposed_at` say who
    found it to be what it is, and when; None while it is open.
    """

    id: str
    tenant: str
    kind: str
    call: str
    participant: str
    claim: str
    transport: str
    opened_at: datetime
    happened_at: datetime
    time: float
    policy: dict[str, float]
    trace: tuple[Verdict, ...]
    disposition: Disposition = Disposition.OPEN
    by: str | None = None
    disposed_at: datetime | None = None
    # About the accusation; none unless a setting lets them be kept, and their time is not over.
    pictures: tuple[Picture, ...] = ()

    @property
    def model_id(self) -> str:
        """The bundle that measured; "" where verdicts were left out."""
        return self.trace[-1].model_id if self.trace else ""

    @property
    def accused_by(self) -> tuple[Ground, ...]:
        """What asked for the accusation, or both; none of a recording, or where other thresholds held by then."""
        accused = [
            number
            for number, one in enumerate(self.trace)
            if one.time == self.time and ((one.withheld or one.decision) == self.kind or one.mirror_check_pending)
        ]
        if self.kind not in ACCUSATIONS or not accused:
            return ()
        asked = accused[0]
        while asked > 0 and self.trace[asked - 1].mirror_check_pending:
            asked -= 1  # since then it has waited, and values may have fallen back
        verdict, suspect, change = self.trace[asked], self.policy.get("suspect"), self.suspicious_at
        grounds = []
        if suspect is not None and self.claim and verdict.evidence <= suspect:
            grounds.append(Ground("evidence", verdict.evidence, suspect))
        if change is not None and verdict.change >= change:
            grounds.append(Ground("suspicion of a change of driver", verdict.change, change))
        return tuple(grounds)

    @property
    def unchecked(self) -> bool:
        """Whether the stream ended, or another claim was made, before the accusation's mirror check was."""
        waited = any(one.time == self.time and one.mirror_check_pending for one in self.trace)
        return waited and self.kind in ACCUSATIONS

    @property
    def suspicious_at(self) -> float | None:
        """Suspicion of a change of driver that accuses, of who is claimed or of who is not; None: not known."""
        return self.policy.get("change" if self.claim else "continuity")

    def disposed(self, disposition: Disposition, by: str, now: datetime) -> "Incident":
        """The incident once somebody has looked at it."""
        return replace(self, disposition=disposition, by=by, disposed_at=now)


def packed(incident: Incident) -> bytes:
    """What is kept of it, but for what an analyst adds later, and pictures, which go sooner."""
    facts = asdict(incident)
    for name in ("disposition", "by", "disposed_at", "pictures"):
        del facts[name]
    return zlib.compress(json.dumps(facts, default=datetime.isoformat).encode())


def unpacked(packed: bytes) -> Incident:
    """The incident of `packed`, as an open one."""
    facts = json.loads(zlib.decompress(packed))
    facts["trace"] = tuple(map(_verdict, facts["trace"]))
    for name in ("opened_at", "happened_at"):
        facts[name] = datetime.fromisoformat(facts[name])
    return Incident(**facts)


def _verdict(facts: dict[str, object]) -> Verdict:
    words = {"decision": Decision, "withheld": Decision, "reason": Reason, "last_cut": Cut}
    known = {name: words[name](facts[name]) for name in words if facts.get(name) is not None}
    return Verdict(**{**facts, **known})  # type: ignore[arg-type]
