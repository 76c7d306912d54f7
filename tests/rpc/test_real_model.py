"""The shipped model behind the wire gives what it gives offline."""

from collections.abc import AsyncIterator

import numpy as np
import pytest

from guard.bundle import Bundle
from guard.client import GuardClient, LumaFrame
from guard.config import Settings
from guard.core.items import Floats, Gray
from guard.core.scoring import make_template
from guard.engine import OnnxEngine
from guard.gallery.items import Enrolled
from guard.model import Model
from guard.service import Service
from tests.service_fakes import AMPLE, fake_stores


class OneTemplate:
    """A gallery that holds one person."""

    def __init__(self, template: Floats) -> None:
        self._template = template

    def enrolled(self, name: str, model_id: str, tenant: str) -> Enrolled:
        return Enrolled(self._template)

    def outdated(self, name: str, model_id: str, tenant: str) -> bool:
        return False

    def adapts(self, name: str, tenant: str) -> bool:
        return False

    def to_reembed(self, model_id: str) -> list[tuple[str, str]]:
        return []

    def opted_out(self, name: str, tenant: str) -> bool:
        return False


def face(count: int) -> Gray:
    """A smooth picture that drifts: (count, 128, 128)."""
    y, x = np.mgrid[0:128, 0:128] / 128
    phases = np.linspace(0, 3 * np.pi, count)
    waves = [128 + 90 * np.sin(7 * x + phase) * np.cos(5 * y - np.sin(phase)) for phase in phases]
    return np.array(waves).astype(np.uint8)


async def frames(pictures: Gray) -> AsyncIterator[LumaFrame]:
    for number, picture in enumerate(pictures):
        yield LumaFrame(picture, number / 25, full_range=True)


@pytest.mark.slow
async def test_the_window_that_was_enrolled_scores_one_when_it_is_streamed() -> None:
    bundle = Bundle.default()
    engine, model = OnnxEngine(bundle), bundle.settings()
    settings = Settings(http_port=0, grpc_port=0, resume_seconds=0)
    longest = max(bundle.horizons)
    pictures = face(longest + bundle.verdict_stride)
    template = make_template(engine.embed_clip(pictures[None, :longest]), model.centre)
    service = Service(Model(engine, model, AMPLE), OneTemplate(template), fake_stores(), settings)
    try:
        addresses = await service.start()
        async with GuardClient(addresses.grpc) as client:
            stream = client.stream_verify(frames(pictures), participant="seat", claim="Dora")
            verdicts = [verdict async for verdict in stream]
    finally:
        await service.close()
    scored = [verdict for verdict in verdicts if verdict.horizon == longest]
    assert scored[0].time == pytest.approx((longest - 1) / 25)
    assert scored[0].score == pytest.approx(1.0, abs=1e-4)
    assert scored[1].time == pytest.approx((longest + bundle.verdict_stride - 1) / 25)
    assert scored[0].model_id == bundle.model_id
