"""Which of MediaPipe's 478 face landmarks belong to what (lists in drawing order, person's own left and right).

Picture coordinates: x to the right, y down, z towards the camera negative; so a person's left is the picture's right.
"""

import numpy as np
from numpy.typing import NDArray

LANDMARKS = 478

OVAL = (10, 338, 297, 332, 284, 251, 389, 356, 454, 323, 361, 288, 397, 365, 379, 378, 400, 377,
        152, 148, 176, 149, 150, 136, 172, 58, 132, 93, 234, 127, 162, 21, 54, 103, 67, 109)  # fmt: skip
LIPS_OUTER = (61, 146, 91, 181, 84, 17, 314, 405, 321, 375, 291, 409, 270, 269, 267, 0, 37, 39, 40, 185)
LIPS_INNER = (78, 95, 88, 178, 87, 14, 317, 402, 318, 324, 308, 415, 310, 311, 312, 13, 82, 81, 80, 191)
LEFT_EYE = (263, 249, 390, 373, 374, 380, 381, 382, 362, 398, 384, 385, 386, 387, 388, 466)
RIGHT_EYE = (33, 7, 163, 144, 145, 153, 154, 155, 133, 173, 157, 158, 159, 160, 161, 246)
LEFT_BROW = (276, 283, 282, 295, 285, 336, 296, 334, 293, 300)
RIGHT_BROW = (46, 53, 52, 65, 55, 107, 66, 105, 63, 70)
RIGHT_IRIS = (468, 469, 470, 471, 472)  # centre, then the rim
LEFT_IRIS = (473, 474, 475, 476, 477)
NOSE_RIDGE = (168, 6, 197, 195, 5, 4, 1)
NOSE_BASE = (98, 97, 2, 326, 327)

SKIN = (
    8, 9, 151, 108, 337, 69, 299, 104, 333, 68, 298, 71, 301, 116, 345, 117, 346, 118, 347, 119, 348, 100, 329,
    142, 371, 126, 355, 131, 360, 203, 423, 206, 426, 216, 436, 200, 199, 175, 171, 396, 140, 369, 135, 364,
    169, 394, 210, 430, 214, 434, 192, 416, 213, 433, 177, 401, 50, 280, 101, 330, 36, 266, 205, 425, 187, 411,
    123, 352, 147, 376, 207, 427, 212, 432, 48, 278, 64, 294,
)  # fmt: skip

CONTROL = tuple(sorted({
    *OVAL, *LIPS_OUTER, *LIPS_INNER, *LEFT_EYE, *RIGHT_EYE, *LEFT_BROW, *RIGHT_BROW, *LEFT_IRIS, *RIGHT_IRIS,
    *NOSE_RIDGE, *NOSE_BASE, *SKIN,
}))  # fmt: skip
"""The landmarks that bend a picture: every contour, and enough of the skin between; all 478 would show no more."""

TRACKED = (
    *LIPS_OUTER, *LIPS_INNER, *LEFT_EYE, *RIGHT_EYE, *LEFT_BROW, *RIGHT_BROW, *LEFT_IRIS, *RIGHT_IRIS,
    *NOSE_RIDGE, *NOSE_BASE, *OVAL[::3],
)  # fmt: skip
"""The 126 that the landmark baseline is given: as many as NVFAIR's tracker finds; which, is our choice."""

OUTER_CORNERS = (33, 263)
"""Of the eyes; their distance changes only with the head."""

UPPER_LIDS = (159, 386)
LOWER_LIDS = (145, 374)
INNER_LIP_TOP = 13
INNER_LIP_BOTTOM = 14


def region_weights(shape: NDArray[np.float32], members: tuple[int, ...], reach: float) -> NDArray[np.float32]:
    """How much each landmark of `shape` (478, 3) belongs to a region: 1 on its members, a Gaussian of `reach` away."""
    gaps = np.linalg.norm(shape[:, None, :2] - shape[None, list(members), :2], axis=2).min(axis=1)
    return np.asarray(np.exp(-0.5 * (gaps / reach) ** 2), np.float32)


def mirror_index(shape: NDArray[np.float32]) -> NDArray[np.intp]:
    """For each landmark of a roughly symmetric `shape` (478, 3), the landmark nearest to its mirror image."""
    mirrored = shape * np.array([-1.0, 1.0, 1.0], np.float32)
    gaps: NDArray[np.float32] = np.linalg.norm(mirrored[:, None] - shape[None], axis=2)
    nearest: NDArray[np.intp] = gaps.argmin(axis=1)
    return nearest
