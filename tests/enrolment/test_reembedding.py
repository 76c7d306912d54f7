"""Another bundle enrols by itself whom it has pictures of."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from guard.client import Consent, GuardClient, LumaFrame
from guard.core.errors import GalleryError
from guard.core.items import Floats
from guard.core.verifier import Settings
from guard.model import Model
from tests.service_fakes import (
    AMPLE,
    DARK_PERSON,
    HORIZON,
    MODEL,
    BrightnessEngine,
    Serving,
    moving,
    serving,
    until,
)

pytestmark = pytest.mark.slow

NEXT = Settings("next", (HORIZON,), 5, MODEL.calibration, MODEL.thresholds, 0.1, None)
NOW = datetime.now(UTC)
CONSENT = Consent("HR", NOW - timedelta(days=1), "calls", NOW + timedelta(days=365))


class Opposite(BrightnessEngine):
    """Another model, whose embeddings are other ones."""

    def project(self, state: Floats, pooled: Floats, differences: Floats) -> Floats:
        return np.tile(-DARK_PERSON, (len(state), 1))


async def enrol(guard: Serving) -> None:
    async def film() -> AsyncIterator[LumaFrame]:
        for number in range(60):
            yield LumaFrame(moving(number), number / 25, full_range=True)

    guard.gallery.templates.clear()
    async with GuardClient(guard.addresses.grpc) as client:
        assert [step async for step in client.enroll("Ada", film(), consent=CONSENT)]


async def swap(guard: Serving) -> None:
    await guard.service.change_model(lambda: Model(Opposite(), NEXT, AMPLE))


async def test_a_swap_enrols_from_kept_pictures() -> None:
    async with serving(keep_crops=True) as guard:
        await enrol(guard)
        await swap(guard)
        await until(lambda: guard.gallery.reembedded)
        ((key, (made,)),) = guard.gallery.reembedded.items()
        assert key == ("default", "Ada", "next")
        np.testing.assert_allclose(made.embeddings, np.tile(-DARK_PERSON, (len(made.embeddings), 1)), atol=1e-6)
        (before,) = guard.gallery.references["default", "Ada"]
        assert made.seconds == before.seconds


async def test_no_picture_is_kept_unless_that_was_asked_for() -> None:
    async with serving() as guard:
        await enrol(guard)
        (reference,) = guard.gallery.references["default", "Ada"]
        assert reference.crops is None


async def test_a_gallery_that_cannot_be_written_leaves_the_rest_to_the_next_time(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    refused: list[GalleryError] = []

    def refuse(*_: object) -> None:
        refused.append(GalleryError("gallery: cannot write"))
        raise refused[-1]

    async with serving(keep_crops=True) as guard:
        await enrol(guard)
        monkeypatch.setattr(guard.gallery, "reembed", refuse)
        await swap(guard)
        await until(lambda: refused)
        monkeypatch.undo()
        await swap(guard)
        await until(lambda: guard.gallery.reembedded)
    # Read once: what another thread writes while it is read may be lost.
    assert "somebody not enrolled" in "".join(capsys.readouterr())
