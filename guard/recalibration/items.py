"""What is counted of a tenant, and what comes of it."""

from dataclasses import asdict, dataclass
from datetime import date, datetime

from guard.core.items import Thresholds
from guard.core.recalibration import Estimate, Found


@dataclass(frozen=True, slots=True)
class Exposure:
    """`seconds` of a tenant's participants that a model scored in one day (UTC) and accused of nothing.

    `expected` false accusations were to be expected in them, by what was measured of the thresholds that held.
    """

    tenant: str
    model_id: str
    day: date
    seconds: float
    expected: float


@dataclass(frozen=True, slots=True)
class Applied:
    """The strictness that holds for a tenant, since when, and by whose word."""

    strictness: float
    by: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Recalibration:
    """What is known of a tenant's false accusations under one model, and the thresholds that follow from it.

    `thresholds` are those of the estimate's strictness, `keeps` whether anything that was measured errs as seldom as
    that asks for. `applied` is what holds now; None: the operator's thresholds.
    """

    tenant: str
    model_id: str
    found: Found
    estimate: Estimate
    thresholds: Thresholds
    keeps: bool
    applied: Applied | None

    def facts(self) -> dict[str, object]:
        """All of it in JSON's types."""
        applied = self.applied
        return {
            "tenant": self.tenant,
            "model_id": self.model_id,
            **asdict(self.found),
            "missing": self.found.missing,
            **asdict(self.estimate),
            "strictness": self.estimate.strictness,
            "thresholds": asdict(self.thresholds),
            "keeps": self.keeps,
            "applied": applied and {"strictness": applied.strictness, "by": applied.by, "at": applied.at.isoformat()},
        }
