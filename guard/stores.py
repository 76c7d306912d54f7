"""What a service keeps beside who is enrolled: all of it in the gallery's database, behind protocols of their own."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol

from guard.config import Settings
from guard.gallery import Gallery
from guard.incidents.items import Disposition, Incident
from guard.incidents.store import Incidents
from guard.motions import MotionsKept
from guard.motionstore import MotionStore
from guard.recalibration.items import Exposure
from guard.recalibration.recalibrating import Hours
from guard.recalibration.store import Tenants


class Kept(Protocol):
    """Where incidents are; everything may block. UnknownIncidentError for one that is not kept of the tenant."""

    def keep(self, incident: Incident) -> None:
        """Keep it."""

    def listed(self, tenant: str) -> list[Incident]:
        """All of a tenant, the newest first."""

    def open(self) -> int:
        """How many of all tenants nobody has looked at."""

    def one(self, name: str, tenant: str) -> Incident:
        """The incident of this id."""

    def dispose(self, name: str, disposition: Disposition, by: str, tenant: str) -> Incident:
        """Note what it was found to be."""


class HoursKept(Hours, Protocol):
    """Where participant-hours and strictness are; everything may block."""

    def add(self, exposures: Iterable[Exposure]) -> None:
        """Add to what is kept."""


@dataclass(frozen=True, slots=True)
class Stores:
    """Incidents of tenants; their participant-hours, and what was applied by them; sketches of calls."""

    incidents: Kept
    tenants: HoursKept
    motions: MotionsKept


@dataclass(frozen=True, slots=True)
class GalleryStores(Stores):
    """The same in the gallery's database."""

    incidents: Incidents
    tenants: Tenants
    motions: MotionStore

    @classmethod
    def of(cls, gallery: Gallery, settings: Settings) -> "GalleryStores":
        """Those of a gallery, each for as long as that is set."""
        days = settings.incident_days
        incidents = Incidents(gallery, days, settings.incident_picture_days)
        return cls(incidents, Tenants(gallery, days), MotionStore(gallery, settings.motion_hours))

    def sweep(self) -> None:
        """Erase what is too old, of all tenants. Raises GalleryError."""
        self.incidents.sweep()
        self.tenants.sweep()
        self.motions.sweep()
