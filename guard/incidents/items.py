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
