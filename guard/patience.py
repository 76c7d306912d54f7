"""Calls that end with the reason that the service gave.

A message that is being written when the service ends a call cannot be sent; grpc.aio takes that for an error of its own
and reports INTERNAL ("Internal error from Core") in place of the service's status, which is already on its way
(grpc/grpc issue 36066). The only way in is an attribute of its call object, tested with grpcio 1.85.
"""

from typing import Any, TypeVar

AnyCall = TypeVar("AnyCall")


class _Waiting:
    """gRPC's inner call, whose status is what came from the service and nothing else: it comes in any case."""

    def __init__(self, inner: Any) -> None:
        self._inner = inner

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    def set_internal_error(self, problem: str) -> None:
        """Whoever could not write asks for the status next, and waits for it."""


def patient(call: AnyCall) -> AnyCall:
    """The call, just made, which will raise the service's own status; a grpc.aio of another make stays as it is."""
    if hasattr(call, "_cython_call"):
        call._cython_call = _Waiting(call._cython_call)
    return call
