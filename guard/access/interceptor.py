"""The gRPC side of the door: each call runs as its caller, or ends before its handler has seen it."""

import inspect
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import aclosing
from typing import Any
from urllib.parse import unquote

import grpc

from guard.access.caller import current
from guard.access.door import Credentials, Door
from guard.rpc.errors import answered

Context = grpc.aio.ServicerContext[Any, Any]
Behaviour = Callable[[Any, Context], Any]


class Interceptor(grpc.aio.ServerInterceptor):  # type: ignore[misc]
    """Stands before every method of every service, whoever adds it."""

    def __init__(self, door: Door) -> None:
        self._door = door

    async def intercept_service(
        self,
        continuation: Callable[[grpc.HandlerCallDetails], Awaitable[grpc.RpcMethodHandler | None]],
        details: grpc.HandlerCallDetails,
    ) -> grpc.RpcMethodHandler | None:
        """The method's handler behind the door. A method that nobody serves stays UNIMPLEMENTED."""
        handler = await continuation(details)
        if handler is None:
            return None
        kind = ("stream" if handler.request_streaming else "unary") + (
            "_stream" if handler.response_streaming else "_unary"
        )
        make = getattr(grpc, f"{kind}_rpc_method_handler")
        wrapped = self._wrapped(details.method, getattr(handler, kind))
        return make(wrapped, handler.request_deserializer, handler.response_serializer)

    def _wrapped(self, method: str, behaviour: Behaviour) -> Behaviour:
        """A handler of the same kind: one that yields its responses, or a coroutine that returns or writes them."""

        # The caller is set inside the handler: gRPC runs interceptors and handlers in contexts of their own.
        async def yielding(request: Any, context: Context) -> AsyncIterator[Any]:
            await self._enter(method, context)
            async with aclosing(behaviour(request, context)) as responses:
                async for response in responses:
                    yield response

        async def returning(request: Any, context: Context) -> Any:
            await self._enter(method, context)
            return await behaviour(request, context)

        return yielding if inspect.isasyncgenfunction(behaviour) else returning

    async def _enter(self, method: str, context: Context) -> None:
        async with answered(context):
            current.set(self._door.admit(method, shown_by(context)))


def shown_by(context: Context) -> Credentials:
    """The credentials of a gRPC call."""
    headers = dict(context.invocation_metadata() or ())
    certificates = context.auth_context().get("x509_pem_cert")
    certificate = certificates[0] if certificates else None
    return Credentials(headers.get("authorization"), certificate, host_of(context.peer()))


def host_of(peer: str) -> str:
    """The address in gRPC's name of a peer, `ipv4:192.0.2.1:4711` or `ipv6:%5B::1%5D:4711`: each port is another."""
    return unquote(peer).partition(":")[2].rpartition(":")[0].strip("[]")
