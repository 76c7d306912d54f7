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
VIDEO_LIMITS = (
    *GENERAL_LIMITS,
    "Learned from the videos named above; on other generators, cameras and people it is unmeasured. Its figures and "
    "calibration are of this project's simulated world.",
)
LICENCE = "Apache-2.0"
VIDEO_LICENCE = "not stated: it depends on the videos that they were learned from; ask whose these are"

AIMS = {
    "AUC, same face": "0.950",
    "AUC, other face, other generator": "0.900",
    "AUC, other face, other generator, other session": "none: reported",
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
    "use": "as movement of landmarks, without pictures; the statistics of procedural drivers were fitted on all 48 "
    "drivers of whom a clip may train, 10 of the held-out ones among them",
}
_PORTRAITS = {
    "name": "portraits from CREMA-D",
    "licence": "ODbL 1.0",
    "use": "as faces that other people's motion is put onto",
}


def provenance(facts: Mapping[str, Any]) -> dict[str, Any]:
    """What a bundle says of where its weights come from, by the facts of its checkpoint."""
    videos = bool(facts.get("videos"))
    return {
        "training_data": training_sources(facts),
        "licence": VIDEO_LICENCE if videos else LICENCE,
        "limits": list(VIDEO_LIMITS if videos else LIMITS),
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
            *_metrics(
                [one for one in manifest["metrics"] if not one.get("system")],
                AIMS if 64 in manifest["horizons"] else {},
            ),
            *_trivial([one for one in manifest["metrics"] if one.get("system")]),
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


def _metrics(metrics: list[dict[str, Any]], aims: Mapping[str, str]) -> list[str]:
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
        row.format(**metric, within=bounds(metric["low"], metric["high"]), aim=aims.get(metric["name"], "-"))
        for metric in metrics
    ]


def _trivial(metrics: list[dict[str, Any]]) -> list[str]:
    """A column for each system."""
    if not metrics:
        return []
    systems = list(dict.fromkeys(metric["system"] for metric in metrics))
    cells: dict[tuple[str, str], dict[str, str]] = {}
    for metric in metrics:
        value = f"{metric['value']:.3f} ({bounds(metric['low'], metric['high'])})"
        cells.setdefault((metric["name"], metric["on"]), {})[metric["system"]] = value
    return [
        "",
        "What trivial systems reach on the same trials, which is a shortcut of the data and no knowledge of drivers:",
        "",
        _row("measure", *systems, "on"),
        _row(*["---"] * (len(systems) + 2)),
        *(_row(name, *(of.get(system, "-") for system in systems), on) for (name, on), of in cells.items()),
    ]


def _row(*cells: str) -> str:
    return f"| {' | '.join(cells)} |"
