from fractions import Fraction

import av
import numpy as np
import pytest

from trainer.data.world.video import SUFFIXES, video_frame, write_video


@pytest.mark.parametrize("suffix", SUFFIXES)
@pytest.mark.parametrize("fps", [Fraction(25), Fraction(30), Fraction(30000, 1001)])
def test_a_file_has_the_pictures_size_and_rate_asked_for(tmp_path, suffix, fps):
    path = tmp_path / f"clip{suffix}"
    write_video(path, (np.full((96, 96), 10 * number, np.uint8) for number in range(12)), 96, fps)
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        frames = list(container.decode(stream))
        assert (stream.width, stream.height) == (96, 96)
        assert float(stream.average_rate) == pytest.approx(float(fps), rel=0.02)
    assert len(frames) == 12
    stamps = [frame.time for frame in frames]
    np.testing.assert_allclose(np.diff(stamps), 1 / float(fps), atol=0.0011)  # WebM counts milliseconds


def test_luma_is_limited_range_and_chroma_neutral():
    frame = video_frame(np.array([[0, 255]] * 2, np.uint8))
    planes = [np.frombuffer(memoryview(plane), np.uint8) for plane in frame.planes]
    assert planes[0][:2].tolist() == [16, 235]
    assert planes[1][0] == planes[2][0] == 128


def test_other_containers_are_refused(tmp_path):
    with pytest.raises(ValueError, match=r"clip\.avi: the suffix must be one of \.mp4, \.webm"):
        write_video(tmp_path / "clip.avi", iter(()), 64, Fraction(25))
