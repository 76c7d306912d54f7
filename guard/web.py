"""The HTTP side: WHIP, console, metrics and health on one address."""

import logging
from collections.abc import Awaitable, Callable, Iterator
from math import ceil
from ssl import SSLContext

import structlog
from aiohttp import web
from aiohttp.http_exceptions import HttpProcessingError

from guard.access.door import Door
from guard.access.middleware import behind
from guard.console import Console
from guard.core.errors import CredentialsError, ForbiddenError, GuardError, SettingsError
from guard.peers.whip import Whip
from guard.statuses import STATUSES, told

LARGEST_BODY = 64 * 1024
"""Bytes; an offer has a few thousand."""


Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
log = structlog.get_logger()


class Unreadable(logging.Filter):
    """Bytes that are no HTTP are a line in the log, where aiohttp would write a traceback with all that was sent."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether the record is about something else."""
        unreadable = record.exc_info is not None and isinstance(record.exc_info[1], HttpProcessingError)
        if unreadable:
            log.info("request refused", error="no HTTP")
        return not unreadable


server_log = logging.getLogger("guard.http")
"""What aiohttp's server has to say."""
server_log.addFilter(Unreadable())


def web_app(door: Door, whip: Whip, console: Console) -> web.Application:
    """Everything that is served over HTTP."""
    app = web.Application(middlewares=[answered, behind(door)], client_max_size=LARGEST_BODY)
    app.add_routes([*whip.routes(), *console.routes()])
    app.on_response_prepare.append(whip.allow_browsers)
    return app


@web.middleware
async def answered(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Our errors become one line with the right status; where to try again later is worth it, Retry-After says when."""
    try:
        return await handler(request)
    except GuardError as error:
        log.info("request refused", path=request.path.split("/")[1], error=type(error).__name__)
        return web.Response(text=f"{told(error)}\n", status=STATUSES[type(error)].http, headers=dict(hints(error)))


def hints(error: GuardError) -> Iterator[tuple[str, str]]:
    """What a refused caller is told in headers: when to come back, and how to show who it is (RFC 6750 section 3)."""
    if error.retry_after is not None:
        yield "Retry-After", str(ceil(error.retry_after))
    if isinstance(error, CredentialsError):
        yield "WWW-Authenticate", 'Bearer realm="avatar-guard"'
    if isinstance(error, ForbiddenError):
        yield "WWW-Authenticate", 'Bearer realm="avatar-guard", error="insufficient_scope"'


async def listen(runner: web.AppRunner, host: str, port: int, tls: SSLContext | None = None) -> int:
    """Listen; returns the port, which is a free one when `port` is 0. SettingsError when it cannot be had."""
    await runner.setup()
    try:
        await web.TCPSite(runner, host, port, ssl_context=tls).start()
    except OSError:
        raise SettingsError("http_port", f"cannot listen on {host}:{port}", "is it in use?") from None
    return int(runner.addresses[0][1])
