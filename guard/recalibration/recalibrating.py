"""A tenant's thresholds by what its analysts found: proposed, applied, taken back."""

from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, time
from typing import Protocol

from guard.core.decision import ACCUSATIONS
from guard.core.errors import RecalibrationError
from guard.core.recalibration import Basis, Found, estimate
from guard.incidents.items import Disposition, Incident
from guard.incidents.store import MOST
from guard.recalibration.items import Applied, Exposure, Recalibration


class Listed(Protocol):
    """Where a tenant's incidents are."""

    def listed(self, tenant: str) -> list[Incident]:
        """All that are kept, the newest first. May block, and raises GalleryError."""


class Hours(Protocol):
    """Where participant-hours and strictness are. Everything may block, and raises GalleryError."""

    def exposures(self, tenant: str, model_id: str) -> list[Exposure]:
        """Those of the tenant under a model, the oldest day first."""

    def applied(self, model_id: str) -> dict[str, Applied]:
        """By tenant, what was applied under this model."""

    def apply(self, tenant: str, model_id: str, strictness: float, by: str) -> Applied:
        """From now on this strictness holds."""

    def reset(self, tenant: str) -> None:
        """From now on the operator's thresholds hold."""


def proposed(tenant: str, model_id: str, basis: Basis, incidents: Listed, hours: Hours) -> Recalibration:
    """What the dispositions that are kept say, and what holds now. Blocks; raises GalleryError."""
    exposures, kept = hours.exposures(tenant, model_id), incidents.listed(tenant)
    if len(kept) >= MOST:  # older ones have given way, and their hours must not count without them
        exposures = [one for one in exposures if one.day >= kept[-1].happened_at.date()]
    accusations = [one for one in kept if one.kind in ACCUSATIONS and one.model_id == model_id]
    if exposures:  # what happened before anything was counted would be without its hours
        began = datetime.combine(exposures[0].day, time(), UTC)
        accusations = [one for one in accusations if one.happened_at >= began]
    count = Counter(one.disposition for one in accusations)
    found = Found(
        hours=sum(one.seconds for one in exposures) / 3600,
        expected=sum(one.expected for one in exposures),
        false=count[Disposition.FALSE],
        confirmed=count[Disposition.CONFIRMED],
        open=count[Disposition.OPEN],
    )
    said = estimate(found)
    thresholds, keeps = basis.stricter(said.strictness), basis.keeps(said.strictness)
    return Recalibration(tenant, model_id, found, said, thresholds, keeps, hours.applied(model_id).get(tenant))


def check(one: Recalibration, basis: Basis) -> None:
    """Raises RecalibrationError for a recalibration that cannot be applied, and says why."""
    found = one.found
    if basis.rates(basis.thresholds) is None:
        problem = f"{one.model_id} does not say how often its thresholds err"
        raise RecalibrationError("bundle", problem, "run trainer simulate-calls for it")
    if not found.hours:
        problem = "no participant-hours have been counted under this model"
        raise RecalibrationError("hours", problem, "let guard serve run with incident_days above 0")
    if found.missing:
        looked_at, every = found.false + found.confirmed, found.false + found.confirmed + found.open
        problem = f"{looked_at} of {every} accusations have been looked at, which is {found.missing} too few"
        raise RecalibrationError("dispositions", problem, "dispose of more with guard incidents dispose")
    if one.estimate.strictness > 1 and one.thresholds == basis.thresholds:
        problem = "nothing that was measured of the bundle errs less than the present thresholds do"
        raise RecalibrationError("thresholds", problem, "calibrate the bundle on more hours, or on people like these")


def applied(one: Recalibration, hours: Hours, by: str) -> Recalibration:
    """Let the strictness of a recalibration that `check` passes hold from now on. Blocks; raises GalleryError."""
    return replace(one, applied=hours.apply(one.tenant, one.model_id, one.estimate.strictness, by))
