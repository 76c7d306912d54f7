"""The training loop: batches in, checkpoints and a log out."""

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from tqdm import tqdm

from trainer.blocks import Batch, Blocks, WorldFiles, seen
from trainer.data.world.world import Trials
from trainer.memory import keep_freed_memory
from trainer.training import Training
from trainer.trials import auc, compare

CHECKPOINT = "checkpoint.pt"
_VALIDATION_SEED = 3


def train(training: Training, out: Path, files: WorldFiles, minutes: float | None, workers: int) -> None:
    """Go on in folder `out` until the preset's steps are done or `minutes` are over; the last state is checkpointed."""
    keep_freed_memory()
    out.mkdir(parents=True, exist_ok=True)
    trials = validation_trials(out / "trials.npz", files)
    deadline = time.monotonic() + minutes * 60 if minutes else float("inf")
    with Blocks(out / "blocks", files, training.preset, training.seed, workers) as blocks:
        run_steps(
            training,
            blocks.batch,
            over=lambda: time.monotonic() > deadline,
            report=lambda loss: report(out, training, trials, files, loss),
        )


def run_steps(
    training: Training, batch: Callable[[int], Batch], over: Callable[[], bool], report: Callable[[float], None]
) -> None:
    """Advance until the last step, or until it is `over`; `report(loss)` at each checkpoint and at the end."""
    preset = training.preset
    done = training.step >= preset.steps
    with tqdm(total=preset.steps, initial=training.step, unit="step", smoothing=0.05) as bar:
        while not done:
            loss = training.advance(*batch(training.step))
            bar.update()
            bar.set_postfix(loss=f"{loss:.3f}")
            done = training.step >= preset.steps or over()
            if done or training.step % preset.checkpoint_every == 0:
                report(loss)


def report(out: Path, training: Training, trials: Trials, files: WorldFiles, loss: float) -> None:
    """Measure the validation AUCs, write the checkpoint and a line of log.jsonl."""
    embeddings = training.embed(trials.frames)
    facts: dict[str, Any] = {"step": training.step, "loss": loss}
    facts |= seen(files, training.facts)
    for kind in np.unique(trials.kind).tolist():
        for name, same_face in (("same_face", True), ("other_face", False)):
            facts[f"{kind}_{name}"] = round(auc(compare(embeddings, trials, kind, same_face)), 4)
    write_report(out, training, facts)


def write_report(out: Path, training: Training, facts: dict[str, Any]) -> None:
    """The checkpoint, with what is known of it, and the same as a line of log.jsonl and of the screen."""
    training.save(out / CHECKPOINT, facts)
    with (out / "log.jsonl").open("a") as log:
        log.write(json.dumps(facts) + "\n")
    tqdm.write(json.dumps(facts))


def validation_trials(path: Path, files: WorldFiles) -> Trials:
    """The run's validation clips, rendered once and kept at `path`: drivers and faces that are never trained on."""
    if not path.exists():
        world = files.world("validation")
        trials = world.validation_trials(np.random.default_rng(_VALIDATION_SEED), drivers=12, faces=2)
        np.savez(path, **vars(trials))
    with np.load(path) as stored:
        return Trials(**stored)
