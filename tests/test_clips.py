"""Whole clips behind the engine: what the core measures is what a whole window gives."""

import numpy as np
import pytest

from guard.clips import WholeClips
from guard.core.extractor import Extractor
from guard.core.items import Cut, Floats, Gray, Measurement
from guard.core.window import EDGE
from tests.core.fakes import whole_clip
from tests.core.helpers import feed, frames, noise


class FakeClips:
    """Embeds whole clips, and cannot do anything else."""

    def embed_clip(self, frames: Gray) -> Floats:
        return np.stack([whole_clip(clip) for clip in frames]).astype(np.float32)


def extractor(*horizons: int) -> Extractor:
    return Extractor(WholeClips(FakeClips(), max(horizons)), horizons, stride=5, motion_floor=0.5, edge=EDGE)


def assert_embeds(measurement: Measurement, window: Gray) -> None:
    assert measurement.horizon == len(window)
    np.testing.assert_allclose(measurement.embedding, whole_clip(window), rtol=0, atol=1e-6)


def test_windows_of_every_horizon_are_the_newest_pictures() -> None:
    judge, film = extractor(8, 16), noise(40)
    scored = [m for m in feed(judge, judge.open(), frames(film)) if m.reason is None]
    assert [(m.slot, m.horizon) for m in scored][:4] == [(7, 8), (12, 8), (17, 16), (22, 16)]
    for measurement in scored:
        assert_embeds(measurement, film[measurement.slot + 1 - measurement.horizon : measurement.slot + 1])


def test_nothing_is_joined_across_a_cut() -> None:
    judge, film = extractor(8), noise(30)
    stream = judge.open()
    feed(judge, stream, frames(film[:10]))
    stream.cut(Cut.PICTURE_CHANGED)
    first, *_ = [m for m in feed(judge, stream, frames(film[10:], start=1.0)) if m.reason is None]
    assert_embeds(first, film[10 : 11 + first.slot])


def test_streams_of_one_batch_do_not_mix() -> None:
    judge, films = extractor(8), [noise(8, seed) for seed in (1, 2, 3)]
    streams = [judge.open() for _ in films]
    for batch in zip(*map(frames, films), strict=True):
        measured = judge.step(list(zip(streams, batch, strict=True)))
    for film, (measurement,) in zip(films, measured, strict=True):
        assert_embeds(measurement, film)


@pytest.mark.parametrize("level", [0, 127, 255])
def test_a_state_holds_every_gray_level_as_it_came(level: int) -> None:
    """255 everywhere is not a number as a float; 127 and 128 beside each other are not either."""
    engine = WholeClips(FakeClips(), 8)
    picture = np.full((1, 128, 128), level, np.uint8)
    picture[0, ::2] = 255 - level
    state = engine.step(picture, np.zeros((1, engine.state_size), np.float32)).state
    assert state.view(np.uint8)[0, -(128 * 128) :].tobytes() == picture.tobytes()
    assert not state.view(np.uint8)[0, : -(128 * 128)].any()
