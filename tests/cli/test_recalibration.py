"""`guard incidents recalibrate` and `guard policy explain --tenant`, with the shipped bundle under a lax policy."""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from guard.bundle import Bundle
from guard.config import Settings
from guard.gallery import Gallery
from guard.incidents.items import Disposition
from guard.policy import PolicySettings, basis
from guard.recalibration.items import Exposure
from guard.stores import GalleryStores
from tests.cli.conftest import CommandLine
from tests.incidents.people import incident

pytestmark = pytest.mark.slow

BUNDLE = Bundle.default()
LAX = 150.0
"""False accusations in 100 participant-hours: more than the table's laxest thresholds, so that there is room."""


@pytest.fixture
def config(guard: CommandLine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "guard.toml"
    path.write_text(f"[policy]\nfalse_accusations = {LAX}\nfalse_accusation_cost = 1.001\nprior = 0.5\n")
    monkeypatch.setenv("AVATAR_GUARD_CONFIG", str(path))


def accuse(gallery_path: Path, count: int) -> None:
    stores, now = GalleryStores.of(Gallery(gallery_path), Settings()), datetime.now(UTC)
    stores.tenants.add([Exposure("default", BUNDLE.model_id, now.date(), 36_000.0, 8.0)])
    for number in range(count):
        one = incident(f"{number:032x}")
        trace = (replace(one.trace[-1], model_id=BUNDLE.model_id),)
        stores.incidents.keep(replace(one, happened_at=now, trace=trace))
        stores.incidents.dispose(one.id, Disposition.FALSE, "Grace")


@pytest.mark.usefixtures("config")
def test_a_tenant_is_recalibrated_explained_and_reset(guard: CommandLine, gallery_path: Path, tmp_path: Path) -> None:
    accuse(gallery_path, 32)
    (told,) = guard.objects("incidents", "recalibrate")
    assert (told["hours"], told["false"], told["missing"], told["applied"]) == (10.0, 32, 0, None)
    assert told["ratio"] == pytest.approx(36 / 12)
    log = tmp_path / "audit.log"
    (done,) = guard.objects("incidents", "recalibrate", "--apply", "--audit", log)
    assert done["applied"]["strictness"] == pytest.approx(3.0)
    assert '"tenant.recalibrate"' in log.read_text()
    policy = PolicySettings(false_accusations=LAX, false_accusation_cost=1.001, prior=0.5)
    expected = basis(BUNDLE, policy).stricter(3.0)
    explained = {one["name"]: one for one in guard.objects("policy", "explain", "--tenant", "default")}
    assert explained["change"]["value"] == expected.change == done["thresholds"]["change"]
    assert (explained["change"]["origin"], explained["verify"]["origin"]) == ("tenant", "bundle")
    usual = {one["name"]: one for one in guard.objects("policy", "explain")}
    assert usual["change"]["value"] < explained["change"]["value"]
    assert "3.00 times as many" in guard.run("policy", "explain", "--tenant", "default").stdout
    assert "A strictness of 3.00 holds" in guard.run("incidents", "recalibrate").stdout
    assert "operator's thresholds hold" in guard.run("incidents", "recalibrate", "--reset", "--audit", log).stdout
    assert '"tenant.reset"' in log.read_text()
    other = {one["name"]: one for one in guard.objects("policy", "explain", "--tenant", "default")}
    assert other == usual


def test_too_few_dispositions_and_contradictions_are_refused(guard: CommandLine, gallery_path: Path) -> None:
    accuse(gallery_path, 2)
    assert "3 too few" in guard.refusal("incidents", "recalibrate", "--apply")
    assert "3 more dispositions are needed" in guard.run("incidents", "recalibrate").stdout
    assert "contradicts" in guard.refusal("incidents", "recalibrate", "--apply", "--reset")
