"""The shape that messages of Janus must have; they stay tables of JSON, and what is not named here may be anything."""

from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError

Message = dict[str, Any]


class Shaped(BaseModel):
    """A table in a message. Nothing is turned into another type: the message itself is read afterwards."""

    model_config = ConfigDict(strict=True)


class Made(Shaped):
    """A session or handle."""

    id: int


class Description(Shaped):
    """A description of media."""

    sdp: str


class ToldPublisher(Shaped):
    """Somebody who publishes."""

    id: int | str
    streams: list[Message] = []


class ToldRoom(Shaped):
    """What the plugin answers or tells of a room."""

    publishers: list[ToldPublisher] = []
    unpublished: int | str = ""
    leaving: int | str = ""
    kicked: int | str = ""


class FromPlugin(Shaped):
    """What a plugin says."""

    data: ToldRoom = ToldRoom()


class Told(Shaped):
    """A whole message. What answers a request has its transaction, what a handle is told of has its `sender`."""

    janus: str
    transaction: str = ""
    sender: int = 0
    data: Made | None = None
    error: Message = {}
    plugindata: FromPlugin = FromPlugin()
    jsep: Description | None = None


def checked(told: object) -> Message:
    """The message, if it has the shape of one. ValueError names the place where it has not."""
    try:
        Told.model_validate(told)
    except ValidationError as error:
        # A key of Janus's own never stands there: only names from here, and positions.
        raise ValueError(".".join(map(str, error.errors()[0]["loc"])) or "no table") from None
    assert isinstance(told, dict), "Told is one"
    return told
