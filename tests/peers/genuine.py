"""Somebody enrolled with the shipped model, and another film of the same driver in a room, for a browser's camera."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np

from guard.bundle import Bundle
from guard.config import Settings
from guard.core.items import FPS, Crop, Floats, Gray
from guard.core.scoring import make_template
from guard.engine import OnnxEngine
from guard.model import Model
from guard.service import Service
from tests.rpc.test_real_model import OneTemplate
from tests.service_fakes import AMPLE, Serving, fake_stores, until
from trainer.data.world.avatar import avatar_face, avatar_frames, live_driver
from trainer.rooms import Scene, room

DRIVER, FACE = 7, 2
REFERENCES, REFERENCE_SECONDS = 3, 12
SECONDS = 60
"""Of the film that the camera shows; no test lasts longer, as what is shown again is no evidence."""
PLACE = Crop(640, 90, 560)
"""In a room of 1280x720, which is filmed at half its size."""


def performance(take: int, seconds: int) -> Iterator[Gray]:
    """What the driver makes of the face: (128, 128) each."""
    rng = np.random.default_rng([take, 4])
    yield from avatar_frames(live_driver(DRIVER), avatar_face(FACE, 128), rng, seconds * FPS)


def template(engine: OnnxEngine, bundle: Bundle) -> Floats:
    """What enrolment makes of other performances, shown as they are."""
    longest, windows = max(bundle.horizons), []
    for take in range(REFERENCES):
        clip = np.stack(list(performance(100 + take, REFERENCE_SECONDS)))
        windows += [clip[start : start + longest] for start in range(0, len(clip) - longest + 1, longest // 2)]
    return make_template(
        np.concatenate([engine.embed_clip(window[None]) for window in windows]), bundle.settings().centre
    )


def write_film(path: Path) -> None:
    """A performance in a room, as the Motion JPEG that Chromium's camera plays."""
    scene = Scene(room(np.random.default_rng(3)), PLACE)
    encoder = av.CodecContext.create("mjpeg", "w")
    encoder.width, encoder.height, encoder.pix_fmt, encoder.time_base = 640, 360, "yuvj420p", Fraction(1, FPS)
    encoder.options = {"qmin": "2", "qmax": "3"}
    chroma = np.full((180, 640), 128, np.uint8)
    with path.open("wb") as file:
        for number, picture in enumerate(performance(1, SECONDS)):
            small = cv2.resize(scene.shown(picture), (640, 360), interpolation=cv2.INTER_AREA)
            shown = av.VideoFrame.from_ndarray(np.concatenate([small, chroma]), "yuvj420p")
            shown.pts = number
            for packet in encoder.encode(shown):
                file.write(bytes(packet))


class Genuine(Serving):
    """A service with the shipped model, where everybody who is claimed has this template."""

    def __init__(self, engine: OnnxEngine, bundle: Bundle, enrolled: Floats, **changes: Any) -> None:
        settings = Settings(http_port=0, grpc_port=0, ingest_processes=1, engine_threads=1, **changes)
        self.service = Service(Model(engine, bundle.settings(), AMPLE), OneTemplate(enrolled), fake_stores(), settings)


class Enrolled:
    """The driver, enrolled, and a film of them at `film`; both are made once."""

    def __init__(self, film: Path) -> None:
        self.film = film
        self._bundle = Bundle.default()
        self._engine = OnnxEngine(self._bundle)
        self._template = template(self._engine, self._bundle)
        write_film(film)

    @asynccontextmanager
    async def serving(self, **changes: Any) -> AsyncIterator[Genuine]:
        """The service while the block runs; `changes` are settings."""
        made = Genuine(self._engine, self._bundle, self._template, **changes)
        try:
            made.addresses = await made.service.start()
            await until(lambda: made.service.ingest.running)
            yield made
        finally:
            await made.service.close()
