"""Whose template windows are most like, among more people than one page holds."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from guard.core.errors import GalleryError
from guard.core.items import Floats
from guard.gallery import Gallery, gallery, likeness
from guard.gallery.items import Consent, Reference
from guard.gallery.tables import DATA_KEYS

pytestmark = pytest.mark.slow

MODEL = "m1"


def axis(person: int) -> Floats:
    return np.eye(256, dtype=np.float32)[[person]]


def enrol(into: Gallery, person: int, tenant: str = "default", model: str = MODEL, days: int = 9) -> None:
    now = datetime.now(UTC)
    consent = Consent("desk", now, "calls", now + timedelta(days=days))
    into.put(tenant, f"person {person}", model, [Reference(axis(person), 5.0, "s")], consent)


@pytest.fixture
def people(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Gallery:
    monkeypatch.setattr(likeness, "PAGE", 3)
    made = Gallery(tmp_path / "gallery.sqlite")
    for person in range(10):
        enrol(made, person)
    return made


def windows(*weights: float) -> Floats:
    """One window, as like each person as is said."""
    return np.array([weights + (0.0,) * (256 - len(weights))], np.float32)


def test_the_likest_are_found_on_whatever_page_they_are(people: Gallery, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gallery, "NEAREST", 3)
    people.renew("person 7")  # turned by another matrix now
    both = np.concatenate([windows(0.1, *[0.0] * 6, 0.8, 0.0, 0.6), windows(0.3, *[0.0] * 6, 0.6, 0.0, 0.0)])
    found = people.nearest(both, MODEL, "default", excluding="person 4")
    assert [name for name, _ in found] == ["person 7", "person 9", "person 0"]
    assert [score for _, score in found] == pytest.approx([0.7, 0.3, 0.2], abs=1e-6)
    assert "person 7" not in dict(people.nearest(both, MODEL, "default", excluding="person 7"))


def test_who_is_not_to_be_compared_is_left_out(people: Gallery, tmp_path: Path) -> None:
    people.set_opt_out("person 1", "default", True)
    enrol(people, 2, days=5)
    enrol(people, 20, model="m2")
    enrol(people, 21, tenant="acme")
    later = Gallery(tmp_path / "gallery.sqlite", clock=lambda: datetime.now(UTC) + timedelta(days=7))
    for person in (1, 2, 20, 21):
        assert dict(later.nearest(axis(person), MODEL, "default", excluding="")).get(f"person {person}", 0.0) == 0.0
    assert later.nearest(axis(3), MODEL, "default", excluding="")[0] == ("person 3", pytest.approx(1.0))
    assert later.nearest(axis(3), MODEL, "nobody's", excluding="") == []


def test_a_template_whose_key_is_gone_is_an_error(people: Gallery) -> None:
    with people.database.writing() as connection:
        connection.execute(DATA_KEYS.delete())
    with pytest.raises(GalleryError, match="key is not there"):
        people.nearest(axis(1), MODEL, "default", excluding="")
