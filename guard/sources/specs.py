"""What a source is described by, in the configuration and over gRPC alike."""

from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, SecretStr, field_validator, model_validator

from guard.access.caller import DEFAULT_TENANT

NAME_IN_PATTERN = "{name}"
LONGEST = 2000
"""Characters of an address or a secret."""

Text = Annotated[str, Field(max_length=200)]
Url = Annotated[str, Field(min_length=1, max_length=LONGEST)]


def _in_one_line(secret: SecretStr) -> SecretStr:
    """Secrets travel in headers, which a line break would end."""
    if not secret.get_secret_value().isprintable():
        raise ValueError("holds a line break or another character that cannot be printed")
    return secret


Secret = Annotated[SecretStr, Field(max_length=LONGEST), AfterValidator(_in_one_line)]


class Described(BaseModel):
    """What every source has."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: Text = Field("", description="names the source within its tenant; drawn at random when empty")
    tenant: Annotated[str, Field(min_length=1)] = Field(DEFAULT_TENANT, description="whose participants these are")
    call: Text = Field("", description="the call that they take part in; when empty `default`, of a room its name here")
    claim: Text = Field("", description="the enrolled name that every participant of this source claims")
    claim_display: bool = Field(False, description="participants claim their display name")
    claim_pattern: Text = Field("", description="they claim the part of it at {name}: `{name} (ACME)`")
    mirrored: bool = Field(False, description="their pictures are mirrored, and turned back here")

    @model_validator(mode="after")
    def _one_rule(self) -> Self:
        if bool(self.claim) + self.claim_display + bool(self.claim_pattern) > 1:
            raise ValueError("claim, claim_display and claim_pattern exclude each other: set one of them")
        if self.claim_pattern and self.claim_pattern.count(NAME_IN_PATTERN) != 1:
            raise ValueError(f"claim_pattern must hold {NAME_IN_PATTERN} once")
        return self


class FileSpec(Described):
    """A video file of this machine, or a live stream that FFmpeg reads (RTSP, RTMP, HLS)."""

    kind: Literal["file"] = "file"
    url: Url
    participant: Text = Field("", description="who is seen there; the source's name when empty")


class WhepSpec(Described):
    """One stream that a WHEP endpoint plays."""

    kind: Literal["whep"] = "whep"
    url: Url
    participant: Text = Field("", description="who is seen there; the source's name when empty")
    token: Secret = SecretStr("")


class JanusSpec(Described):
    """All publishers of a room of Janus's VideoRoom plugin. `room` is a number, or a text where Janus has such rooms.

    `substream` is the simulcast layer to receive, 0 the smallest; None is the smallest that shows the face full size.
    """

    kind: Literal["janus"] = "janus"
    url: Url
    room: int | Text
    display: Annotated[str, Field(min_length=1, max_length=200)] = "Avatar Guard"
    pin: Secret = SecretStr("")
    token: Secret = SecretStr("")
    api_secret: Secret = SecretStr("")
    substream: Annotated[int, Field(ge=0, le=2)] | None = None

    @field_validator("room", mode="before")
    @classmethod
    def _some_room(cls, room: object) -> object:
        if isinstance(room, str) and not room.strip():
            raise ValueError("names no room; give its number, or its text where Janus has such rooms")
        return room


AnySpec = FileSpec | WhepSpec | JanusSpec
Spec = Annotated[AnySpec, Field(discriminator="kind")]


class AttachSettings(BaseModel):
    """What callers may make the service reach, and how long a participant is kept that was lost."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    folders: tuple[Path, ...] = Field((), description="folders whose files may be attached; none unless named")
    schemes: tuple[str, ...] = Field(
        ("https", "http", "wss", "ws", "rtsps", "rtsp", "rtmps", "rtmp"),
        description="schemes of the addresses that may be attached",
    )
    hosts: tuple[str, ...] = Field(
        (),
        description="hosts that may be attached; none named: any, or those of the internet if callers have to sign in",
    )
    keep_seconds: float = Field(
        30.0, ge=0, description="how long a participant whose connection was lost keeps its place and evidence"
    )


def revealed(spec: AnySpec) -> dict[str, Any]:
    """The fields of a source with its secrets."""
    return {
        name: value.get_secret_value() if isinstance(value, SecretStr) else value
        for name, value in spec.model_dump().items()
    }


def in_our_words(message: str) -> str:
    """What pydantic says of a value, without its word for an error of ours."""
    return message.removeprefix("Value error, ")
