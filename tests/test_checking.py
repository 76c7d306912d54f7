"""Settings that cannot work are told all at once, before anything is opened."""

from pathlib import Path
from typing import Any

import pytest

from guard.checking import check
from guard.config import Settings
from guard.core.errors import BundleError, GuardError, SettingsError


def made(**changes: Any) -> Settings:
    return Settings(**{"gallery": "people.sqlite", **changes})


def test_the_defaults_can_work() -> None:
    check(made())


def test_everything_is_named_at_once(tmp_path: Path) -> None:
    (tmp_path / "keys").write_text("no key")
    wrong = made(
        bundle=tmp_path / "nothing",
        gallery=str(tmp_path),
        gallery_keys=f"file:{tmp_path / 'keys'}",
        http_host="0.0.0.0",
        http_port=50051,
        grpc_host="0.0.0.0",
        access={"issuer": "us"},
        tls={"certificate": tmp_path / "nothing.pem"},
        audit={"key": tmp_path / "nothing"},
    )
    with pytest.raises(SettingsError) as caught:
        check(wrong)
    said = str(caught.value)
    for part in ("bundle:", "gallery:", "gallery_keys:", "http_host:", "access.issuer:", "tls.key:", "audit.key:"):
        assert part in said
    assert "grpc_port: 50051 is http_port too" in said
    assert "\n" not in said


@pytest.mark.parametrize(
    ("changes", "kind", "said"),
    [
        ({"bundle": "nothing.zip"}, BundleError, "there is no such directory"),
        ({"gallery": "mysql://somewhere/db"}, SettingsError, "gallery: is of mysql"),
        ({"gallery": "postgresql+psycopg://u@h/d"}, SettingsError, "gallery_keys: must be set"),
        ({"gallery_keys": "somewhere"}, SettingsError, "gallery_keys: is none of"),
        ({"access": {"jwt_keys": "nothing.json"}}, SettingsError, "access.jwt_keys: nothing.json cannot be read"),
        ({"http_port": 7, "grpc_port": 7}, SettingsError, "grpc_port: 7 is http_port too"),
    ],
)
def test_one_mistake_is_told_as_it_is(changes: dict[str, Any], kind: type[GuardError], said: str) -> None:
    with pytest.raises(kind) as caught:
        check(made(**changes))
    assert said in str(caught.value)


@pytest.mark.parametrize("setting", ["gallery", "audit.log", "audit.names", "audit.key"])
def test_a_file_that_cannot_be_made_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, setting: str) -> None:
    table, _, name = setting.rpartition(".")
    (tmp_path / "file").write_text("")

    def at(path: Path) -> Settings:
        audit = {"log": tmp_path / "audit.jsonl"} if table else {}
        return made(**({"audit": audit | {name: path}} if table else {name: str(path)}))

    check(at(tmp_path / "new" / "folder" / "a"))
    with pytest.raises(SettingsError, match=f"{setting}: .*file/a cannot be made: .*file is no folder"):
        check(at(tmp_path / "file" / "a"))
    with pytest.raises(SettingsError, match=f"{setting}: .* is a folder; name a file in it"):
        check(at(tmp_path))
    with monkeypatch.context() as nobody:  # tests may be run by root, who may write everywhere
        nobody.setattr("os.access", lambda path, mode: Path(path) != tmp_path / "mine")
        (tmp_path / "mine").mkdir()
        with pytest.raises(SettingsError, match=f"{setting}: .*mine/a cannot be made: .*mine cannot be written"):
            check(at(tmp_path / "mine" / "a"))
        (tmp_path / "mine").rmdir()
        (tmp_path / "mine").write_text("")
        with pytest.raises(SettingsError, match=f"{setting}: .*mine cannot be used by who runs this"):
            check(at(tmp_path / "mine"))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["file", "mine"]
