"""What an offer must hold before a connection is made for it, and what our answer adds."""

import re
from collections.abc import Iterator

from aiortc import RTCSessionDescription
from aiortc.rtcrtpparameters import RTCRtpCodecParameters
from aiortc.sdp import MediaDescription, SessionDescription

from guard.core.errors import SignallingError

Offer = RTCSessionDescription
"""A checked offer; who only passes it on need not know what it is."""
MOST_SECTIONS = 8
"""Media sections of an offer: a publisher has one or two, and each may cost us sockets."""
DECODED = frozenset({"VP8", "H264"})
"""Names of the codecs that are decoded here."""
SLIDES = "a=content:slides"
"""What says that a section's video is a shared screen (RFC 4796)."""
BANDWIDTH = {"x-google-start-bitrate": "1500"}
"""Hints in kbit/s. Without them browsers begin at some 250 kbit/s and change their resolution, which cuts the run. No
least rate: of a browser that may not send less, one frame a second came over a link of 200 kbit/s."""


def checked_offer(text: str) -> RTCSessionDescription:
    """The offer. SignallingError when it is no session description, or has no video that could be received."""
    if not text.strip():
        raise SignallingError("offer", "is empty", "send a session description (SDP)")
    if not text.lstrip().startswith("v=0"):
        raise SignallingError("offer", "is no session description", "it must begin with v=0")
    try:
        offer = SessionDescription.parse(text)
    except Exception:  # the parser trips over malformed lines in many ways
        raise SignallingError("offer", "is no session description that can be read") from None
    if len(offer.media) > MOST_SECTIONS:
        raise SignallingError("offer", f"has {len(offer.media)} media sections", f"send {MOST_SECTIONS} at most")
    video = first_video(offer)
    if video is None:
        raise SignallingError("offer", "has no video to receive", "add a video section that is sendonly or sendrecv")
    check_video(sections_of(text), offer.media.index(video))
    return RTCSessionDescription(text, "offer")


def first_video(description: SessionDescription) -> MediaDescription | None:
    """The first video section that the other side wants to send."""
    sent = (media for media in description.media if media.kind == "video" and media.port)
    return next((media for media in sent if media.direction in ("sendonly", "sendrecv")), None)


def check_video(sections: list[list[str]], watched: int) -> None:
    """SignallingError when a video's codec cannot be decoded, which aiortc does not name, or that of `watched` is a
    shared screen: it has no driver."""
    for section in sections:
        codecs = set(codecs_of(section))
        if codecs and not codecs & DECODED:
            raise SignallingError("offer", f"{', '.join(sorted(codecs))} cannot be decoded here", "send VP8 or H.264")
    if shows_slides(sections[watched]):
        raise SignallingError("offer", f"is of a shared screen ({SLIDES})", "send the camera: a screen has no driver")


def shows_slides(lines: list[str]) -> bool:
    """Whether a content attribute, which may list several, names slides."""
    prefix, slides = SLIDES.split(":")
    contents = (line.partition(":")[2] for line in lines if line.startswith(f"{prefix}:"))
    return any(slides in map(str.strip, content.split(",")) for content in contents)


def sections_of(text: str) -> list[list[str]]:
    """The lines of each media section."""
    sections: list[list[str]] = []
    for line in text.splitlines():
        if line.startswith("m="):
            sections.append([])
        if sections:
            sections[-1].append(line)
    return sections


def codecs_of(section: list[str]) -> Iterator[str]:
    """Names of the codecs of a video section, in capitals; none of another one."""
    if not section[0].startswith("m=video"):
        return
    for line in section:
        named = re.match(r"a=rtpmap:\d+ ([^/\s]+)/", line)
        if named and named[1].lower() not in ("rtx", "red", "ulpfec", "flexfec-03"):
            yield named[1].upper()


def video_codecs(text: str) -> Iterator[str]:
    """Names of the codecs of all video sections of a session description, in capitals."""
    for section in sections_of(text):
        yield from codecs_of(section)


def with_bandwidth(text: str) -> str:
    """The answer with hints that make a browser start at its full resolution."""
    answer = SessionDescription.parse(text)
    for media in answer.media:
        for codec in media.rtp.codecs:
            if carries_pictures(codec):
                codec.parameters.update(BANDWIDTH)
    return str(answer)


def carries_pictures(codec: RTCRtpCodecParameters) -> bool:
    """Whether the codec is video and not the retransmission of another one."""
    return codec.mimeType.startswith("video/") and codec.name != "rtx"
