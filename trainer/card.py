"""The model card that travels in every bundle."""

from collections.abc import Mapping
from typing import Any

from trainer.trials import bounds

UNMEASURED = (
    "One window proves nothing: false accepts and false accusations both happen, and their rates are not measured yet."
)
SIMULATED = (
    "One window proves nothing: false accepts and false accusations both happen; how often was measured in simulated "
    "calls only."
)
GENERAL_LIMITS = (
    "Verifies one claimed, enrolled person; it does not identify strangers and says nothing about people it has no "
    "template of.",
    UNMEASURED,
    "Made for a roughly frontal face in a centred square. A still picture gives no score; a covered or turned face "
    "that moves may be scored all the same: a face is looked for in wide pictures only, every few seconds.",
    "Whether it errs more often for some groups of people than for others is unknown: neither the tracks of real "
    "motion nor the portraits that it is measured on say anybody's age, sex, skin tone, origin or disability, and "
    "procedural drivers have none.",
    "Not for surveillance, employment, credit or policing; people must know that their way of moving is analysed.",
)
LIMITS = (
    *GENERAL_LIMITS,
    "Learned from simulated avatars; on real face generators and on other cameras it is unmeasured.",
)

AIMS = {
    "AUC, same face": "0.950",
    "AUC, other face": "0.900",
    "AUC, other face, other session": "none: reported",
}
"""What this project wants of one window of 64 frames, of drivers that the model has never seen; by a metric's name."""

_WORLD = {
    "name": "procedural drivers and drawn faces",
    "licence": "Apache-2.0, of this project",
    "use": "training and validation",
}
_MOTION = {
    "name": "face motion tracked in public videos of 54 drivers: 38 for training, 16 held out for validation",
    "licence": "MIT, Apache-2.0 and CC BY for training; CC BY-NC-SA for validation only",
    "use": "as movement of landmarks, without pictures; the statistics of procedural drivers were fitted on all 46 "
    "drivers whose licence allows training, 8 of the held-out ones among them",
}
_PORTRAITS = {
    "name": "portraits from CREMA-D",
    "licence": "ODbL 1.0",
    "use": "as faces that other people's motion is put onto",
}


def training_sources(facts: Mapping[str, Any]) -> list[dict[str, str]]:
    """What a model learned from, by the facts of its checkpoint; a run that says nothing else was on the world."""
    videos = [
        {"name": words, "licence": "that of the data set", "use": "training and validation"}
        for words in facts.get("videos", ())
    ]
    world = [_WORLD] if facts.get("world", True) else []
    real = [_MOTION] if facts["real_motion"] else []
    return [*world, *real, *([_PORTRAITS] if facts["portraits"] else []), *videos]


def model_card(manifest: Mapping[str, Any]) -> str:
    """README.md of a bundle, from the same values as its bundle.json."""
    return "\n".join(
        (
            f"# {manifest['model_id']}",
            "",
            "Tells who drives a talking face from how it moves: F5C features of gray 128x128 frames at 25 fps, what",
            "changes between them, and a head over time; embeddings of 256 values, compared by cosine.",
            "",
            "## Learned from",
            *_sources(manifest["training_data"]),
            "",
            "## Measured",
            *_metrics(manifest["metrics"]),
            "",
            "## Limits",
            *(f"- {limit}" for limit in manifest["limits"]),
            "",
            f"Licence of the weights: {manifest['licence']}.",
            "",
        )
    )


def _sources(sources: list[dict[str, str]]) -> list[str]:
    if not sources:
        return ["Nothing: the weights are random. For development only."]
    return [f"- {source['name']} ({source['licence']}): {source['use']}" for source in sources]


def _metrics(metrics: list[dict[str, Any]]) -> list[str]:
    if not metrics:
        return ["Nothing."]
    header = [
        "Aims are of one window of 64 frames, of drivers that the model has never seen; none stands for another.",
        "",
        "| measure | value | 95 % interval | aim | on |",
        "| --- | --- | --- | --- | --- |",
    ]
    row = "| {name} | {value:.3f} | {within} | {aim} | {on} |"
    return header + [
        row.format(**metric, within=bounds(metric["low"], metric["high"]), aim=AIMS.get(metric["name"], "-"))
        for metric in metrics
    ]
