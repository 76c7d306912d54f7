"""Settings of access: whose tokens and certificates count, who the service says it is, and how much is too much."""

from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field


class AccessSettings(BaseModel):
    """Bearer tokens (JWT, RFC 7519)."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    jwt_keys: Path | None = Field(
        None,
        description="JWKS or PEM file of the keys that sign tokens, read anew when it changes; None asks for no token",
    )
    audience: str = Field("avatar-guard", min_length=1, description="`aud` that tokens have to carry")
    issuer: str | None = Field(None, description="`iss` that tokens have to carry; None takes any")


class TlsSettings(BaseModel):
    """TLS of both ports; the files are read again when they change."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    certificate: Path | None = Field(None, description="PEM chain that both ports show; None speaks without TLS")
    key: Path | None = Field(None, description="PEM private key of the certificate")
    client_ca: Path | None = Field(
        None, description="PEM of who signs clients' certificates: every client must show one. None asks for none"
    )


FREE = 3
"""Failures after each of which the next attempt is still free: a name may be misspelt, a verdict may be wrong."""


class LimitSettings(BaseModel):
    """How much is too much."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    streams_per_minute: int = Field(600, ge=1, description="streams that one caller may open in a minute")
    address_per_minute: int = Field(
        600, ge=1, description="connections from one address, in a minute, that open streams or enrol"
    )
    enrolments_per_minute: int = Field(30, ge=1, description="enrolments that one caller may begin in a minute")
    failures_to_lock: int = Field(
        8, ge=FREE + 1, description="failures after which a caller may not make a claim again for a while"
    )
    lock_seconds: float = Field(
        900.0, gt=0, description="that while; failures are forgotten when as long again has passed without one"
    )
