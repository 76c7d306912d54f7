"""Everything that one participant's video owns. The engine is shared and keeps nothing; a stream is never shared."""

import numpy as np

from guard.core.baseline import Baseline
from guard.core.change import Suspicion
from guard.core.decision import opening
from guard.core.evidence import Evidence
from guard.core.finding import Finding
from guard.core.grid import Grid
from guard.core.history import History
from guard.core.items import SIZE, Cut, Floats, Frame, Gray, GridFrame, Reason, Thresholds
from guard.core.learning import Learning
from guard.core.pace import Pace
from guard.core.sketch import Sketch
from guard.core.window import Window

_BLANK: Gray = np.zeros((SIZE, SIZE), np.uint8)


class Stream:
    """The state of one stream, changed only by the extractor and the verifier that opened it."""

    def __init__(self, state_size: int, longest: int, template: Floats | None, *, opted_out: bool, edge: int) -> None:
        # Grid frames that `window` and `history` keep; the window's edge, see guard.core.window.
        self._longest, self._edge = longest, edge
        # The claimed person's template (256,); None while there is none. Changed by Verifier.set_template.
        self.template = template
        # How many windows it was made of; None: not known.
        self.windows: int | None = None
        # By which it is judged; None: by those of the judge's settings. Changed by Verifier.set_thresholds.
        self.thresholds: Thresholds | None = None
        # Whether the call is compared with its own opening while there is no template.
        self.continuity = False
        # Why there is no template, while there is none. Changed by Verifier.set_missing.
        self.missing = Reason.NOT_ENROLLED
        # What the call shows for the person's template; None unless they have opted in. A new model begins anew.
        self.learning: Learning | None = None
        # The participant is not to be verified, so no picture is kept or encoded. Changed by Verifier.set_opted_out.
        self.opted_out = opted_out

        # Which frame fills which slot of the 25 fps grid; runs ahead of what follows by the frame that waits in it.
        self.grid = Grid()
        # How often frames come; goes on across cuts.
        self.pace = Pace()
        # What the engine remembers of the run, (state_size,) float32; written after each step, zeros after a cut.
        self.state: Floats = np.zeros(state_size, np.float32)
        # Cached results of the head, one row a grid frame; emptied by a cut.
        self.window = Window(longest, edge)
        # Pictures, motion and filler of the window, one row a grid frame; emptied by a cut.
        self.history = History(longest)
        # How the picture moved in this call, and whether that was seen before; a cut ends its run.
        self.sketch = Sketch()
        # Cuts so far, which is also the number of the present run, and the reason of the newest.
        self.cuts = 0
        self.last_cut: Cut | None = None

        # The newest finding with a score; a cut leaves it, a new template clears it.
        self.scored: Finding | None = None
        # What the call so far says about the claim; moved by scored windows only, set back by a new template.
        self.evidence = Evidence()
        # How the call so far looks, for later windows to be compared with, and what they say of a change of driver.
        # A new template and a new model begin anew. None before the first window.
        self.baseline: Baseline | None = None
        self.suspicion = Suspicion()
        # The decision and what its next change depends on; moved by scores, by their absence and by a new template.
        self.standing = opening(comparable=template is not None, opted_out=opted_out)
        # The decision in the newest verdict, to tell whether the next one is news.
        self.told = self.standing.decision
        # Number of the newest verdict; the first is 1.
        self.sequence = 0
        # Whether pictures are turned, left to right, as they were found to be mirrored.
        self.turned = False
        # Whether the claimed person was VERIFIED in this stream; then no mirror explains who is not like them.
        self.recognised = False
        # Stream time of the accusation that waits for a look at the window turned; None while none does.
        self.accused_at: float | None = None
        # Whether that found no mirror; until the evidence has asked for something else than an accusation.
        self.no_mirror = False
        # Verdict periods of stream time up to the newest frame that was skipped; None while none has been.
        self.skipped: int | None = None

    @property
    def comparable(self) -> bool:
        """Whether there is something to compare the stream with, or will be."""
        return self.template is not None or self.continuity

    def take(self, frame: Frame) -> list[GridFrame | Cut]:
        """Put a frame on the grid; what it settles is to be followed up, in order, by `advance` and `end_run`."""
        return self.grid.put(Frame(_BLANK, frame.time) if self.opted_out else frame)

    def advance(self, frame: GridFrame, state: Floats, column: Floats, start: Floats) -> None:
        """Take the next grid frame of the run and what the engine made of it."""
        self.history.push(frame)
        self.sketch.push(frame.pixels)
        self.window.push(column, start)
        np.copyto(self.state, state)  # a view would keep the whole batch's states alive

    def cut(self, cut: Cut) -> None:
        """End the run for a reason that the grid cannot know; the next frame begins another."""
        self.grid.restart()
        self.end_run(cut)

    def end_run(self, cut: Cut) -> None:
        """Follow up a cut of the grid: forget what must not be joined with what comes. Evidence and decision stay."""
        self.window.restart()
        self.history.restart()
        self.sketch.restart()
        self.state.fill(0)
        self.cuts += 1
        self.last_cut = cut

    def forget(self) -> None:
        """End the run, and keep neither its pictures nor what was computed from them."""
        self.cut(Cut.PICTURE_CHANGED)
        self.history, self.window = History(self._longest), Window(self._longest, self._edge)
        self.sketch = Sketch()

    def forget_findings(self) -> None:
        """What was found counts for nothing any more: somebody else is claimed, or another template."""
        self.scored, self.evidence, self.baseline, self.suspicion = None, Evidence(), None, Suspicion()
        self.recognised, self.accused_at, self.no_mirror = False, None, False

    def continue_from(self, other: "Stream") -> None:
        """Go on as the same participant's stream as `other`, which ends; its template and window are not taken.

        Nor are its thresholds, nor its baseline, which another model cannot compare with, and what was suspected by it.
        """
        self.grid, self.pace, self.cuts, self.last_cut = other.grid, other.pace, other.cuts, other.last_cut
        self.scored, self.evidence, self.standing = other.scored, other.evidence, other.standing
        self.told, self.sequence, self.skipped = other.told, other.sequence, other.skipped
        self.missing, self.continuity = other.missing, other.continuity
        self.sketch, self.turned, self.recognised = other.sketch, other.turned, other.recognised
        self.accused_at, self.no_mirror = other.accused_at, other.no_mirror
        self.learning = None if other.learning is None else Learning()
