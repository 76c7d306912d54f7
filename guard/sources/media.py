"""What signalling says about video before any of it is received: its codec, and whether it is a shared screen."""

import re
from typing import Protocol

from guard.peers.description import DECODED, Offer, checked_offer, shows_slides, video_codecs
from guard.peers.handover import Sink
from guard.sources.states import Interrupted, SourceReason

SHARING = r"screen[ -]?shar\w*|shared? screen"
SCREEN = re.compile(rf"(?<![a-z])({SHARING}|screen|desktop|slides?|presentation)(?![a-z])")
"""Words by which a stream is called a shared screen, in lower case."""
PLAINLY = re.compile(
    rf"(?<![a-z])({SHARING})(?![a-z])"
    r"|(?:['\u2019]s|\bmy) (screen|slides?|presentation)\b|[(\[](screen|slides?|presentation)[)\]]"
    r"|^\s*(screen|slides?|presentation)( \d+)?\s*$"
)
"""What of a name says that it is a shared screen's; people are called Screen, and devices desktop."""
OF_SOMEBODY = re.compile(r"name|display|user|title|device|client|platform|agent|system")
"""Keys of metadata that speak of a person or a device and not of the video."""
DEEPEST = 4
"""Tables within tables of metadata that are looked into: anybody in a room writes them."""


class ReceivingPeer(Protocol):
    """One connection that receives one video; guard.peers.peer.Peer is one, wherever it runs."""

    async def answer(self, offer: Offer) -> str:
        """The answer to an offer. SignallingError."""

    async def offer(self) -> str:
        """An offer, with all candidates in it."""

    async def accept(self, answer: str) -> None:
        """Take the answer to the offer. SignallingError."""

    async def run(self) -> None:
        """Wait until the connection is over."""

    def end(self) -> None:
        """Let `run` come to its end."""

    async def close(self) -> None:
        """Close the connection."""


class MakePeer(Protocol):
    """Makes a connection that feeds the stream `key` of `sink`."""

    def __call__(self, key: str, sink: Sink) -> ReceivingPeer:
        """The connection, not yet negotiated."""


def is_screen(display: str, description: object = None, metadata: object = None) -> bool:
    """Whether a participant's display name, a stream's description or its metadata speak of a shared screen."""
    named = PLAINLY.search(display.lower()) is not None
    return named or speaks_of_screen(description) or speaks_of_screen(metadata)


def speaks_of_screen(told: object, key: str = "", depth: int = 0) -> bool:
    """Whether what is `told` under `key` says that there is a screen: its texts, and keys of which it is true.

    A key alone says nothing: `{"screen": false}` is a camera's.
    """
    if isinstance(told, dict) and depth < DEEPEST:
        return any(speaks_of_screen(value, str(name), depth + 1) for name, value in told.items())
    if isinstance(told, list) and depth < DEEPEST:
        return any(speaks_of_screen(value, key, depth + 1) for value in told)
    if told is True or told == "true":
        return SCREEN.search(in_words(key)) is not None
    if not isinstance(told, str):
        return False
    words = PLAINLY if OF_SOMEBODY.search(key.lower()) else SCREEN
    return words.search(in_words(told)) is not None


def in_words(text: str) -> str:
    """Its words in lower case, those of camelCase and snake_case apart."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])|_", " ", text).lower()


def usable_offer(text: str) -> Offer:
    """The offer, if its video is worth receiving. Interrupted says why it is not, SignallingError that it is none."""
    codecs = set(video_codecs(text))
    if codecs and not codecs & DECODED:
        raise Interrupted(SourceReason.CODEC, f"{', '.join(sorted(codecs))} cannot be decoded here")
    refuse_slides(text)
    return checked_offer(text)


def check_answer(text: str) -> None:
    """Raises Interrupted for an answer that refuses the one video that we offered to receive, or shows a screen."""
    refuse_slides(text)
    if re.search(r"^m=video 0 ", text, re.MULTILINE) or "a=inactive" in text.splitlines():
        raise Interrupted(SourceReason.CODEC, "the endpoint has no video that can be decoded here")


def refuse_slides(text: str) -> None:
    """Raises Interrupted for a description of a shared screen."""
    if shows_slides(text.splitlines()):
        raise Interrupted(SourceReason.SCREEN, "a shared screen is left alone")
