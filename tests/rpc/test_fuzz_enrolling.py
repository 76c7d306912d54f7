"""Whatever an Enroll call is sent, it ends with a person or a refusal that says why, and leaves nothing behind.

Without sockets, as test_fuzz_streams.py: every message that is counted has been taken by the service.
"""

import asyncio
import random
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor

import grpc
import pytest

from guard.access.caller import LOCAL
from guard.access.limits import Limits
from guard.access.settings import LimitSettings
from guard.audit.audit import Audit
from guard.audit.settings import AuditSettings
from guard.core.errors import GuardError
from guard.model import Model
from guard.rpc import enrolling
from guard.rpc.errors import status_of
from guard.statuses import STATUSES
from guard.v1.enrollment_pb2 import EnrollRequest
from tests import service_fakes
from tests.rpc.generated import fill
from tests.rpc.test_enrollment import begin, clip, frames

PATIENCE = 20.0
"""Seconds after which a call counts as hanging."""
MESSAGES_PER_CALL = 150
REFUSALS = {status.code.value[0] for status in STATUSES.values() if status.code is not grpc.StatusCode.INTERNAL}
SOUND = frames(100)


def message(number: int, dice: random.Random) -> EnrollRequest:
    """A message of a call: sound, sound but for one part, or of any fields."""
    made = EnrollRequest()
    if number == 0 or dice.random() < 0.002:
        made.MergeFrom(begin())
        if dice.random() < 0.3:
            fill(made.begin, dice)
        return made
    made.MergeFrom(SOUND[number % len(SOUND)])
    match dice.randrange(1000):
        case 0 | 1 | 2 | 3:
            fill(made.frame, dice)
        case 4 | 5 | 6 | 7:
            fill(made, dice)
        case 8:
            made.Clear()
        case chance if chance < 30:
            made.MergeFrom(clip())
            if dice.random() < 0.2:
                fill(made.clip, dice)
    return made


async def run(parts: enrolling.EnrolmentParts, total: int, seed: int) -> int:
    """Send until the service has taken `total` messages; returns how many calls enrolled somebody."""
    dice, taken, enrolled, refusals = random.Random(seed), 0, 0, set[int]()

    async def requests() -> AsyncIterator[EnrollRequest]:
        nonlocal taken
        for number in range(dice.randrange(MESSAGES_PER_CALL)):
            yield message(number, dice)
            taken += 1

    while taken < total:
        try:
            async with asyncio.timeout(PATIENCE):
                answers = [answer async for answer in enrolling.enroll(requests(), parts, LOCAL)]
            enrolled += answers[-1].HasField("enrolled")
        except GuardError as refused:
            refusals.add(status_of(refused).code)
    assert refusals <= REFUSALS
    return enrolled


@pytest.fixture
async def parts(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[enrolling.EnrolmentParts]:
    monkeypatch.setattr(enrolling, "DOUBT", 0)  # no connection breaks here
    service = service_fakes.Parts()
    del service.gallery.templates["Dora"]  # the dark one is who enrols
    working = asyncio.create_task(service.worker.run(service.calls.publish))
    with ThreadPoolExecutor(1) as pool:
        yield enrolling.EnrolmentParts(
            model=lambda: Model(service.engine, service_fakes.MODEL, service_fakes.AMPLE),
            gallery=service.gallery,
            pool=pool,
            beside=service.worker.beside,
            calls=service.calls.templates.calls,
            audit=Audit(AuditSettings()),
            limits=Limits(LimitSettings()),
            draining=service.calls.draining,
            needs=service_fakes.NEEDS,
            keep_crops=True,
        )
    working.cancel()
    service.worker.shutdown()
    service.calls.templates.close()


@pytest.mark.slow
async def test_5000_messages_find_no_fault(parts: enrolling.EnrolmentParts) -> None:
    assert await run(parts, 5000, seed=1) > 5


@pytest.mark.long
@pytest.mark.timeout(900)
async def test_100000_messages_find_no_fault(parts: enrolling.EnrolmentParts) -> None:
    assert await run(parts, 100_000, seed=2) > 100
