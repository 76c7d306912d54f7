"""A running stream goes from one bundle to another without losing its window, its evidence or its decision.

The pictures of the window are in memory. The other bundle's engine is shown them again, a few at a time, while the
stream goes on as it was; once it has seen all that came, the stream changes over between two frames. What an engine
remembers reaches back a few frames and a window as many as it has, so nothing tells the stream from one that had the
other bundle all along.
"""

from guard.core.items import Floats
from guard.core.scoring import check_template
from guard.core.stream import Stream
from guard.core.verifier import Verifier


class Takeover:
    """One stream's change of bundle: `catch_up` until it is not `behind`, then `finish`."""

    def __init__(self, stream: Stream, verifier: Verifier) -> None:
        self._old = stream
        self._verifier = verifier
        self._begin()

    def _begin(self) -> None:
        self._new = self._verifier.open(None, opted_out=self._old.opted_out)
        # The run that is shown, and the number of its next frame, from 0.
        self._run = self._old.cuts
        self._next = self._old.history.first

    @property
    def behind(self) -> int:
        """Frames of the window that the other bundle has not seen; of a stream that opted out nothing is to be seen."""
        if self._run != self._old.cuts or self._next < self._old.history.first:
            self._begin()  # the run is over, or went on past what is kept: what was shown of it does not count
        return 0 if self._old.opted_out else self._old.history.pushed - self._next

    def catch_up(self, frames: int) -> None:
        """Show at most so many frames to the other bundle. Raises EngineError: it cannot take over."""
        for _ in range(min(frames, self.behind)):
            self._verifier.show(self._new, self._old.history.frame(self._next))
            self._next += 1

    def finish(self, template: Floats | None, windows: int | None = None) -> Stream:
        """The stream as the other bundle goes on with it; `template` (256,) is that bundle's, None: there is none.

        It was made of so many `windows`; None: not known.
        Evidence and decision stay, for they are about the same person; without a template nothing can be said of them.
        """
        if self.behind:
            raise AssertionError(f"{self.behind} frames have not been shown")
        new, old = self._new, self._old
        new.continue_from(old)
        if template is None or old.template is None:
            self._verifier.set_template(new, template, windows)
        else:
            new.template, new.windows = check_template(template), windows
        return new
