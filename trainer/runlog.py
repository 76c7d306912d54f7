"""What a run writes beside its checkpoint: log.jsonl, a line a report, and TensorBoard's events, a point a step."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from torch.utils.tensorboard import SummaryWriter
from tqdm import tqdm

from trainer.pace import Pace
from trainer.processes import rank
from trainer.training import Training

EVENTS = "events"
"""Folder of a run for `tensorboard --logdir`."""


class RunLog:
    """The log of a run in folder `out`; a context manager. Of several processes only the first one writes."""

    def __init__(self, out: Path, step: int) -> None:
        self._out = out
        # A run that goes on from a checkpoint makes the steps after it again: their old points are not shown.
        self._events = SummaryWriter(str(out / EVENTS), purge_step=step + 1) if rank() == 0 else None

    def __enter__(self) -> "RunLog":
        return self

    def __exit__(self, *_: object) -> None:
        if self._events:
            self._events.close()

    def step(self, training: Training, loss: float, pace: Pace) -> None:
        """Add a step's points to TensorBoard's curves; say once what is left of the run."""
        if not self._events:
            return
        rate = training.optimiser.param_groups[0]["lr"]
        self._points(training.step, loss=loss, learning_rate=rate, gradient_norm=training.gradient_norm)
        self._points(training.step, frames_per_second=pace.frames_per_second)
        outlook = pace.outlook(training.step)
        if outlook:
            tqdm.write(outlook)

    def line(self, facts: Mapping[str, Any]) -> None:
        """Add a report to log.jsonl, to the screen, and its validation figures to the curves."""
        if not self._events:
            return
        with (self._out / "log.jsonl").open("a") as log:
            log.write(json.dumps(facts) + "\n")
        tqdm.write(json.dumps(facts))
        found = {name: value for name, value in facts.items() if isinstance(value, float) and name != "loss"}
        self._points(facts["step"], **{f"validation/{name}": value for name, value in found.items()})
        self._events.flush()

    def _points(self, step: int, **values: float) -> None:
        assert self._events
        for name, value in values.items():
            self._events.add_scalar(name, value, step)
