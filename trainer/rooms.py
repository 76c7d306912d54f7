"""Wide pictures as webcams take them: somebody, head and shoulders, at some place of a room that is drawn."""

import cv2
import numpy as np
from numpy.typing import NDArray

from guard.core.items import Crop

Gray = NDArray[np.uint8]

WIDTH, HEIGHT = 1280, 720
SIDES = (200, 680)
"""Pixels of the square that head and shoulders fill: from somebody at the far end of a table to one who leans in."""
_HEAD = (0.40, 0.50)
"""Half the head's width and height, in sides of the square."""
_SHOULDERS = 0.72
"""Where shoulders begin, in sides of the square from above."""


def room(rng: np.random.Generator) -> Gray:
    """(HEIGHT, WIDTH) uint8: a wall in uneven light and texture, with shelves, windows and lamps before it."""
    across, down = (np.linspace(0.0, rng.normal(0.0, 60.0), side) for side in (WIDTH, HEIGHT))
    wall = down[:, None] + across[None] + rng.uniform(60.0, 190.0)
    for grain in (8, 32, 128):
        noise = rng.normal(0.0, rng.exponential(12.0), (HEIGHT // grain + 2, WIDTH // grain + 2)).astype(np.float32)
        wall += cv2.resize(noise, (WIDTH, HEIGHT), interpolation=cv2.INTER_CUBIC)
    picture = np.clip(wall, 0, 255).astype(np.uint8)
    for _ in range(int(rng.integers(40))):
        left, top, wide, high = (int(rng.integers(most)) for most in (WIDTH, HEIGHT, 300, 300))
        filled = -1 if rng.random() < 0.7 else 6
        cv2.rectangle(picture, (left, top), (left + wide, top + high), int(rng.integers(20, 235)), filled)
    for _ in range(int(rng.integers(8))):
        centre = int(rng.integers(WIDTH)), int(rng.integers(HEIGHT))
        cv2.circle(picture, centre, int(rng.integers(10, 120)), int(rng.integers(20, 235)), -1)
    return picture


def place(rng: np.random.Generator) -> Crop:
    """Anywhere in the picture, of any of SIDES: the perfect crop of whoever is put there."""
    side = int(rng.integers(*SIDES))
    return Crop(int(rng.integers(WIDTH - side + 1)), int(rng.integers(HEIGHT - side + 1)), side)


class Scene:
    """Somebody in a room: `background` as `room` gives it, `at` the square that the person fills."""

    def __init__(self, background: Gray, at: Crop) -> None:
        self._background, self.at = background, at
        y, x = np.mgrid[0 : at.side, 0 : at.side] / at.side
        head = ((x - 0.5) / _HEAD[0]) ** 2 + ((y - 0.48) / _HEAD[1]) ** 2 < 1
        shoulders = (y > _SHOULDERS) & (np.abs(x - 0.5) < 0.275 + 0.8 * (y - _SHOULDERS))
        edge = at.side * 0.015 + 0.5
        self._person = cv2.GaussianBlur((head | shoulders).astype(np.float32), (0, 0), edge)
        self._rows, self._columns = slice(at.top, at.top + at.side), slice(at.left, at.left + at.side)
        self._behind = (1 - self._person) * background[self._rows, self._columns]

    def shown(self, picture: Gray) -> Gray:
        """The wide picture while the person looks like `picture` (128, 128) uint8."""
        side = self.at.side
        large = cv2.resize(picture, (side, side), interpolation=cv2.INTER_CUBIC).astype(np.float32)
        wide = self._background.copy()
        wide[self._rows, self._columns] = np.clip(self._person * large + self._behind + 0.5, 0, 255)
        return wide
