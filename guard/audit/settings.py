"""Settings of the audit log."""

from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field


class AuditSettings(BaseModel):
    """Where the audit log lies; None for `log` keeps none."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    log: Path | None = Field(None, description="file of the audit log; None keeps none")
    key: Path | None = Field(
        None, description="Ed25519 key that signs the log's heads, made at first use; None is the log's name and .key"
    )
    rotate_mib: int = Field(64, ge=1, description="MiB after which the log goes on in a new file")
