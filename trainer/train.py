"""The training loop: batches in, checkpoints and a log out."""

import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from tqdm import tqdm

from trainer.ahead import batches_ahead
from trainer.blocks import Batch, Blocks, WorldFiles, save_whole
from trainer.data.world.world import Trials
from trainer.memory import keep_freed_memory
from trainer.pace import Pace, cost
from trainer.processes import agreed, count, in_turn, rank
from trainer.resume import BLOCKS, TRIALS, begun_with, take_folder
from trainer.runlog import RunLog
from trainer.seen import seen
from trainer.training import Training
from trainer.trials import auc, compare

CHECKPOINT = "checkpoint.pt"
_VALIDATION_SEED = 3


def train(training: Training, out: Path, files: WorldFiles, minutes: float | None, workers: int) -> None:
    """Go on in folder `out` until the preset's steps are done or `minutes` are over; the last state is checkpointed.

    Raises InputError where clips of another run lie in the folder.
    """
    keep_freed_memory()
    out.mkdir(parents=True, exist_ok=True)
    with in_turn():
        take_folder(out, files, training.preset, training.seed, begins=training.step == 0)
    trials = validation_trials(out / TRIALS, files) if rank() == 0 else None
    deadline = time.monotonic() + minutes * 60 if minutes else float("inf")
    with (
        RunLog(out, training.step) as log,
        Blocks(out / BLOCKS, files, training.preset, training.seed, workers, rank(), count()) as blocks,
    ):
        run_steps(
            training,
            blocks.batch,
            log,
            over=lambda: time.monotonic() > deadline,
            report=lambda loss: report(out, training, trials, files, loss, log) if trials else None,
            drivers=training.preset.identities,
        )


def run_steps(
    training: Training,
    batch: Callable[[int], Batch],
    log: RunLog,
    over: Callable[[], bool],
    report: Callable[[float], None],
    drivers: int,
) -> None:
    """Advance until the last step, or until it is `over`; `report(loss)` at each checkpoint and at the end.

    A `batch` shows so many `drivers`: there may be fewer than the preset asks for. With several processes it gives the
    clips of all, each takes its share, and the first one reports.
    """
    preset, first = training.preset, rank() == 0
    if first:
        tqdm.write(cost(replace(preset, identities=drivers)))
    with (
        tqdm(total=preset.steps, initial=training.step, unit="step", smoothing=0.05, disable=not first) as bar,
        closing(batches_ahead(batch, range(training.step, preset.steps), preset.device)) as batches,
    ):
        pace = Pace(preset.steps)
        for own in batches:
            loss = training.advance(*own)
            pace.advanced(own[0].shape[:2].numel() * count())
            bar.update()
            bar.set_postfix(loss=f"{loss:.3f}")
            log.step(training, loss, pace)
            done = training.step >= preset.steps or agreed(over(), preset.device)
            if done or training.step % preset.checkpoint_every == 0:
                if first:
                    report(loss)
                pace.pause_over()
            if done:
                break


def report(out: Path, training: Training, trials: Trials, files: WorldFiles, loss: float, log: RunLog) -> None:
    """Write the checkpoint, measure the validation AUCs, add them to it and a line to log.jsonl."""
    facts: dict[str, Any] = {"step": training.step, "loss": loss}
    facts |= seen(files, training.facts) | {"begun_with": begun_with(files)}
    training.save(out / CHECKPOINT, facts)  # measuring may fail, and hours of training are not to fail with it
    embeddings = training.embed(trials.frames)
    for kind in np.unique(trials.kind).tolist():
        for name, same_face in (("same_face", True), ("other_face", False)):
            facts[f"{kind}_{name}"] = round(auc(compare(embeddings, trials, kind, same_face)), 4)
    write_report(out, training, facts, log)


def write_report(out: Path, training: Training, facts: dict[str, Any], log: RunLog) -> None:
    """The checkpoint, with what is known of it, and the same in the log."""
    training.save(out / CHECKPOINT, facts)
    log.line(facts)


def validation_trials(path: Path, files: WorldFiles) -> Trials:
    """The run's validation clips, rendered once and kept at `path`: drivers and faces that are never trained on."""
    if not path.exists():
        world = files.world("validation")
        trials = world.validation_trials(np.random.default_rng(_VALIDATION_SEED), drivers=12, faces=2)
        save_whole(path, **vars(trials))
    with np.load(path) as stored:
        return Trials(**stored)
