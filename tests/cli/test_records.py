"""people, sweep and keys: what is kept of one person, and the keys that protect it."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from guard.core import learning
from guard.gallery import Gallery, adapting
from guard.gallery.items import Consent
from tests.cli.conftest import CommandLine
from tests.gallery.people import MODEL, put, reference

pytestmark = pytest.mark.slow


@pytest.fixture
def gallery(guard: CommandLine, gallery_path: Path) -> Gallery:
    gallery = Gallery(gallery_path)
    put(gallery, "Ada", seed=1)
    put(gallery, "Ada", seed=2, tenant="red")
    return gallery


def test_export_is_one_document(guard: CommandLine, gallery: Gallery) -> None:
    document = json.loads(guard.run("people", "export", "Ada", "--tenant", "red").stdout)
    assert (document["name"], document["tenant"], len(document["templates"])) == ("Ada", "red", 1)


def test_renewed_and_reverted_people_are_shown(
    guard: CommandLine, gallery: Gallery, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(adapting, "EVERY", timedelta())
    monkeypatch.setattr(learning, "SHARE", 1)
    assert guard.objects("people", "adapt", "Ada") == [{"name": "Ada", "adapts": True}]
    assert gallery.adapt("Ada", MODEL, reference(3, "call"), least=-1.0)
    (renewed,) = guard.objects("people", "renew", "Ada")
    assert (renewed["name"], renewed["windows"]) == ("Ada", 12)
    (reverted,) = guard.objects("people", "revert", "Ada")
    assert reverted["windows"] == 6
    assert guard.run("people", "renew", "Ada").stdout == "Ada is renewed: 1 template\n"


def test_opt_out_and_its_undoing(guard: CommandLine, gallery: Gallery, tmp_path: Path) -> None:
    assert guard.objects("people", "opt-out", "Ada") == [{"name": "Ada", "opted_out": True}]
    assert gallery.opted_out("Ada")
    assert not gallery.opted_out("Ada", "red")
    assert "opted out" in guard.run("gallery", "list").stdout
    assert "--claim: the person has opted out" in guard.refusal("verify", tmp_path / "a.mp4", "--claim", "Ada")
    guard.objects("people", "opt-out", "Ada", "--undo")
    assert not gallery.opted_out("Ada")


def test_somebody_who_is_not_enrolled_can_opt_out(guard: CommandLine) -> None:
    guard.objects("people", "opt-out", "Eve")
    (line,) = guard.objects("gallery", "list")
    assert line == {"name": "Eve", "model_id": None, "opted_out": True, "consent_until": None}


@pytest.mark.parametrize("command", ["export", "renew", "revert"])
def test_unknown_people_are_refused(guard: CommandLine, command: str) -> None:
    assert guard.refusal("people", command, "Eve") == "guard: name: is not enrolled"


def test_sweep_says_how_many_are_gone(guard: CommandLine, gallery: Gallery, gallery_path: Path) -> None:
    past = Gallery(gallery_path, clock=lambda: datetime.now(UTC) - timedelta(days=9))
    then = datetime.now(UTC) - timedelta(days=10)
    past.put("default", "Bob", MODEL, [reference(4)], Consent("Grace", then, "calls", then + timedelta(days=2)))
    assert guard.objects("gallery", "sweep") == [{"erased": 1}]
    assert [line["name"] for line in guard.objects("gallery", "list")] == ["Ada"]


def test_keys_are_listed_rotated_and_retired(guard: CommandLine, gallery: Gallery) -> None:
    (old,) = guard.objects("keys", "list")
    assert guard.objects("keys", "rotate") == [{"tenants": 2}]
    before, after = guard.objects("keys", "list")
    assert (before, after["tenants"], after["current"]) == ({**old, "tenants": 0, "current": False}, 2, True)
    assert guard.objects("keys", "retire") == [{"retired": [old["id"]]}]
    assert guard.objects("keys", "list") == [after]
    assert gallery.template("Ada", MODEL) is not None


def test_keys_of_a_gallery_come_from_where_the_environment_says(
    guard: CommandLine, gallery: Gallery, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AVATAR_GUARD_GALLERY_KEYS", "env:NOTHING_THERE")
    assert "is not among those of gallery_keys" in guard.refusal("gallery", "list", code=1)
    monkeypatch.setenv("AVATAR_GUARD_GALLERY_KEYS", "nonsense")
    assert "gallery_keys: is none of file:PATH" in guard.refusal("gallery", "list")


@pytest.mark.parametrize("given", ["option", "variable"])
def test_the_services_file_counts_for_every_command(
    guard: CommandLine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, given: str
) -> None:
    """Gallery, keys and audit log of the service are meant, in the clear where it says so: erasure is one for all."""
    monkeypatch.delenv("AVATAR_GUARD_GALLERY")
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    keys, log, config = tmp_path / "keys", tmp_path / "audit.jsonl", tmp_path / "guard.toml"
    gallery = Gallery(tmp_path / "of the service.sqlite", f"file:{keys}")
    put(gallery, "Ada")
    put(gallery, "Bob", seed=2)
    config.write_text(
        f'gallery = "{tmp_path}/of the service.sqlite"\ngallery_keys = "file:{keys}"\n'
        f'[audit]\nlog = "{log}"\npseudonyms = false\n'
    )
    if given == "variable":
        monkeypatch.setenv("AVATAR_GUARD_CONFIG", str(config))
    with_config = ("--config", config) if given == "option" else ()
    assert [line["name"] for line in guard.objects("gallery", "list", *with_config)] == ["Ada", "Bob"]
    for command in (
        ["gallery", "remove", "Ada"],
        ["people", "opt-out", "Bob"],
        ["gallery", "sweep"],
        ["keys", "rotate"],
    ):
        guard.objects(*command, *with_config)
    assert json.loads(guard.run("people", "export", "Bob", *with_config).stdout)["opted_out"] is True
    assert guard.objects("incidents", "list", *with_config) == []
    assert len(guard.objects("keys", "list", *with_config)) == 2
    lines = [json.loads(line) for line in log.read_text().splitlines()]
    assert [line["action"] for line in lines] == [
        *("person.remove", "person.opt_out", "people.sweep", "keys.rotate", "person.export")
    ]
    assert lines[0]["facts"]["person"] == "Ada"
    assert [person.name for person in gallery.people()] == ["Bob"]
    assert not (tmp_path / "data").exists()


def test_options_win_over_the_services_file(guard: CommandLine, gallery: Gallery, tmp_path: Path) -> None:
    (tmp_path / "guard.toml").write_text(f'gallery = "{tmp_path}/a.sqlite"\n[audit]\nlog = "{tmp_path}/a.jsonl"\n')
    options = ("--gallery", tmp_path / "people" / "gallery.sqlite", "--audit", tmp_path / "b.jsonl")
    guard.objects("gallery", "remove", "Ada", "--config", tmp_path / "guard.toml", *options)
    assert gallery.people() == []
    assert (tmp_path / "b.jsonl").exists()
    assert not (tmp_path / "a.jsonl").exists()


def test_a_mistake_in_the_services_file_is_told(guard: CommandLine, tmp_path: Path) -> None:
    (tmp_path / "guard.toml").write_text("galery = 1\n")
    line = guard.refusal("gallery", "list", "--config", tmp_path / "guard.toml")
    assert line == "guard: settings: galery is not a setting; did you mean gallery?"


def test_one_is_told_as_one(guard: CommandLine, gallery_path: Path) -> None:
    put(Gallery(gallery_path), "Ada")
    assert "  1 tenant  current" in guard.run("keys", "list").stdout
    assert "the keys of 1 tenant are wrapped" in guard.run("keys", "rotate").stdout
    assert guard.run("keys", "retire").stdout == "1 master key destroyed\n"
