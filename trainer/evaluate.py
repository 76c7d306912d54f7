"""What a model knows and how well: centre, calibration and AUCs on drivers and faces it never saw."""

from collections.abc import Callable
from dataclasses import asdict
from typing import Any

import numpy as np
from numpy.typing import NDArray

from trainer.blocks import WorldFiles
from trainer.calibrate import cllr, fit_calibration, template_scores
from trainer.data.world.world import Trials, World
from trainer.export import HORIZON, UNTRAINED
from trainer.trials import bootstrap_auc, compare

Embed = Callable[[NDArray[np.uint8]], NDArray[np.float32]]
"""Clips (C, T, 128, 128) -> embeddings (C, 256)."""
_SEED = 4


def evaluation_trials(files: WorldFiles, drivers: int, faces: int = 2, clips: int = 3) -> Trials:
    """Clips of held-out drivers on held-out faces, other ones than those watched during training."""
    world = World(files.motion, files.targets, split="validation")
    return world.validation_trials(np.random.default_rng(_SEED), HORIZON, drivers, faces, clips)


def cohort_centre(embed: Embed, files: WorldFiles, identities: int) -> NDArray[np.float32]:
    """Mean embedding (256,) of drivers of the training split: what all have in common tells nobody apart."""
    frames, _ = World(files.motion, files.targets).batch(np.random.default_rng(_SEED), identities, 2, HORIZON)
    centre: NDArray[np.float32] = embed(frames).mean(axis=0)
    return centre


def directions(embeddings: NDArray[np.float32], centre: NDArray[np.float32] | None) -> NDArray[np.float32]:
    """Embeddings less the centre, of unit norm again."""
    centred = embeddings if centre is None else embeddings - centre
    unit: NDArray[np.float32] = centred / np.linalg.norm(centred, axis=1, keepdims=True)
    return unit


def metrics(
    embeddings: NDArray[np.float32], trials: Trials, centre: NDArray[np.float32] | None
) -> list[dict[str, Any]]:
    """AUC of clip against clip with 95 % intervals, by kind of driver, on the same face and on different faces."""
    unit, rng = directions(embeddings, centre), np.random.default_rng(_SEED)
    found = []
    for kind in np.unique(trials.kind).tolist():
        drivers = len(np.unique(trials.driver[trials.kind == kind]))
        for words, same_face in (("same face", True), ("other face", False)):
            interval = bootstrap_auc(compare(unit, trials, kind, same_face), rng)
            on = f"{drivers} held-out {kind} drivers, {interval.pairs} pairs of clips of {HORIZON} frames"
            values = {name: round(value, 4) for name, value in asdict(interval).items() if name != "pairs"}
            found.append({"name": f"AUC, {words}", "value": values.pop("auc"), **values, "on": on})
    return found


def learn(embed: Embed, files: WorldFiles, drivers: int = 24) -> dict[str, Any]:
    """What a bundle says of its scores: centre, calibration and metrics, as in trainer.export.UNTRAINED."""
    centre, trials = cohort_centre(embed, files, drivers), evaluation_trials(files, drivers)
    embeddings = embed(trials.frames)
    scores, genuine = template_scores(embeddings, trials, centre)
    calibration = fit_calibration(scores, genuine)
    cost = round(cllr(calibration.slope * scores + calibration.offset, genuine), 4)
    on = f"{len(scores)} scores against templates of 2 clips on the same face, 1 is what knowing nothing costs"
    return {
        **UNTRAINED,
        "calibration": {str(HORIZON): asdict(calibration)},
        "cohort": {"centre": [round(float(value), 6) for value in centre]},
        "metrics": [
            *metrics(embeddings, trials, centre),
            {"name": "Cllr of one window", "value": cost, "low": cost, "high": cost, "on": on},
        ],
    }
