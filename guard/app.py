"""`guard serve`: puts the service together, runs it until a signal comes, and stops in order."""

import asyncio
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import structlog
from prometheus_client import disable_created_metrics

from guard.bundle import Bundle
from guard.config import Settings
from guard.core.errors import EngineError
from guard.engine import OnnxEngine
from guard.gallery import Gallery
from guard.log import configure
from guard.peers.loopback import LOOPBACK, allow_loopback
from guard.service import Addresses, Service

DONE, BROKEN = 0, 1

log = structlog.get_logger()


async def serve(settings: Settings, ready: Callable[[Addresses], None] | None = None) -> int:
    """Serve until SIGTERM or SIGINT and return 0, or 1 when the model stopped working; `ready` is told the addresses.

    Raises SettingsError when an address cannot be had, InputError for a bundle that has no step, BundleError,
    GalleryError.
    """
    configure(settings.log_level)
    disable_created_metrics()  # half of the page, for a time of birth that nobody asks for
    # Who is bound to loopback is reached from this machine only, so its video comes that way too.
    allow_loopback(always=settings.http_host in (LOOPBACK, "localhost"))
    service = build(settings)
    with stop_on_signal() as stop:
        try:
            addresses = await service.start(settings)
            log.info("listening", http=addresses.http, grpc=addresses.grpc)
            if ready is not None:
                ready(addresses)
            await service.run(stop)
        except EngineError as error:
            log.error("the model has stopped working", error=str(error))
            return BROKEN
        finally:
            await service.close()
    log.info("stopped")
    return DONE


def build(settings: Settings) -> Service:
    """The service with the bundle and the gallery that the settings name."""
    bundle = Bundle.load(settings.bundle) if settings.bundle else Bundle.default()
    bundle.check_steps("bundle")
    engine = OnnxEngine(bundle, threads=settings.engine_threads)
    return Service(
        engine,
        bundle.settings(),
        Gallery(settings.gallery),
        max_streams=settings.max_streams,
        resume_seconds=settings.resume_seconds,
    )


@contextmanager
def stop_on_signal() -> Iterator[asyncio.Event]:
    """An event that SIGTERM and SIGINT set."""
    loop, stop = asyncio.get_running_loop(), asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    try:
        yield stop
    finally:
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.remove_signal_handler(number)
