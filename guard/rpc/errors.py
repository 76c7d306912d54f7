"""Our errors as google.rpc.Status: a code from the one table, one sentence, and details that a program can read."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any, TypeVar

import grpc
import structlog
from google.protobuf.any_pb2 import Any as AnyMessage
from google.protobuf.message import Message
from google.rpc.code_pb2 import Code
from google.rpc.error_details_pb2 import ErrorInfo, RetryInfo
from google.rpc.status_pb2 import Status
from grpc_status import rpc_status

from guard.core.errors import GuardError, InputError, QualityError
from guard.rpc.messages import duration
from guard.statuses import STATUSES, told

DOMAIN = "guard.v1"
Detail = TypeVar("Detail", bound=Message)
log = structlog.get_logger()


def status_of(error: GuardError) -> Status:
    """The status for an error. ErrorInfo's metadata names the field; RetryInfo says when to try again."""
    answer = STATUSES[type(error)]
    facts = {"field": error.field} if isinstance(error, InputError) else {}
    if isinstance(error, QualityError):
        facts |= {"shortfall": error.shortfall, "advice": error.remedy}
    details: list[Message] = [ErrorInfo(reason=answer.reason, domain=DOMAIN, metadata=facts)]
    if error.retry_after is not None:
        details.append(RetryInfo(retry_delay=duration(error.retry_after)))
    return Status(code=Code.Value(answer.code.name), message=told(error), details=map(packed, details))


def packed(message: Message) -> AnyMessage:
    """The message inside an Any."""
    box = AnyMessage()
    box.Pack(message)
    return box


def field_of(error: grpc.aio.AioRpcError) -> str | None:
    """The field that a refused call names, for clients; None when it names none."""
    return detail_of(error, ErrorInfo()).metadata.get("field")


def reason_of(error: grpc.aio.AioRpcError) -> str:
    """ErrorInfo's constant, for clients; "" when the service did not speak, as when a connection broke."""
    return detail_of(error, ErrorInfo()).reason


def retry_after_of(error: grpc.aio.AioRpcError) -> float:
    """Seconds after which the service says to try again, for clients; 0 when it says nothing."""
    return detail_of(error, RetryInfo()).retry_delay.ToTimedelta().total_seconds()


def detail_of(error: grpc.aio.AioRpcError, empty: Detail) -> Detail:
    """The detail of this kind that a refused call carries; `empty` as it is when there is none."""
    status = rpc_status.from_call(error)
    for detail in status.details if status else []:
        if detail.Unpack(empty):
            break
    return empty


@contextmanager
def inside(message: str) -> Iterator[None]:
    """Faults of fields are faults of this message's fields."""
    try:
        yield
    except InputError as error:
        error.field = f"{message}.{error.field}"
        raise


@asynccontextmanager
async def answered(context: grpc.aio.ServicerContext[Any, Any]) -> AsyncIterator[None]:
    """Ends the call with the right status when the block raises one of our errors."""
    try:
        yield
    except GuardError as error:
        log.info("call refused", error=type(error).__name__)
        status = rpc_status.to_status(status_of(error))
        await context.abort(status.code, status.details, status.trailing_metadata)
