"""Offers and answers as text."""

from contextlib import suppress

import pytest
from aiortc.sdp import SessionDescription
from hypothesis import given
from hypothesis import strategies as some

from guard.core.errors import SignallingError
from guard.peers.description import BANDWIDTH, MOST_SECTIONS, checked_offer, video_codecs, with_bandwidth
from tests.peers.senders import offer

VIDEO = "m=video 9 UDP/TLS/RTP/SAVPF 96\r\na=sendonly\r\na=rtpmap:96 VP8/90000\r\n"
HEAD = "v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\n"


async def test_a_complete_offer_passes_unchanged() -> None:
    text = await offer("audio", "video")
    checked = checked_offer(text)
    assert (checked.type, checked.sdp) == ("offer", text)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("  \n", "is empty"),
        ("<html>", "is no session description"),
        ("v=0\r\nm=video\r\n", "is no session description that can be read"),
        (HEAD, "has no video to receive"),
        (HEAD + VIDEO.replace("sendonly", "recvonly"), "has no video to receive"),
        (HEAD + VIDEO.replace("video 9", "video 0"), "has no video to receive"),
        (HEAD + VIDEO * (MOST_SECTIONS + 1), f"has {MOST_SECTIONS + 1} media sections"),
        (HEAD + VIDEO.replace("VP8", "VP9"), "VP9 cannot be decoded here"),
        (HEAD + VIDEO + VIDEO.replace("VP8", "AV1"), "AV1 cannot be decoded here"),
        (HEAD + VIDEO + "a=content:slides\r\n", "is of a shared screen (a=content:slides)"),
        (HEAD + VIDEO + "a=content:slides,alt\r\n", "is of a shared screen (a=content:slides)"),
    ],
)
def test_what_cannot_be_an_offer_is_refused(text: str, problem: str) -> None:
    with pytest.raises(SignallingError) as caught:
        checked_offer(text)
    assert (caught.value.field, caught.value.problem) == ("offer", problem)


def test_a_screen_beside_the_camera_is_not_watched_and_no_harm() -> None:
    both = HEAD + VIDEO + VIDEO + "a=content:slides\r\n"
    assert checked_offer(both).sdp == both


async def test_the_codecs_of_a_description_are_those_of_its_pictures() -> None:
    assert set(video_codecs(await offer("audio", "video"))) == {"VP8", "H264"}


@pytest.mark.slow
@given(some.text(max_size=200) | some.text(max_size=200).map(lambda text: HEAD + text))
def test_garbage_is_an_offer_or_an_error_of_ours(text: str) -> None:
    with suppress(SignallingError):
        assert checked_offer(text).sdp == text


async def test_hints_go_to_every_picture_codec_and_change_nothing_else() -> None:
    before = SessionDescription.parse(await offer("audio", "video"))
    after = SessionDescription.parse(with_bandwidth(str(before)))
    for old, new in zip(before.media, after.media, strict=True):
        assert old.ice_candidates == new.ice_candidates
        for codec, hinted in zip(old.rtp.codecs, new.rtp.codecs, strict=True):
            pictures = old.kind == "video" and codec.name != "rtx"
            assert hinted.parameters == codec.parameters | (BANDWIDTH if pictures else {})
