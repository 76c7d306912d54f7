"""A service's reading of its gallery: of the present model, with an end to waiting, and whether it is there at all."""

import threading

import numpy as np
import pytest
from prometheus_client import CollectorRegistry

from guard import lookups as module
from guard.access.caller import DEFAULT_TENANT
from guard.core.errors import GalleryError, SettingsError
from guard.core.items import Floats
from guard.lookups import Templates, TemplateSource
from guard.metrics import Metrics
from tests.service_fakes import DARK_PERSON, MODEL_ID, FakeGallery


def reading(gallery: TemplateSource) -> Templates:
    return Templates(gallery, MODEL_ID, Metrics(CollectorRegistry(), MODEL_ID))


async def test_who_claims_nothing_asks_no_gallery() -> None:
    gallery = FakeGallery()
    gallery.fault = GalleryError("gallery: is away")
    assert await reading(gallery).current("", DEFAULT_TENANT) is None


async def test_a_template_is_that_of_the_model_that_is_present_once_it_has_been_read() -> None:
    class Slow(FakeGallery):
        def template(self, name: str, model_id: str, tenant: str = DEFAULT_TENANT) -> Floats | None:
            asked.append(model_id)
            templates.model_id = "next"  # changes while the first answer is on its way
            return np.full(256, len(asked), np.float32)

    asked: list[str] = []
    templates = reading(Slow())
    found = await templates.current("Dora", DEFAULT_TENANT)
    assert asked == [MODEL_ID, "next"]
    assert found is not None
    assert found.template[0] == 2


async def test_a_gallery_that_hangs_counts_as_one_that_cannot_be_read(monkeypatch: pytest.MonkeyPatch) -> None:
    class Hanging(FakeGallery):
        def template(self, name: str, model_id: str, tenant: str = DEFAULT_TENANT) -> Floats | None:
            answer.wait(10)
            return super().template(name, model_id, tenant)

    answer = threading.Event()
    templates = reading(Hanging(Dora=DARK_PERSON))
    monkeypatch.setattr(module, "ANSWERS_WITHIN", 0.01)
    with pytest.raises(GalleryError, match="does not answer"):
        await templates.current("Dora", DEFAULT_TENANT)
    assert not templates.up
    answer.set()
    monkeypatch.undo()
    await templates.probe()
    assert templates.up


async def test_a_probe_asks_only_a_gallery_that_was_away() -> None:
    gallery = FakeGallery()
    templates = reading(gallery)
    gallery.fault = GalleryError("gallery: is away")
    await templates.probe()
    assert templates.up
    with pytest.raises(GalleryError):
        await templates.current("Dora", DEFAULT_TENANT)
    with pytest.raises(GalleryError):
        await templates.probe()
    gallery.fault = None
    await templates.probe()
    assert templates.up


async def test_keys_that_cannot_be_had_count_as_a_gallery_that_cannot_be_read() -> None:
    gallery = FakeGallery()
    gallery.fault = SettingsError("gallery_keys", "the command failed")
    templates = reading(gallery)
    with pytest.raises(GalleryError, match="the command failed"):
        await templates.current("Dora", DEFAULT_TENANT)
    assert not templates.up
