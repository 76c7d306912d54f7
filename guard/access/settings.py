"""Settings of access: whose tokens and certificates count, and how the service shows who it is."""

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
