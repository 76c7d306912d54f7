"""Finds faces: OpenCV's frontal cascade, which comes inside opencv-python-headless 4.x (5.x has it no longer).

Pictures are looked at small: what matters is where the head is, not who it is, and a look has to cost next to nothing
beside the stream's frames.
"""

import threading
from functools import cache
from pathlib import Path

import cv2
import numpy as np

from guard.core.framing import Box
from guard.core.items import Gray

CASCADE = "haarcascade_frontalface_alt2.xml"
LOOK = 240
"""Longer side, in pixels, of the picture that is looked at."""
SMALLEST = 24
"""Side of the smallest face in it: a crop of 27 % of a wide picture's height, which is 98 pixels of 360."""
STEP = 1.25
"""Ratio of one size of face that is tried to the next."""
CELLS = 48
AGREEING = 3
"""Neighbouring hits that make a face; fewer make faces of shelves and windows."""

AROUND = 1.7
"""Side of what a closer look is taken at, in sides of the face that was found."""
CLOSE = 96
"""Longer side, in pixels, of the picture that it is taken at."""
FINE_STEP = 1.05
FINE_SIZES = 0.7, 1.4
"""Least and largest size of face that it tries, in sizes of the face that was found."""
FINE_SIDE = 1.022
"""Sides of a first look's box in sides of a closer look's: measured on the portraits that training shows."""

_ONE_LOOK = threading.Lock()
"""Held for a look: a cascade works on what it keeps, and one of its own for each thread took 1.5 MiB a stream."""


def find_faces(shown: Gray) -> list[Box]:
    """Frontal faces in a luma plane (height, width) uint8, turned as it is displayed; of any size and range."""
    height, width = shown.shape
    scale = max(1.0, max(height, width) / LOOK)
    size = max(1, round(width / scale)), max(1, round(height / scale))
    small = cv2.resize(np.ascontiguousarray(shown), size, interpolation=cv2.INTER_AREA)
    least = (SMALLEST, SMALLEST)
    with _ONE_LOOK:
        found = _cascade().detectMultiScale(small, scaleFactor=STEP, minNeighbors=AGREEING, minSize=least)
    return [Box(left * scale, top * scale, side * scale) for left, top, side, _ in np.reshape(found, (-1, 4)).tolist()]


def look_closely(shown: Gray, face: Box) -> Box:
    """Where exactly in a luma plane the face is that was found there: the same box if it is not found again.

    Sizes that are tried a quarter apart put a crop .06 of its side off from place to place; these, .035. It takes as
    long as a look at the whole picture, and is worth that where a crop is chosen: see docs/benchmarks.md.
    """
    height, width = shown.shape
    (x, y), half = face.middle, face.side * AROUND / 2
    left, top = max(0, round(x - half)), max(0, round(y - half))
    part = shown[top : min(height, round(y + half)), left : min(width, round(x + half))]
    scale = max(part.shape) / CLOSE
    size = max(1, round(part.shape[1] / scale)), max(1, round(part.shape[0] / scale))
    small = cv2.resize(
        np.ascontiguousarray(part), size, interpolation=cv2.INTER_AREA if scale > 1 else cv2.INTER_LINEAR
    )
    least, most = (round(share * face.side / scale) for share in FINE_SIZES)
    with _ONE_LOOK:
        found = _cascade().detectMultiScale(
            small, scaleFactor=FINE_STEP, minNeighbors=AGREEING, minSize=(least, least), maxSize=(most, most)
        )
    if not len(found):
        return face
    x, y, side, _ = (float(value) for value in max(found, key=lambda one: one[2]))
    larger = side * FINE_SIDE
    return Box(left + (x - (larger - side) / 2) * scale, top + (y - (larger - side) / 2) * scale, larger * scale)


def cells(shown: Gray) -> Gray:
    """The means (CELLS, CELLS) uint8 of the parts of a luma plane (height, width): enough to see that one changes."""
    sparse = shown[:: max(1, shown.shape[0] // 180), :: max(1, shown.shape[1] // 320)]
    return np.asarray(cv2.resize(np.ascontiguousarray(sparse), (CELLS, CELLS), interpolation=cv2.INTER_AREA))


@cache
def _cascade() -> cv2.CascadeClassifier:
    cv2.setNumThreads(1)  # a look belongs to the thread that asked; its own threads would only fight with the model's
    return cv2.CascadeClassifier(str(Path(cv2.data.haarcascades) / CASCADE))
