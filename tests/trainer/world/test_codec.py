import numpy as np
import pytest

from trainer.data.world.codec import transcoded
from trainer.data.world.drawn import drawn_face


@pytest.fixture(scope="module")
def clip():
    """A face that slides across: 20 frames."""
    return np.stack([np.roll(drawn_face(1).picture, shift, axis=1) for shift in range(20)])


@pytest.mark.slow
@pytest.mark.parametrize("codec", ["vp8", "h264"])
def test_every_frame_comes_back_in_its_place(clip, codec):
    seen = transcoded(clip, codec, 300_000)
    assert seen.shape == clip.shape
    assert seen.dtype == np.uint8
    for index in range(20):
        errors = [np.abs(seen[index].astype(int) - other).mean() for other in clip]
        assert int(np.argmin(errors)) == index


@pytest.mark.parametrize("codec", ["vp8", "h264"])
def test_fewer_bits_leave_less_of_the_picture(clip, codec):
    poor, rich = (np.abs(transcoded(clip, codec, rate).astype(int) - clip).mean() for rate in (30_000, 1_000_000))
    assert 0 < rich < poor
