"""What a model knows and how well: calibration and AUCs on drivers and faces it never saw."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict
from typing import Any

import numpy as np
from numpy.typing import NDArray

from trainer.baselines import System, baselines
from trainer.blocks import WorldFiles
from trainer.calibrate import cllr, fit_calibration, held_out_llr, template_scores
from trainer.data.world.world import Trials
from trainer.export import HORIZON, UNTRAINED
from trainer.measures import weighted_auc
from trainer.models.fingerprint import Architecture
from trainer.trials import Interval, Pairs, bootstrap, bounds, compare

Embed = Callable[[NDArray[np.uint8]], NDArray[np.float32]]
"""Clips (C, T, 128, 128) -> embeddings (C, 256)."""
_SEED = 4
SAME_FACE, OTHER_FACE, OTHER_GENERATOR = "same face", "other face", "other face, other generator"
OTHER_SESSION = "other session"


def evaluation_trials(files: WorldFiles, drivers: int, faces: int = 8, clips: int = 3, length: int = HORIZON) -> Trials:
    """Clips of `length` frames of held-out drivers on held-out faces, other ones than training watched.

    All families of the files' generators show faces, as long as these are as many.
    """
    world = files.world("validation")
    return world.validation_trials(np.random.default_rng(_SEED), length, drivers, faces, clips)


def directions(embeddings: NDArray[np.float32], centre: NDArray[np.float32] | None) -> NDArray[np.float32]:
    """Embeddings less the centre, of unit norm again."""
    centred = embeddings if centre is None else embeddings - centre
    unit: NDArray[np.float32] = centred / np.linalg.norm(centred, axis=1, keepdims=True)
    return unit


def relations(embeddings: NDArray[np.float32], trials: Trials, kind: str) -> Iterator[tuple[str, Pairs]]:
    """The pairs of clips of one kind of driver that are measured, by what their clips share; `embeddings` of unit norm.

    Another face is one that a generator of another family shows, where the trials have two families.
    """
    yield SAME_FACE, compare(embeddings, trials, kind, same_face=True, same_session=True)
    one = len(np.unique(trials.family)) == 1
    words, same_family = (OTHER_FACE, None) if one else (OTHER_GENERATOR, False)
    for name, same_session in ((words, True), (f"{words}, {OTHER_SESSION}", False)):
        yield name, compare(embeddings, trials, kind, False, same_session, same_family)


def metrics(
    embeddings: NDArray[np.float32], trials: Trials, centre: NDArray[np.float32] | None
) -> Iterator[dict[str, Any]]:
    """AUC of clip against clip with 95 % intervals, by kind of driver and by what the clips share."""
    unit, rng = directions(embeddings, centre), np.random.default_rng(_SEED)
    for kind in np.unique(trials.kind).tolist():
        drivers, faces = (len(np.unique(of[trials.kind == kind])) for of in (trials.driver, trials.face))
        for words, pairs in relations(unit, trials, kind):
            if not pairs.genuine.any():
                continue  # real drivers have one session
            interval, length = bootstrap(pairs, weighted_auc, rng), trials.frames.shape[1]
            among = f"{drivers} held-out {kind} drivers on {faces} faces"
            yield metric(f"AUC, {words}", interval, f"{among}, {interval.pairs} pairs of clips of {length} frames")


def beside(trials: Trials, systems: Mapping[str, System]) -> Iterator[dict[str, Any]]:
    """The same of systems that embed a clip at a time, each figure with its `system`."""
    for name, system in systems.items():
        embeddings = each(system)(trials.frames)
        yield from ({"system": name} | found for found in metrics(embeddings, trials, None))


def each(system: System) -> Embed:
    """A system that embeds a clip at a time as one that embeds many."""
    return lambda frames: np.stack([system(clip) for clip in frames])


def metric(name: str, interval: Interval | str, on: str) -> dict[str, Any]:
    """A figure as bundle.json states it; `on` also says why there is no interval, or what it leaves out.

    Where it could not be measured, and why is given instead, value and interval are None: bundle.json has no such.
    """
    if isinstance(interval, str):
        return {"name": name, "value": None, "low": None, "high": None, "on": f"{on}; not measurable: {interval}"}
    return {"name": name, **interval.rounded(), "on": f"{on}; {interval.remark}" if interval.remark else on}


def in_line(found: Mapping[str, Any]) -> str:
    """What `metric` made, for people, and of which system where it says so."""
    name = f"{found['system']}: {found['name']}" if found.get("system") else found["name"]
    if found["value"] is None:
        return f"{name}: none, on {found['on']}"
    return f"{name} {found['value']:.3f} ({bounds(found['low'], found['high'])}) on {found['on']}"


def learn(
    embed: Embed, files: WorldFiles, drivers: int, made: Architecture | None, length: int = HORIZON
) -> dict[str, Any]:
    """What a bundle says of scores of `length` frames: calibration and metrics, as in trainer.export.UNTRAINED.

    With what trivial systems reach on the same trials; one of these is a network that is `made` like the model.
    """
    trials = evaluation_trials(files, drivers, length=length)
    knowledge = learned(embed(trials.frames), trials)
    return knowledge | {"metrics": [*knowledge["metrics"], *beside(trials, baselines(made))]}


def learned(embeddings: NDArray[np.float32], trials: Trials) -> dict[str, Any]:
    """The same of a model that has embedded the trials, alone.

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
