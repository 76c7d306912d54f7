"""Settings as people and programs are shown them: each with its value, and where that comes from."""

import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from guard.config import each_field, load, variable
from guard.hiding import hidden_within


@dataclass(frozen=True, slots=True)
class Shown:
    """One setting for human eyes. `source` is option, environment, file or default."""

    name: str
    value: str
    source: str
    description: str


def explained(config: Path | None = None, **options: Any) -> list[Shown]:
    """Every setting as `load` would have it, and where it comes from. Raises SettingsError as `load` does."""
    settings = load(config, **options)
    written = tomllib.loads(config.read_text()) if config else {}
    given = {name for name, value in options.items() if value is not None}
    # pydantic-settings takes the names of variables without regard to case
    set_ = {name.upper() for name, value in os.environ.items() if value}
    shown = []
    for name, field in each_field():
        sources = [
            ("option", name in given),
            ("environment", variable(name) in set_),
            ("file", within(written, name) is not None),
        ]
        source = next((source for source, there in sources if there), "default")
        value = hidden_within(within(settings.model_dump(), name))
        shown.append(Shown(name, str(value), source, field.description or ""))
    return shown


def within(values: Mapping[str, Any], name: str) -> Any:
    """The value of a setting in nested tables; None when it is not there."""
    for part in name.split("."):
        values = values.get(part) if isinstance(values, Mapping) else None
    return values
