"""`guard serve`: puts the service together, runs it until a signal comes, and stops in order."""

import asyncio
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial

import structlog
from prometheus_client import disable_created_metrics

from guard.access.binding import announce
from guard.access.caller import NOBODY
from guard.audit.audit import Audit
from guard.config import Settings
from guard.core.errors import EngineError
from guard.gallery import Gallery
from guard.gallery.retention import keep_sweeping
from guard.log import configure
from guard.memory import keep_flat
from guard.model import Model, load_model
from guard.peers.loopback import allow_loopback, is_loopback
from guard.service import Addresses, Service
from guard.stores import GalleryStores

DONE, BROKEN = 0, 1
SWITCH_INTERVAL = 0.0005
"""Seconds for which a thread may keep the interpreter while another wants it. A step asks for it dozens of times, and
with Python's 5 ms would wait for the event loop each time: 16 streams then are as slow as 24 are so."""

log = structlog.get_logger()


async def serve(settings: Settings, ready: Callable[[Addresses], None] | None = None) -> int:
    """Serve until SIGTERM or SIGINT and return 0, or 1 when the model stopped working; `ready` is told the addresses.

    SIGHUP reads the bundle again. `settings` are checked: see guard.checking. Raises BundleError, GalleryError.
    """
    configure(settings.log_level)
    sys.setswitchinterval(SWITCH_INTERVAL)
    keep_flat()
    disable_created_metrics()  # half of the page, for a time of birth that nobody asks for
    allow_loopback(always=is_loopback(settings.http_host))
    load = partial(load_model, settings.bundle, settings.engine_threads, settings.policy)
    gallery = Gallery(settings.gallery, settings.gallery_keys)
    stores = GalleryStores.of(gallery, settings)
    service = Service(load(), gallery, stores, settings)
    with event_on(signal.SIGTERM, signal.SIGINT) as stop, event_on(signal.SIGHUP) as hang_up:
        changing = asyncio.create_task(change_model(service, hang_up, load))
        sweeping = asyncio.create_task(keep_sweeping(partial(swept, gallery, service.audit, stores)))
        try:
            addresses = await service.start()
            log.info("listening", http=addresses.http, grpc=addresses.grpc)
            announce(settings)
            if ready is not None:
                ready(addresses)
            await service.run(stop)
        except EngineError as error:
            log.error("the model has stopped working", error=str(error))
            return BROKEN
        finally:
            changing.cancel()
            sweeping.cancel()
            await service.close()
    log.info("stopped")
    return DONE


def swept(gallery: Gallery, audit: Audit, stores: GalleryStores) -> int:
    """Erase everybody whose consent has run out, on the record; how many they were. AuditError, GalleryError.

    And whatever else is too old.
    """
    stores.sweep()
    with audit.change("people.sweep", NOBODY):
        return gallery.sweep(audit.forget)


async def change_model(service: Service, wanted: asyncio.Event, load: Callable[[], Model]) -> None:
    """Read the bundle again whenever that is wanted, one change after the other; runs until cancelled."""
    while True:
        await wanted.wait()
        wanted.clear()
        await service.change_model(load)


@contextmanager
def event_on(*numbers: signal.Signals) -> Iterator[asyncio.Event]:
    """An event that these signals set."""
    loop, event = asyncio.get_running_loop(), asyncio.Event()
    for number in numbers:
        loop.add_signal_handler(number, event.set)
    try:
        yield event
    finally:
        for number in numbers:
            loop.remove_signal_handler(number)
