"""Puts what was measured of a bundle into it: everything else stays as it is, hashes are made anew."""

from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from guard.bundle import Bundle, write_bundle
from guard.core.policy import WATCHED, Operating
from guard.manifest import CARD
from trainer.calls.calibrating import Fitted
from trainer.calls.simulating import Simulated
from trainer.card import SIMULATED, UNMEASURED, model_card


def write_fields(bundle: Bundle, out: Path, fields: Mapping[str, Any]) -> Bundle:
    """The bundle with these fields of bundle.json, and a model card that says so. Raises BundleError."""
    manifest = {name: value for name, value in bundle.manifest.items() if name != "files"} | dict(fields)
    contents = {**bundle.contents, CARD: model_card(manifest).encode()}
    return write_bundle(out, manifest, contents, check=lambda written: None)


COST = "Cllr of one window (1: knows nothing)"
RATE = "false accusations per 100 participant-hours"
DELAY = "seconds from a take-over to the accusation, median"


def fitted_fields(
    manifest: Mapping[str, Any], fitted: Fitted, horizons: tuple[int, ...], cost: Mapping[str, Any]
) -> dict[str, Any]:
    """What `trainer calibrate` finds, of the horizons that are shipped. What was simulated before holds no longer.

    `cost` are the figures of the longest horizon on people whom nothing was fitted on.
    """
    on = f"{cost['windows']} windows of {cost['drivers']} held-out procedural drivers, calibrated on others"
    metric = {"name": COST, "value": cost["cllr"], "low": cost["cllr_low"], "high": cost["cllr_high"], "on": on}
    return {
        "metrics": _renewed(manifest, [metric], drop=(COST, RATE, DELAY)),
        "limits": [UNMEASURED if limit == SIMULATED else limit for limit in manifest["limits"]],
        "horizons": list(horizons),
        "calibration": {str(horizon): asdict(fitted.calibration[horizon]) for horizon in horizons},
        "sessions": {str(horizon): asdict(fitted.sessions[horizon]) for horizon in horizons},
        "change": asdict(fitted.change),
        "continuity": asdict(fitted.continuity),
        "operating": asdict(Operating()),
    }


def simulated_fields(manifest: Mapping[str, Any], simulated: Simulated) -> dict[str, Any]:
    """What `trainer simulate-calls` finds."""
    metrics = []
    for kind in ("procedural", "real"):
        if found := simulated.found.get(kind):
            among = f"{found['people']} held-out {kind} drivers, {found['pairs']} pairs of claimed person and impostor"
            on = f"simulated calls of {among}, {found['hours']:.0f} h"
            rate = (found["false_accusations_per_100h"], found["rate_low"], found["rate_high"])
            delay = (found["delay_median_s"], found["delay_low"], found["delay_high"])
            metrics.append(_metric(RATE, rate, f"{on}, {found['events']} accusations"))
            if found["takeovers"]:
                seen = f"{found['takeovers']} take-overs, {found['detected']:.0%} detected"
                metrics.append(_metric(DELAY, delay, f"{on}, {seen} ({WATCHED:.0f}: never)"))
    return {
        "metrics": _renewed(manifest, metrics, drop=(RATE, DELAY)),
        "limits": [SIMULATED if limit == UNMEASURED else limit for limit in manifest["limits"]],
        "operating": asdict(simulated.operating),
        "thresholds": asdict(simulated.thresholds),
    }


def _metric(name: str, values: tuple[float, float, float], on: str) -> dict[str, Any]:
    return {"name": name, "on": on} | dict(zip(("value", "low", "high"), values, strict=True))


def _renewed(manifest: Mapping[str, Any], metrics: list[dict[str, Any]], drop: tuple[str, ...]) -> list[dict[str, Any]]:
    return [one for one in manifest["metrics"] if one["name"] not in drop] + metrics
