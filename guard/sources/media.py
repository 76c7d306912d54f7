"""What signalling says about video before any of it is received: its codec, and whether it is a shared screen."""

import re
from collections.abc import Iterator
from typing import Protocol

from guard.peers.description import Offer, checked_offer
from guard.peers.handover import Sink
from guard.sources.states import Interrupted, SourceReason

DECODED = frozenset({"VP8", "H264"})
SCREEN = re.compile(r"(?<![a-z])(screen[ -]?shar\w*|shared? screen|screen|desktop|slides?|presentation)(?![a-z])")
"""Words by which calls name a shared screen, in lower case."""


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


def is_screen(*hints: object) -> bool:
    """Whether a participant's display name, a stream's description or its metadata speak of a shared screen."""
    return any(SCREEN.search(str(hint).lower()) for hint in hints if hint)


def usable_offer(text: str) -> Offer:
    """The offer, if its video is worth receiving. Interrupted says why it is not, SignallingError that it is none."""
    codecs = set(video_codecs(text))
    if codecs and not codecs & DECODED:
        raise Interrupted(SourceReason.CODEC, f"{', '.join(sorted(codecs))} cannot be decoded here")
    if "a=content:slides" in text.splitlines():  # RFC 4796
        raise Interrupted(SourceReason.SCREEN, "a shared screen is left alone")
    return checked_offer(text)


def check_answer(text: str) -> None:
    """Raises Interrupted for an answer that refuses the one video that we offered to receive."""
    if re.search(r"^m=video 0 ", text, re.MULTILINE) or "a=inactive" in text.splitlines():
        raise Interrupted(SourceReason.CODEC, "the endpoint has no video that can be decoded here")


def video_codecs(text: str) -> Iterator[str]:
    """Names of the codecs of all video sections of a session description, in capitals."""
    for section in re.split(r"^m=", text, flags=re.MULTILINE)[1:]:
        if section.startswith("video"):
            names = re.findall(r"^a=rtpmap:\d+ ([^/\s]+)/", section, re.MULTILINE)
            yield from (name.upper() for name in names if name.lower() not in ("rtx", "red", "ulpfec", "flexfec-03"))
