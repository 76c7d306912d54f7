"""google.rpc.Status as clients read it."""

import pytest
from google.rpc.error_details_pb2 import ErrorInfo, RetryInfo

from guard.core.errors import CapacityError, ClaimError, EngineError, FrameError, GuardError
from guard.rpc.errors import status_of


def detail(error: GuardError, kind: type) -> object | None:
    for packed in status_of(error).details:
        message = kind()
        if packed.Unpack(message):
            return message
    return None


@pytest.mark.parametrize("kind", [FrameError, ClaimError])
def test_a_mistake_of_the_caller_names_its_field(kind: type[FrameError]) -> None:
    status = status_of(kind("frame.data", "is short", "send more"))
    assert status.message == "frame.data: is short; send more"
    info = detail(kind("frame.data", "is short"), ErrorInfo)
    assert (info.domain, info.metadata["field"]) == ("guard.v1", "frame.data")


def test_want_of_capacity_says_when_to_come_back() -> None:
    assert detail(CapacityError("full", 2.5), RetryInfo).retry_delay.ToMilliseconds() == 2500


def test_our_own_faults_name_no_field() -> None:
    info = detail(EngineError("broken"), ErrorInfo)
    assert info.reason == "ENGINE"
    assert not info.metadata
    assert detail(EngineError("broken"), RetryInfo) is None
