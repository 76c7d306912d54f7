"""Worker processes: a decoder that dies or hangs costs the video that it was at."""

import multiprocessing
import os
import shutil
import signal
from pathlib import Path

import numpy as np
import pytest

from tests.films import film
from trainer.data.decode import Clip, decode
from trainer.data.decoders import _Worker, decode_all

pytestmark = pytest.mark.slow


def test_every_video_is_decoded_or_says_why_also_when_a_decoder_is_killed(tmp_path: Path) -> None:
    original = film(tmp_path / "0.mp4", 30)
    paths = [original, *(Path(shutil.copy(original, tmp_path / f"{n}.mp4")) for n in range(1, 6))]
    (tmp_path / "empty.mp4").touch()
    decoding, found = decode_all([tmp_path / "empty.mp4", *paths], workers=2), {}
    while tmp_path / "empty.mp4" not in found:  # the other decoder may be done with a film before
        found |= dict([next(decoding)])
    os.kill(multiprocessing.active_children()[0].pid or 0, signal.SIGKILL)
    found |= dict(decoding)
    assert found.pop(tmp_path / "empty.mp4") == "is empty"
    assert set(found) == set(paths)
    assert [why for why in found.values() if isinstance(why, str)] == ["brings the decoder down"]
    frames = decode(original).frames
    for clip in found.values():
        if isinstance(clip, Clip):
            np.testing.assert_array_equal(clip.frames, frames)
    assert multiprocessing.active_children() == []


def test_closing_ends_the_workers(tmp_path: Path) -> None:
    decoding = decode_all([tmp_path / "missing.mp4"] * 50, workers=2)
    assert next(decoding) == (tmp_path / "missing.mp4", "does not exist")
    decoding.close()
    assert multiprocessing.active_children() == []


def test_decoder_that_hangs_is_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    worker = _Worker()
    os.kill(multiprocessing.active_children()[0].pid or 0, signal.SIGSTOP)
    worker.begin(film(tmp_path / "a.mp4", 5))
    worker.kill_if_hung()
    assert not worker.connection.poll(0.1)  # it was given its time
    monkeypatch.setattr("trainer.data.decoders.PATIENCE", 0.0)
    worker.kill_if_hung()
    assert worker.result() == "takes more than 0 s to decode"
    assert not worker.usable
    worker.end()


def test_nothing_to_decode_starts_nothing() -> None:
    assert list(decode_all([], workers=4)) == []
