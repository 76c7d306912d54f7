"""The detector that comes inside OpenCV: it finds a drawn face in a wide picture, and nobody in an empty room."""

from concurrent.futures import ThreadPoolExecutor

import cv2
import numpy as np
import pytest

from guard.core.framing import Box, crop_about
from guard.core.items import Crop, Gray
from guard.faces import find_faces, look_closely
from trainer.data.world.drawn import drawn_face


def wide(*places: Crop, size: tuple[int, int] = (1280, 720), face: int = 0) -> Gray:
    """Drawn faces at these places of a wall that is lit from one side."""
    width, height = size
    picture = np.tile(np.linspace(90, 150, width).astype(np.uint8), (height, 1))
    for number, place in enumerate(places):
        shown = np.asarray(cv2.resize(drawn_face(face + number).picture, (place.side, place.side)), np.uint8)
        picture[place.top : place.top + place.side, place.left : place.left + place.side] = shown
    return picture


@pytest.mark.slow
@pytest.mark.parametrize("face", [0, 2, 3])  # face 1 is drawn small in its own picture
@pytest.mark.parametrize("place", [Crop(100, 60, 400), Crop(700, 300, 280), Crop(560, 0, 720)])
def test_the_crop_about_a_face_is_what_training_would_show_of_it(place: Crop, face: int) -> None:
    (found,) = find_faces(wide(place, face=face))
    crop = crop_about(found, 1280, 720)
    assert crop.side == pytest.approx(place.side, rel=0.25)
    assert crop.left + crop.side / 2 == pytest.approx(place.left + place.side / 2, abs=0.1 * place.side)
    assert crop.top + crop.side / 2 == pytest.approx(place.top + place.side / 2, abs=0.1 * place.side)


def test_two_people_are_two_faces() -> None:
    assert len(find_faces(wide(Crop(100, 200, 360), Crop(760, 180, 400)))) == 2


def test_a_phone_held_upright_and_a_small_picture_show_a_face_too() -> None:
    assert len(find_faces(wide(Crop(60, 300, 600), size=(720, 1280)))) == 1
    assert len(find_faces(wide(Crop(20, 10, 80), size=(160, 90)))) == 1


def test_nobody_is_in_an_empty_room_in_noise_or_in_a_picture_of_one_pixel() -> None:
    noise = np.random.default_rng(0).integers(0, 256, (720, 1280), np.uint8)
    for picture in (wide(), noise, np.zeros((720, 1280), np.uint8), np.zeros((1, 1), np.uint8)):
        assert find_faces(picture) == []


def test_looks_of_many_threads_at_once_find_what_each_alone_does() -> None:
    pictures = [wide(Crop(100 + 60 * number, 60, 400), face=2) for number in range(6)]
    alone = [find_faces(picture) for picture in pictures]
    with ThreadPoolExecutor(6) as pool:
        assert list(pool.map(find_faces, pictures * 3)) == alone * 3


@pytest.mark.slow
def test_a_closer_look_tells_the_same_face_in_another_place_more_alike() -> None:
    """Of one face that is shown at 24 sizes and places: how much its crop differs from what is shown."""
    rng = np.random.default_rng(0)
    first, closer = [], []
    for _ in range(24):
        side = int(rng.integers(340, 640))
        place = Crop(int(rng.integers(0, 1280 - side)), int(rng.integers(0, 720 - side)), side)
        shown = wide(place, face=2)
        (found,) = find_faces(shown)
        first.append(crop_about(found, 4000, 4000).side / side)
        closer.append(crop_about(look_closely(shown, found), 4000, 4000).side / side)
    assert np.std(np.log(closer)) < 0.75 * np.std(np.log(first))
    assert np.mean(closer) == pytest.approx(np.mean(first), rel=0.05)


def test_a_closer_look_at_nothing_leaves_the_box() -> None:
    for box in (Box(100.0, 50.0, 120.0), Box(-30.0, -20.0, 90.0), Box(1200.0, 650.0, 200.0), Box(3.0, 3.0, 1.0)):
        assert look_closely(wide(), box) == box
