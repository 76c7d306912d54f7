"""How long a client tries to reach a service again."""

import asyncio
import random

import pytest

from guard import reopening


@pytest.mark.parametrize(("chance", "seconds"), [(min, 23.4), (max, 39.0), (lambda low, high: (low + high) / 2, 31.2)])
async def test_it_is_tried_for_some_thirty_seconds(
    monkeypatch: pytest.MonkeyPatch, chance: object, seconds: float
) -> None:
    slept: list[float] = []

    async def sleep(seconds: float) -> None:
        slept.append(seconds)

    monkeypatch.setattr(random, "uniform", chance)
    monkeypatch.setattr(asyncio, "sleep", sleep)
    assert len([None async for _ in reopening.pauses()]) == reopening.ATTEMPTS
    assert sum(slept) == pytest.approx(seconds)
    assert slept == sorted(slept)
