"""people, sweep and keys: what is kept of one person, and the keys that protect it."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from guard.gallery import Gallery, adapting
from guard.gallery.items import Consent
from tests.cli.conftest import CommandLine
from tests.gallery.people import MODEL, put, reference


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
    monkeypatch.setattr(adapting, "SHARE", 1)
    assert guard.objects("people", "adapt", "Ada") == [{"name": "Ada", "adapts": True}]
    assert gallery.adapt("Ada", MODEL, reference(3, "call"), least=-1.0)
    (renewed,) = guard.objects("people", "renew", "Ada")
    assert (renewed["name"], renewed["windows"]) == ("Ada", 12)
    (reverted,) = guard.objects("people", "revert", "Ada")
    assert reverted["windows"] == 6
    assert guard.run("people", "renew", "Ada").stdout == "Ada is renewed: 1 templates\n"


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
