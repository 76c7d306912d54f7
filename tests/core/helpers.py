"""What the core's tests share: short ways to say pictures, frames and settings."""

from collections.abc import Iterable

import numpy as np

from guard.core.calibration import Calibration
from guard.core.items import FPS, Cut, Frame, Gray, GridFrame, Measurement, Thresholds, Verdict
from guard.core.settings import VARIETY_FLOOR
from guard.core.stream import Stream
from guard.core.verifier import Extractor, Settings, Verifier

THRESHOLDS = Thresholds(verify=4.0, suspect=-4.0, dwell=1.0, memory=30.0, limit=12.0)


def grey(level: int) -> Gray:
    return np.full((128, 128), level, np.uint8)


def noise(count: int, seed: int = 0) -> Gray:
    """(count, 128, 128): pictures whose quarters change from one to the next."""
    random = np.random.default_rng(seed)
    quarters = random.integers(0, 256, (count, 2, 1, 2, 1), np.uint8)
    return np.broadcast_to(quarters, (count, 2, 64, 2, 64)).reshape(count, 128, 128)


def frames(pictures: Iterable[Gray], start: float = 0.0, fps: float = FPS) -> list[Frame]:
    return [Frame(picture, start + n / fps) for n, picture in enumerate(pictures)]


def settings(
    horizons: tuple[int, ...] = (16,),
    stride: int = 5,
    thresholds: Thresholds = THRESHOLDS,
    calibration: Calibration = Calibration(10.0, 0.0),  # noqa: B008 - frozen
    motion_floor: float = 0.5,
    variety_floor: float = VARIETY_FLOOR,
) -> Settings:
    lines = dict.fromkeys(horizons, calibration)
    return Settings("test", horizons, stride, lines, thresholds, motion_floor, None, variety_floor=variety_floor)


def feed(judge: Extractor | Verifier, stream: Stream, sent: Iterable[Frame]) -> list[Measurement] | list[Verdict]:
    """All that comes of `sent`, one frame a step; mirror checks are made as soon as an accusation waits."""
    items = []
    for frame in sent:
        items += judge.step([(stream, frame)])[0]
        if isinstance(judge, Verifier):
            judge.check_at_once(stream)
    return items


def slots(events: Iterable[GridFrame | Cut]) -> list[object]:
    """Events as literals: (slot, milliseconds, gray level, "filler" when it is) or the name of a cut."""
    return [event.name if isinstance(event, Cut) else _slot(event) for event in events]


def _slot(event: GridFrame) -> tuple[object, ...]:
    named = (event.slot, round(event.time * 1000, 3), int(event.pixels[0, 0]))
    return (*named, "filler") if event.filler else named
