"""The running service: everything between the sockets and the model, started, watched and stopped as one."""

import asyncio
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import structlog
from aiohttp import web
from prometheus_client import CollectorRegistry, ProcessCollector

from guard.access.binding import check, guarded
from guard.access.door import Door
from guard.access.limits import Limits
from guard.access.tls import tls_of
from guard.adapting import Adapting
from guard.audit.audit import Audit
from guard.audit.follow import Follower
from guard.audit.refusals import Refusals
from guard.calls import Calls
from guard.config import Settings
from guard.console import Console
from guard.core.errors import EngineError, GuardError
from guard.core.items import FPS
from guard.core.verifier import Verifier
from guard.enrolment.progress import NEEDS, Needs
from guard.enrolment.reembedding import Reembedding
from guard.feed import Feed
from guard.findings import Findings
from guard.lookups import answer_in_time
from guard.metrics import Metrics
from guard.model import Model
from guard.motions import Motions
from guard.peers.ingest import Ingest
from guard.peers.loopback import is_loopback
from guard.peers.whip import Whip
from guard.rpc.calls import CallService
from guard.rpc.enrolling import EnrolmentParts
from guard.rpc.enrollment import EnrollmentService, People
from guard.rpc.incidents import IncidentService
from guard.rpc.server import RpcServer
from guard.rpc.streams import Streams
from guard.rpc.verification import VerificationService
from guard.sources.adapters import adapters
from guard.sources.reach import Reach
from guard.sources.sources import Sources
from guard.stores import Stores
from guard.v1.verification_pb2 import StreamOpened
from guard.web import listen, server_log, web_app
from guard.worker import Worker

STUCK = 5.0
"""Seconds after which a step that has not ended makes the service not ready: no new streams until it does."""
GRACE = 1.0
"""Seconds that open connections get to read their last messages."""

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Addresses:
    """Where the service listens."""

    http: str
    grpc: str


