"""What a model knows and how well: calibration and AUCs on drivers and faces it never saw."""

from collections.abc import Callable, Mapping
from dataclasses import asdict
from typing import Any

import numpy as np
from numpy.typing import NDArray

from trainer.blocks import WorldFiles
from trainer.calibrate import cllr, fit_calibration, held_out_llr, template_scores
from trainer.data.world.world import Trials
from trainer.export import HORIZON, UNTRAINED
from trainer.measures import weighted_auc
from trainer.trials import Interval, bootstrap, bounds, compare

Embed = Callable[[NDArray[np.uint8]], NDArray[np.float32]]
"""Clips (C, T, 128, 128) -> embeddings (C, 256)."""
_SEED = 4
PAIRS = (("same face", True, True), ("other face", False, True), ("other face, other session", False, False))
"""Which pairs of clips are measured: their name, and whether they share face and recording session."""


def evaluation_trials(files: WorldFiles, drivers: int, faces: int = 2, clips: int = 3, length: int = HORIZON) -> Trials:
    """Clips of `length` frames of held-out drivers on held-out faces, other ones than training watched."""
    world = files.world("validation")
    return world.validation_trials(np.random.default_rng(_SEED), length, drivers, faces, clips)


def directions(embeddings: NDArray[np.float32], centre: NDArray[np.float32] | None) -> NDArray[np.float32]:
    """Embeddings less the centre, of unit norm again."""
    centred = embeddings if centre is None else embeddings - centre
    unit: NDArray[np.float32] = centred / np.linalg.norm(centred, axis=1, keepdims=True)
    return unit


def metrics(
    embeddings: NDArray[np.float32], trials: Trials, centre: NDArray[np.float32] | None
) -> list[dict[str, Any]]:
    """AUC of clip against clip with 95 % intervals, by kind of driver, on one face or two, of one session or two."""
    unit, rng = directions(embeddings, centre), np.random.default_rng(_SEED)
    found = []
    for kind in np.unique(trials.kind).tolist():
        drivers = len(np.unique(trials.driver[trials.kind == kind]))
        for words, same_face, same_session in PAIRS:
            pairs = compare(unit, trials, kind, same_face, same_session)
            if not pairs.genuine.any():
                continue  # real drivers have one session
            interval = bootstrap(pairs, weighted_auc, rng)
            length = trials.frames.shape[1]
            on = f"{drivers} held-out {kind} drivers, {interval.pairs} pairs of clips of {length} frames"
            found.append(metric(f"AUC, {words}", interval, on))
    return found


def metric(name: str, interval: Interval | str, on: str) -> dict[str, Any]:
    """A figure as bundle.json states it; `on` also says why there is no interval, or what it leaves out.

    Where it could not be measured, and why is given instead, value and interval are None: bundle.json has no such.
    """
    if isinstance(interval, str):
        return {"name": name, "value": None, "low": None, "high": None, "on": f"{on}; not measurable: {interval}"}
    return {"name": name, **interval.rounded(), "on": f"{on}; {interval.remark}" if interval.remark else on}


def in_line(found: Mapping[str, Any]) -> str:
    """What `metric` made, for people."""
    if found["value"] is None:
        return f"{found['name']}: none, on {found['on']}"
    return f"{found['name']} {found['value']:.3f} ({bounds(found['low'], found['high'])}) on {found['on']}"


def learn(embed: Embed, files: WorldFiles, drivers: int = 24, length: int = HORIZON) -> dict[str, Any]:
    """What a bundle says of scores of `length` frames: calibration and metrics, as in trainer.export.UNTRAINED."""
    trials = evaluation_trials(files, drivers, length=length)
    return learned(embed(trials.frames), trials)


def learned(embeddings: NDArray[np.float32], trials: Trials) -> dict[str, Any]:
    """The same of a model that has embedded the trials.

    No centre is taken off: with today's model it costs more on procedural drivers than it gains on real ones.
    """
    pairs = template_scores(embeddings, trials, None)
    calibration = fit_calibration(pairs.score, pairs.genuine)
    cost = bootstrap(held_out_llr(pairs), cllr, np.random.default_rng(_SEED))
    on = f"{cost.pairs} scores against templates of 2 clips on the same face, calibrated on other drivers"
    return {
        **UNTRAINED,
        "calibration": {str(trials.frames.shape[1]): asdict(calibration)},
        "metrics": [
            *metrics(embeddings, trials, None),
            metric("Cllr of one window (1: knows nothing)", cost, on),
        ],
    }
