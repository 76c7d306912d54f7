"""Whether a picture is that of a computer's screen: flat surfaces and letters, as no camera sees them.

Calls say of most shared screens that they are such; this is for those of which nobody says so. It errs on the side of
a camera: what is taken for a screen is not scored, whoever's face is shown on it.
"""

import numpy as np

from guard.core.items import Gray

FLAT = 0.5
"""Share of neighbouring pixels of one line that are equal. Coded as calls do, dense pages have .55 and more."""
SHARP = 0.02
"""Share of them that differ by EDGE gray levels or more. Pages of 640x360 and more have .02 to .1; rooms that a camera
sees have .006 at most, and drawn rooms with sharp edges .011."""
EDGE = 48
LINES = 4
"""Of so many lines one is looked at."""


def is_screen(shown: Gray) -> bool:
    """Whether a luma plane (height, width) uint8 shows a screen for certain."""
    steps = np.abs(np.diff(shown[::LINES].astype(np.int16), axis=1))
    return bool(steps.size) and float(np.mean(steps == 0)) >= FLAT and float(np.mean(steps >= EDGE)) >= SHARP
