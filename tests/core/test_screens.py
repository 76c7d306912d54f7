"""What a screen looks like, and what does not look like one."""

import cv2
import numpy as np
import pytest

from guard.core.items import Crop, Gray
from guard.core.screens import is_screen
from tests.peers.packets import H264, VP8, decoded_picture
from tests.test_faces import wide

pytestmark = pytest.mark.slow


def page(width: int = 1280, height: int = 720, *, dark: bool = False) -> Gray:
    """A page of letters below a bar, as an editor or a browser shows it."""
    shown = np.full((height, width), 30 if dark else 250, np.uint8)
    cv2.rectangle(shown, (0, 0), (width, 40), 120, cv2.FILLED)
    for line in range(70, height - 20, 30):
        words = "the quick brown fox jumps over the lazy dog "[line % 7 :] * 2
        cv2.putText(shown, words, (40, line), cv2.FONT_HERSHEY_SIMPLEX, 0.6, 220 if dark else 20, 1, cv2.LINE_AA)
    return shown


def seen_by_a_camera(picture: Gray) -> Gray:
    noisy = cv2.GaussianBlur(picture, (0, 0), 1.0) + np.random.default_rng(0).normal(0, 2, picture.shape)
    return np.clip(noisy, 0, 255).astype(np.uint8)


@pytest.mark.parametrize("codec", [VP8, H264], ids=lambda codec: codec.name)
@pytest.mark.parametrize("size", [(1280, 720), (640, 360)])
@pytest.mark.parametrize("dark", [False, True])
def test_a_page_is_a_screen_also_when_it_has_been_coded_or_made_smaller(
    codec: object, size: tuple[int, int], dark: bool
) -> None:
    small = cv2.resize(page(dark=dark), size, interpolation=cv2.INTER_AREA)
    assert is_screen(small)
    assert is_screen(decoded_picture(small, codec))


@pytest.mark.parametrize("codec", [VP8, H264], ids=lambda codec: codec.name)
def test_a_room_a_still_wall_and_a_page_that_a_camera_sees_are_none(codec: object) -> None:
    for picture in (
        wide(),
        wide(Crop(100, 60, 400), face=2),
        seen_by_a_camera(page()),
        np.full((360, 640), 90, np.uint8),
    ):
        assert not is_screen(picture)
        assert not is_screen(decoded_picture(picture, codec))


def test_a_picture_of_one_pixel_is_none() -> None:
    assert not is_screen(np.zeros((1, 1), np.uint8))
