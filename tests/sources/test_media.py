"""What signalling says of a video."""

from typing import Any

import pytest

from guard.core.errors import SignallingError
from guard.sources.media import check_answer, is_screen, usable_offer
from guard.sources.states import Interrupted, SourceReason
from tests.peers.senders import offer


@pytest.mark.parametrize(
    "hints",
    [
        ("Ada", "screen"),
        ("Ada", "Ada's desktop"),
        ("Ada (screen share)",),
        ("Ada [Screen]",),
        ("Ada's screen",),
        ("Screenshare",),
        ("screen 2",),
        ("My slides",),
        ("Ada", None, {"type": "desktop"}),
        ("Ada", None, {"video": {"tags": ["hd", "presentation"]}}),
        ("Ada", None, {"screen": True}),
        ("Ada", None, {"isScreen": True}),
        ("Ada", None, {"screen_share": "true"}),
        ("Ada", None, {"displayName": "Ada (screen)"}),
        ("Ada", None, "screenShare"),
    ],
)
def test_a_shared_screen_is_told_by_its_words(hints: tuple[Any, ...]) -> None:
    assert is_screen(*hints)


@pytest.mark.parametrize(
    "hints",
    [
        ("Ada",),
        ("Ada", "", None),
        ("Silas Screenwright",),
        ("Desktopov",),
        ("Anna Screen",),
        ("Ada's desktop",),
        ("Ada", "Ada's camera", {"screen": False}),
        ("Ada", None, {"screen": None, "slides": 0, "isScreen": "false", "share": {"screen": "off"}}),
        ("Anna Screen", None, {"displayName": "Anna Screen", "user": {"name": "Anna Screen"}}),
        ("Ada", None, {"platform": "desktop", "camera": True}),
    ],
)
def test_names_and_what_is_denied_are_no_screens(hints: tuple[Any, ...]) -> None:
    assert not is_screen(*hints)


def test_metadata_of_any_depth_is_read_without_harm() -> None:
    deep: dict[str, Any] = {"screen": True}
    for _ in range(5000):
        deep = {"in": deep}
    assert not is_screen("Ada", None, deep)
    assert is_screen("Ada", None, {"in": {"in": {"in": {"screen": True}}}})


async def test_an_offer_says_why_it_is_of_no_use() -> None:
    good = await offer("audio", "video")
    assert usable_offer(good).type == "offer"
    with pytest.raises(Interrupted, match="AV1") as caught:
        usable_offer(good.replace("VP8", "AV1").replace("H264", "AV1"))
    assert caught.value.reason is SourceReason.CODEC
    with pytest.raises(Interrupted) as caught:
        usable_offer(good + "a=content:slides\r\n")
    assert caught.value.reason is SourceReason.SCREEN
    with pytest.raises(SignallingError):
        usable_offer("hello")


def test_an_answer_without_our_video_is_a_reason() -> None:
    check_answer("v=0\r\nm=video 9 UDP/TLS/RTP/SAVPF 96\r\na=sendonly\r\n")
    for refusing in ("m=video 0 UDP/TLS/RTP/SAVPF 96\r\n", "m=video 9 UDP/TLS/RTP/SAVPF 96\r\na=inactive\r\n"):
        with pytest.raises(Interrupted) as caught:
            check_answer("v=0\r\n" + refusing)
        assert caught.value.reason is SourceReason.CODEC
