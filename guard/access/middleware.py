"""The HTTP side of the door: each request runs as its caller, or is refused before its handler has seen it."""

from collections.abc import Awaitable, Callable

from aiohttp import web
from aiohttp.typedefs import Middleware

from guard.access.caller import current
from guard.access.door import Credentials, Door

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


def behind(door: Door) -> Middleware:
    """The middleware; it raises what the door raises."""

    @web.middleware
    async def entered(request: web.Request, handler: Handler) -> web.StreamResponse:
        shown = shown_by(request)
        resource = request.match_info.route.resource
        if resource is None:  # 404 or 405: not even that is told to strangers
            current.set(door.identify("nothing that is served", shown))
        else:
            method = "GET" if request.method == "HEAD" else request.method
            current.set(door.admit(f"{method} {resource.canonical}", shown))
        return await handler(request)

    return entered


def shown_by(request: web.Request) -> Credentials:
    """The credentials of an HTTP request."""
    tls = request.get_extra_info("ssl_object")
    certificate = tls.getpeercert(binary_form=True) if tls is not None else None
    return Credentials(request.headers.get("Authorization"), certificate, request.remote or "")
