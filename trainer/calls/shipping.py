"""Puts what was measured of a bundle into it: everything else stays as it is, hashes are made anew."""

from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from guard.bundle import Bundle, write_bundle
from guard.core.policy import Operating
from guard.manifest import CARD
from trainer.calls.calibrating import Fitted
from trainer.card import model_card


def write_fields(bundle: Bundle, out: Path, fields: Mapping[str, Any]) -> Bundle:
    """The bundle with these fields of bundle.json, and a model card that says so. Raises BundleError."""
    manifest = {name: value for name, value in bundle.manifest.items() if name != "files"} | dict(fields)
    contents = {**bundle.contents, CARD: model_card(manifest).encode()}
    return write_bundle(out, manifest, contents, check=lambda written: None)


def fitted_fields(fitted: Fitted, horizons: tuple[int, ...]) -> dict[str, Any]:
    """What `trainer calibrate` finds, of the horizons that are shipped. What was simulated before holds no longer."""
    return {
        "horizons": list(horizons),
        "calibration": {str(horizon): asdict(fitted.calibration[horizon]) for horizon in horizons},
        "sessions": {str(horizon): asdict(fitted.sessions[horizon]) for horizon in horizons},
        "change": asdict(fitted.change),
        "continuity": asdict(fitted.continuity),
        "operating": asdict(Operating()),
    }
