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


def cells(shown: Gray) -> Gray:
    """The means (CELLS, CELLS) uint8 of the parts of a luma plane (height, width): enough to see that one changes."""
    sparse = shown[:: max(1, shown.shape[0] // 180), :: max(1, shown.shape[1] // 320)]
    return np.asarray(cv2.resize(np.ascontiguousarray(sparse), (CELLS, CELLS), interpolation=cv2.INTER_AREA))


@cache
def _cascade() -> cv2.CascadeClassifier:
    cv2.setNumThreads(1)  # a look belongs to the thread that asked; its own threads would only fight with the model's
    return cv2.CascadeClassifier(str(Path(cv2.data.haarcascades) / CASCADE))
