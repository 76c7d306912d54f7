"""Whether a stream's pictures are mirrored: looked at when somebody is about to be accused, for the mirror alone can
make a genuine person look like another one.

No picture tells that it is mirrored, and people move otherwise mirrored. What tells is the window once more, turned:
of a genuine person whose picture is mirrored it is nearer to the template by far, of an impostor hardly ever.
Only who was never known as they are is looked at: nobody's camera becomes a mirror in mid-call, but somebody may take
over, and would be judged anew for it.
"""

import numpy as np

from guard.core.errors import EngineError
from guard.core.extractor import Extractor
from guard.core.items import Floats, GridFrame, Measurement
from guard.core.scoring import score
from guard.core.stream import Stream

NEARER = 0.06
"""By how much more a window has to score turned for the stream to be turned: `trainer mirrored` says what that errs."""


def is_mirrored(extractor: Extractor, stream: Stream, window: Measurement, centre: Floats | None) -> bool:
    """Whether the window that has just been scored is nearer to the template when it is turned.

    Takes as many steps of the engine as the window has frames.
    """
    known, seen = stream.template, window.embedding
    if known is None or seen is None or stream.turned or stream.recognised:
        return False
    try:
        turned = embedded(extractor, stream, window.horizon)
    except EngineError:
        return False  # it fails at the next frame too, and is told of there
    return score(known, turned, centre) - score(known, seen, centre) > NEARER


def embedded(extractor: Extractor, stream: Stream, horizon: int) -> Floats:
    """The embedding (256,) of the stream's newest `horizon` pictures with left and right exchanged. EngineError."""
    other = extractor.open()
    for number, picture in enumerate(stream.history.pictures(horizon)):
        extractor.show(other, GridFrame(np.ascontiguousarray(picture[:, ::-1]), 0.0, number, False))
    return extractor.embed(other, horizon)
