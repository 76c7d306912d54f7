"""The thresholds of each tenant while a service runs: followed in the gallery, so that no restart is needed."""

from collections.abc import Awaitable, Callable, Mapping

from guard.core.errors import GalleryError
from guard.core.items import Thresholds
from guard.core.recalibration import Basis, Rates
from guard.recalibration.items import Applied

Read = Callable[[str], Awaitable[Mapping[str, Applied]]]
"""By tenant, what was applied under a model; raises GalleryError."""


async def nobody(model_id: str) -> Mapping[str, Applied]:
    """Nothing was applied for anybody."""
    return {}


class TenantThresholds:
    """Of one model. `basis` None, or what cannot be read, leaves everybody as they are."""

    def __init__(self, model_id: str, basis: Basis | None, read: Read = nobody) -> None:
        self._model_id = model_id
        self._basis = basis
        self._read = read
        # By tenant; of those alone whose thresholds are not the operator's.
        self._applied: Mapping[str, Applied] = {}
        self._thresholds: dict[str, Thresholds] = {}
        self._rates: dict[str, Rates | None] = {}
        self._usual = None if basis is None else basis.rates(basis.thresholds)

    async def refresh(self) -> None:
        """See what has been applied or taken back; a gallery that cannot be read is asked again next time."""
        if self._basis is None:
            return
        try:
            found = await self._read(self._model_id)
        except GalleryError:
            return
        if found != self._applied:
            self._thresholds = {tenant: self._basis.stricter(one.strictness) for tenant, one in found.items()}
            self._rates = {tenant: self._basis.rates(one) for tenant, one in self._thresholds.items()}
            self._applied = found

    def of(self, tenant: str) -> Thresholds | None:
        """The tenant's own; None: the model's hold."""
        return self._thresholds.get(tenant)

    def strictness(self, tenant: str) -> float:
        """How much stricter they are; 1 when they are the operator's."""
        one = self._applied.get(tenant)
        return 1.0 if one is None else one.strictness

    def rates(self, tenant: str) -> Rates | None:
        """False accusations to be expected an hour; None when nothing was measured of the thresholds that hold."""
        return self._rates.get(tenant, self._usual)
