"""Settings of the audit log."""

from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field


def names_of(log: Path) -> Path:
    """Where the names of a log lie unless a setting says otherwise."""
    return log.with_name(f"{log.name}.names")


def key_of(log: Path) -> Path:
    """Where the key of a log lies unless a setting says otherwise."""
    return log.with_name(f"{log.name}.key")


def heads_of(log: Path) -> Path:
    """The file of heads that belongs to a log."""
    return log.with_name(f"{log.name}.heads")


class AuditSettings(BaseModel):
    """Where the audit log lies; None for `log` keeps none."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    log: Path | None = Field(None, description="file of the audit log; None keeps none")
    key: Path | None = Field(
        None, description="Ed25519 key that signs the log's heads, made at first use; None is the log's name and .key"
    )
    pseudonyms: bool = Field(
        True,
        description="pseudonyms stand in the log, which erasure makes nobody's; false: names in the clear, for good",
    )
    names: Path | None = Field(
        None, description="file that says whose pseudonyms they are; None is the log's name and .names"
    )
    rotate_mib: int = Field(64, ge=1, description="MiB after which the log goes on in a new file")
