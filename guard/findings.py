"""What becomes of verdicts besides being told: incidents, and the hours in which there might have been one."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Iterator, Mapping
from dataclasses import asdict
from typing import Any

import structlog

from guard.core.errors import GuardError
from guard.feed import Feed
from guard.incidents.pictures import Look
from guard.incidents.recorder import Recorder
from guard.metrics import Metrics
from guard.model import Model
from guard.recalibration.counting import Counting
from guard.recalibration.thresholds import TenantThresholds
from guard.stores import Stores

EVERY = 30.0
"""Seconds between two counts of the incidents that nobody has looked at."""

log = structlog.get_logger()


class Findings:
    """Follows the feed of a service and keeps what is to be kept; `tenants` and `model` are those of the moment.

    `ask` asks the gallery off the loop; `look` takes pictures of accusations, None: none is taken.
    """

    def __init__(
        self,
        stores: Stores,
        metrics: Metrics,
        ask: Callable[[Callable[[], Any]], Awaitable[Any]],
        tenants: Callable[[], TenantThresholds],
        model: Callable[[], Model],
        look: Look | None,
    ) -> None:
        self._stores = stores
        self._ask = ask
        self._metrics = metrics
        self._tenants = tenants
        self._model = model
        self._recorder = Recorder(stores.incidents.keep, self.policy, metrics, look)
        self._counting = Counting(stores.tenants.add, lambda tenant: tenants().rates(tenant))

    def thresholds(self, model: Model) -> TenantThresholds:
        """Thresholds of tenants under a model, as they are applied in the gallery."""

        async def read(model_id: str) -> Any:
            return await self._ask(lambda: self._stores.tenants.applied(model_id))

        return TenantThresholds(model.settings.model_id, model.basis, read)

    def policy(self, tenant: str) -> Mapping[str, float]:
        """The thresholds that hold for a tenant, by name, and how much stricter than the operator's they are."""
        tenants = self._tenants()
        thresholds = tenants.of(tenant) or self._model().settings.thresholds
        return {**asdict(thresholds), "strictness": tenants.strictness(tenant)}

    def work(self, feed: Feed) -> Iterator[Coroutine[None, None, None]]:
        """What is to run as long as the service does."""
        yield self._recorder.follow(feed)
        yield self._recorder.write()
        yield self._counting.follow(feed)
        yield self._counting.write()
        yield self._count_open()

    async def _count_open(self) -> None:
        """Tell how many incidents nobody has looked at; runs until cancelled. A number that cannot be had stays."""
        while True:
            try:
                self._metrics.incidents_open.set(await self._ask(self._stores.incidents.open))
            except GuardError:
                log.warning("open incidents not counted")
            await asyncio.sleep(EVERY)

    def flush(self) -> None:
        """Keep what has been counted and not kept yet, at the end. Blocks."""
        self._counting.flush()