class Service:
    """`start`, then `run` until told to stop; `close` in any case."""

    def __init__(self, model: Model, gallery: People, stores: Stores, settings: Settings, needs: Needs = NEEDS) -> None:
        check(settings)
        self.audit = Audit(settings.audit)
        limits = Limits(settings.limits)
        door = Door(settings.access, settings.tls, Refusals(self.audit), limits)
        self._tls = tls_of(settings.tls)
        self._model = model
        self._settings = settings
        registry = CollectorRegistry()
        self.metrics = self._counting(registry, limits)
        self.feed = Feed(self.metrics)
        verifier = Verifier(model.engine, model.settings)
        self.worker = Worker(verifier, model.capacity, self.metrics, settings.engine_threads)
        show = self.worker.show if settings.incident_picture_days else None
        self.findings = Findings(
            stores, self.metrics, self._ask, lambda: self.calls.claims.tenants, lambda: self._model, show
        )
        self.calls = Calls(
            self.worker,
            gallery,
            self.feed,
            self.metrics,
            model_id=model.settings.model_id,
            max_streams=settings.max_streams,
            look=self._looks,
            limits=limits,
            continuity=settings.policy.continuity,
            motions=Motions(stores.motions, self._ask),
            tenants=self.findings.thresholds(model),
        )
        self._pool = ThreadPoolExecutor(2, "reduce")
        self._receive()
        console = Console(self.calls, registry, lambda: self._model.settings.model_id, self.trouble, self.flaw)
        app = web_app(door, self.whip, console)
        self._web = web.AppRunner(app, access_log=None, logger=server_log, shutdown_timeout=GRACE)
        streams = Streams(self.calls, self.feed, lambda: described(self._model), settings.resume_seconds)
        verification = VerificationService(self.calls, streams, self._pool)
        adapting = Adapting(gallery, self._ask, self.audit, lambda: self._model.settings)
        self.calls.learned = adapting.take
        self._reembedding = Reembedding(gallery, self.worker.beside, self._ask, self.audit)
        enrollment = EnrollmentService(self._enrolling(gallery, limits, needs), gallery)
        calls = CallService(self.calls, self.feed, self.sources, self.audit)
        incidents = IncidentService(stores, self._ask, self.audit, lambda: self._model)
        self.rpc = RpcServer(door, verification, calls, enrollment, incidents)
        self._tasks: list[asyncio.Task[None]] = []
        self._stopping = False

    @property
    def _looks(self) -> bool:
        """Whether faces are looked for."""
        return self._settings.framing == "auto"

    def _counting(self, registry: CollectorRegistry, limits: Limits) -> Metrics:
        ProcessCollector(registry=registry)
        metrics = Metrics(registry, self._model.settings.model_id)
        metrics.claims_locked.set_function(limits.locked)
        metrics.audit_failing.set_function(lambda: self.audit.failing)
        return metrics

    def _receive(self) -> None:
        """Ways in for video: processes that receive it, those who send it, and sources that are asked for it."""
        settings = self._settings
        loopback = is_loopback(settings.http_host)
        self.ingest = Ingest(settings.ingest_processes, self.metrics, settings.log_level, loopback=loopback)
        self.whip = Whip(self.calls, self.feed, self.ingest, settings.resume_seconds)
        reach = Reach(settings.attach, settings.sources, public_only=guarded(settings))
        adapter_of = adapters(reach, self.ingest.open)
        self.sources = Sources(self.calls, self.metrics, self.audit, adapter_of, settings.attach.keep_seconds)

    def _enrolling(self, gallery: People, limits: Limits, needs: Needs) -> EnrolmentParts:
        return EnrolmentParts(
            model=lambda: self._model,
            gallery=gallery,
            pool=self._pool,
            beside=self.worker.beside,
            calls=self.calls.templates.calls,
            audit=self.audit,
            limits=limits,
            draining=self.calls.draining,
            needs=needs,
            keep_crops=self._settings.keep_crops,
            look=self._looks,
        )

    async def _ask(self, question: Callable[[], Any]) -> Any:
        return await answer_in_time(self.calls.templates.calls, question)

    def trouble(self) -> str | None:
        """Why no stream should be sent here now; None when all is well."""
        if self._stopping:
            return "stopping"
        if not self._tasks or any(task.done() for task in self._tasks):
            return "not running"
        began = self.worker.step_began
        return "the engine does not answer" if began is not None and time.monotonic() - began > STUCK else None

    def flaw(self) -> str | None:
        """What does not work although streams are verified; None when all does."""
        if self.audit.failing:
            return "the audit log cannot be written: changes of the gallery are refused"
        if not self.calls.templates.up:
            return "the gallery cannot be read: streams that claim a name are refused"
        return self.ingest.flaw

    async def start(self) -> Addresses:
        """Listen and begin to work. SettingsError when an address cannot be had."""
        settings = self._settings
        tls = self._tls
        http_port = await listen(self._web, settings.http_host, settings.http_port, tls.http() if tls else None)
        grpc_port = await self.rpc.start(settings.grpc_host, settings.grpc_port, tls.rpc() if tls else None)
        calls = self.calls
        work = (
            self.worker.run(calls.publish),
            calls.keep_time(),
            calls.claims.follow(),
            calls.motions.write(),
        )
        receiving = (self.whip.follow(), self.ingest.run(), self.sources.supervise())
        recording = (self.audit.run(), Follower(self.audit).follow(self.feed))
        found = self.findings.work(self.feed) if settings.incident_days else ()
        await calls.claims.tenants.refresh()  # nobody is to be judged by laxer thresholds first
        self._tasks = [asyncio.create_task(part) for part in (*work, *receiving, *recording, *found)]
        self.audit.note("service.started", model_id=self._model.settings.model_id)
        self._reembedding.begin(self._model)
        self.sources.restore(settings.sources)
        scheme = "https" if tls else "http"
        return Addresses(f"{scheme}://{settings.http_host}:{http_port}", f"{settings.grpc_host}:{grpc_port}")

    async def run(self, stop: asyncio.Event) -> None:
        """Serve until `stop` is set. Raises what ended the work before that: without its worker the service is over."""
        stopping = asyncio.create_task(stop.wait())
        done, _ = await asyncio.wait([stopping, *self._tasks], return_when=asyncio.FIRST_COMPLETED)
        stopping.cancel()
        for task in done - {stopping}:
            self.calls.close_all(EngineError("the model has stopped working"))
            await task

    async def change_model(self, load: Callable[[], Model]) -> None:
        """Go on with the model that `load` returns, off the loop, and lose no stream by it. If it cannot be had, stay.

        The next change has to wait for this one.
        """
        try:
            model = await asyncio.to_thread(load)
            verifier, tenants = Verifier(model.engine, model.settings), self.findings.thresholds(model)
            await tenants.refresh()
            await self.calls.claims.change_model(model.settings.model_id, verifier, model.capacity, tenants)
        except Exception as error:  # whatever is wrong with the new bundle, the old one goes on
            self.metrics.bundle_swaps.labels("failed").inc()
            known = isinstance(error, GuardError)
            log.error("bundle not changed", running=self._model.settings.model_id, error=str(error), exc_info=not known)
            return
        self._model = model
        self._reembedding.begin(model)
        self.metrics.name_model(model.settings.model_id)
        self.metrics.bundle_swaps.labels("done").inc()
        self.audit.note("bundle.changed", model_id=model.settings.model_id)
        log.info("bundle changed", model_id=model.settings.model_id)

    async def close(self) -> None:
        """Say so, take nothing new, let what has come become verdicts, let them be read, and close, all in time."""
        self._stopping = True
        self._reembedding.stop()
        try:
            async with asyncio.timeout(self._settings.drain_seconds):
                await self._drain()
        except TimeoutError:
            log.warning("stopped before everything was closed", seconds=self._settings.drain_seconds)
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self.worker.shutdown()
        self.calls.templates.close()
        self._pool.shutdown(wait=False)
        self.audit.note("service.stopped")
        await asyncio.to_thread(self.findings.flush)
        await asyncio.to_thread(self.audit.flush, sign=True)

    async def _drain(self) -> None:
        await self.rpc.drain()
        await self.calls.drain(self._settings.drain_seconds - 3 * GRACE)
        self.feed.end()
        await asyncio.gather(self.whip.close(), self.sources.close(), self.rpc.stop(GRACE))
        await self._web.cleanup()
        await self.calls.motions.flush()  # last: the worker has closed the streams by now


def described(model: Model) -> StreamOpened:
    """What every gRPC caller is told about the model."""
    facts = model.settings
    return StreamOpened(
        model_id=facts.model_id, fps=FPS, horizons=sorted(facts.horizons), verdict_stride=facts.verdict_stride
    )
