"""What is shown of an address holds no secret, however the address is written."""

from pathlib import Path

import pytest

from guard.hiding import hidden, hidden_within

SECRET = "s3cret"


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("postgresql://guard:s3cret@db/gallery", "postgresql://guard:***@db/gallery"),
        ("postgresql+psycopg://guard:a/s3cret@db/gallery", "postgresql+psycopg://guard:***@db/gallery"),
        ("postgresql+psycopg://:s3cret?a@db:5432/gallery", "postgresql+psycopg://:***@db:5432/gallery"),
        ("postgresql+psycopg://db/gallery?password=s3cret&sslmode=require", "postgresql+psycopg://db/gallery?***"),
        (
            "postgresql+psycopg://guard:s3cret@db/gallery?password=s3cret",
            "postgresql+psycopg://guard:***@db/gallery?***",
        ),
        ("postgresql+psycopg://guard:a@s3cret@db/gallery", "postgresql+psycopg://***"),
        ("postgresql+psycopg://guard:a@b/s3cret@db/gallery", "postgresql+psycopg://***"),
        ("postgresql+psycopg://guard:s3cret@db:many/gallery", "postgresql+psycopg://***"),
        ("https://there/whep?s3cret", "https://there/whep?***"),
        ('[{"url": "rtsp://ada:s3cret@camera/door"}]', '[{"url": "rtsp://***'),
    ],
)
def test_no_secret_is_left(address: str, shown: str) -> None:
    assert hidden(address) == shown
    assert SECRET not in shown


@pytest.mark.parametrize(
    "text",
    [
        "/var/lib/guard:a@b/gallery.sqlite",
        "",
        "why?",
        "wss://[::1]:8989/janus",
        "https://there/@ada",
        "rtsp://ada@there/a",
    ],
)
def test_what_holds_no_secret_is_shown_as_it_is(text: str) -> None:
    assert hidden(text) == text


def test_addresses_are_found_wherever_they_are() -> None:
    value = {"gallery": Path("a"), "sources": ({"url": "rtsp://ada:s3cret@there/a", "room": 7},), "hosts": ["a?"]}
    assert hidden_within(value) == {
        "gallery": Path("a"),
        "sources": ({"url": "rtsp://ada:***@there/a", "room": 7},),
        "hosts": ["a?"],
    }
