"""What callers may make the service open."""

from pathlib import Path

import pytest

from guard.core.errors import SourceError
from guard.sources.reach import Reach
from guard.sources.specs import AttachSettings


@pytest.mark.parametrize(
    ("kind", "url"),
    [
        ("whep", "file:///etc/passwd"),
        ("whep", "ws://there/"),
        ("janus", "http://there/"),
        ("file", "gopher://there/"),
        ("file", "concat:a|b"),
        ("whep", "http:///whep"),
        ("whep", "http://[::1"),
        ("whep", "http://there:port/"),
        ("whep", ""),
    ],
)
def test_addresses_that_no_source_is_at(kind: str, url: str) -> None:
    with pytest.raises(SourceError, match="url"):
        Reach(AttachSettings()).check_url(kind, url)


def test_schemes_and_hosts_can_be_limited() -> None:
    reach = Reach(AttachSettings(schemes=("https", "WSS"), hosts=("Media.example",)))
    reach.check_url("whep", "https://media.example/a")
    reach.check_url("whep", "HTTPS://MEDIA.EXAMPLE:8443/a")
    reach.check_url("janus", "wss://media.example")
    for url in ("http://media.example/a", "https://media.example.evil/a", "https://media.example@evil/a"):
        with pytest.raises(SourceError, match=r"attach\."):
            reach.check_url("whep", url)


def test_no_file_is_read_unless_a_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"attach\.folders"):
        Reach(AttachSettings()).file(str(tmp_path / "a.mp4"))


def test_files_lie_below_an_allowed_folder_whatever_way_leads_there(tmp_path: Path) -> None:
    inside, outside = tmp_path / "in", tmp_path / "out"
    inside.mkdir()
    outside.mkdir()
    (inside / "link.mp4").symlink_to(outside / "secret.mp4")
    (inside / "folder").symlink_to(outside)
    reach = Reach(AttachSettings(folders=(inside,)))
    assert reach.file(str(inside / "a" / ".." / "b.mp4")) == inside / "b.mp4"
    for path in (
        outside / "secret.mp4",
        inside / ".." / "out" / "secret.mp4",
        inside / "link.mp4",
        inside / "folder" / "secret.mp4",
        f"{inside}-twin/a.mp4",
        "\0",
        "",
    ):
        with pytest.raises(SourceError):
            reach.file(str(path))
