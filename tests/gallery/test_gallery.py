"""The gallery: what goes in comes out, to whom it belongs, and is gone when it is erased."""

import json
import stat
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from guard.core.errors import ClaimError, ConsentError, GalleryError, InputError, OptedOutError, UnknownPersonError
from guard.core.items import Floats
from guard.core.scoring import make_template
from guard.gallery import Gallery, people
from guard.gallery.items import Consent, Reference, TemplateInfo
from tests.gallery.people import MODEL, consent, embeddings, put, reference, template


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "people" / "gallery.sqlite"


@pytest.fixture
def gallery(path: Path) -> Gallery:
    return Gallery(path)


def found(gallery: Gallery, name: str, model_id: str = MODEL, tenant: str = "default") -> Floats:
    vector = gallery.template(name, model_id, tenant)
    assert vector is not None
    return vector


def names(gallery: Gallery, tenant: str = "default") -> list[str]:
    return sorted(person.name for person in gallery.people(tenant))


def test_template_comes_back_to_a_millionth(gallery: Gallery) -> None:
    put(gallery, "Ada", seed=7)
    assert found(gallery, "Ada").dtype == np.float32
    np.testing.assert_allclose(found(gallery, "Ada"), template(7), rtol=0, atol=1e-6)


def test_scores_are_those_of_a_template_that_was_never_stored(gallery: Gallery) -> None:
    put(gallery, "Ada", seed=7)
    np.testing.assert_allclose(embeddings(7) @ found(gallery, "Ada"), embeddings(7) @ template(7), rtol=0, atol=1e-6)
    np.testing.assert_allclose(embeddings(8) @ found(gallery, "Ada"), embeddings(8) @ template(7), rtol=0, atol=1e-6)


def test_unknown_name_other_model_and_other_tenant_have_no_template(gallery: Gallery) -> None:
    put(gallery, "Ada")
    assert gallery.template("Bob", MODEL) is None
    assert gallery.template("Ada", "m2") is None
    assert gallery.template("ada", MODEL) is None
    assert gallery.template("Ada", MODEL, "another") is None


def test_who_is_enrolled_for_other_models_only_is_known_to_be(gallery: Gallery) -> None:
    put(gallery, "Ada")
    assert gallery.outdated("Ada", "m2")
    assert not gallery.outdated("Ada", MODEL)
    assert not gallery.outdated("Ada", "m2", "another")
    assert not gallery.outdated("Bob", "m2")
    gallery.set_opt_out("Ada", "default", True)
    assert not gallery.outdated("Ada", "m2")


def test_tenants_have_people_of_their_own_also_of_one_name(gallery: Gallery) -> None:
    put(gallery, "Ada", seed=1, tenant="red")
    put(gallery, "Ada", seed=2, tenant="blue")
    put(gallery, "Bob", tenant="blue")
    assert (names(gallery, "red"), names(gallery, "blue"), names(gallery)) == (["Ada"], ["Ada", "Bob"], [])
    np.testing.assert_allclose(found(gallery, "Ada", tenant="red"), template(1), atol=1e-6)
    np.testing.assert_allclose(found(gallery, "Ada", tenant="blue"), template(2), atol=1e-6)
    gallery.remove("Ada", "red")
    assert (names(gallery, "red"), names(gallery, "blue")) == ([], ["Ada", "Bob"])


def test_a_person_is_told_with_what_each_template_was_made_of(gallery: Gallery) -> None:
    agreed = consent()
    references = [reference(1, "monday"), reference(1, "friday"), reference(1, "friday")]
    gallery.put("default", "Ada", "m2", references, agreed)
    person = put(gallery, "Ada", model_id="m1")
    first, second = person.templates
    assert second == TemplateInfo("m2", 18, 7.5, 3, 2, second.created_at)
    assert first == TemplateInfo("m1", 6, 2.5, 1, 1, first.created_at)
    assert abs(datetime.now(UTC) - first.created_at) < timedelta(minutes=1)
    assert gallery.person("Ada", "default") == person
    assert (person.name, person.opted_out) == ("Ada", False)


@pytest.mark.slow
def test_people_come_in_pages_and_only_those_of_a_page_are_decrypted(
    gallery: Gallery, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("Dora", "Ada", "Cleo", "Bob", "Eva"):
        put(gallery, name)
    opened, original = [], people.opened

    def counted(*row: Any) -> people.Known:
        known = original(*row)
        opened.append(known.name)
        return known

    monkeypatch.setattr(people, "opened", counted)
    first = gallery.people("default", limit=2)
    second = gallery.people("default", first[-1].name, limit=2)
    gallery.remove(second[-1].name)  # the next page begins behind it all the same
    del opened[:]
    (last,) = gallery.people("default", second[-1].name, limit=2)
    assert opened == [last.name]
    assert sorted(one.name for one in (*first, *second, last)) == ["Ada", "Bob", "Cleo", "Dora", "Eva"]
    assert gallery.people("default", last.name) == []


def test_enrolling_again_replaces_the_template(gallery: Gallery) -> None:
    put(gallery, "Ada", seed=1)
    put(gallery, "Ada", seed=2)
    np.testing.assert_allclose(found(gallery, "Ada"), template(2), atol=1e-6)
    assert len(gallery.person("Ada").templates) == 1


def test_added_references_count_window_by_window_beside_the_others(gallery: Gallery) -> None:
    put(gallery, "Ada", seed=1)
    person = gallery.put("default", "Ada", MODEL, [Reference(embeddings(2, 3), 1.0, "friday")], None, add=True)
    both = np.concatenate([embeddings(1), embeddings(2, 3)])
    np.testing.assert_allclose(found(gallery, "Ada"), make_template(both, None), atol=1e-6)
    assert (person.templates[0].windows, person.templates[0].references, person.templates[0].sessions) == (9, 2, 2)


def test_nobody_is_enrolled_without_a_consent_that_holds(gallery: Gallery) -> None:
    with pytest.raises(ConsentError, match="consent: is missing; record who obtained it"):
        gallery.put("default", "Ada", MODEL, [reference(1)], None)
    now = datetime.now(UTC)
    for field, wrong in {
        "obtained_by": Consent(" ", now, "calls", now + timedelta(1)),
        "purpose": Consent("Grace", now, "", now + timedelta(1)),
        "given_at": Consent("Grace", now + timedelta(1), "calls", now + timedelta(2)),
        "expires_at": Consent("Grace", now, "calls", now),
    }.items():
        with pytest.raises(ConsentError) as caught:
            gallery.put("default", "Ada", MODEL, [reference(1)], wrong)
        assert caught.value.field == f"consent.{field}"
    with pytest.raises(ConsentError, match="no time zone"):
        gallery.put("default", "Ada", MODEL, [reference(1)], Consent("G", datetime.now(), "c", now + timedelta(1)))
    assert gallery.people("default") == []


def test_a_recorded_consent_holds_for_the_next_enrolment(gallery: Gallery) -> None:
    agreed = consent()
    gallery.put("default", "Ada", MODEL, [reference(1)], agreed)
    assert gallery.put("default", "Ada", "m2", [reference(1)], None).consent == agreed


def test_consent_that_has_run_out_ends_verification_before_any_sweep(gallery: Gallery, path: Path) -> None:
    put(gallery, "Ada")
    gallery.put("default", "Bob", MODEL, [reference(2)], consent(days=2))
    assert gallery.sweep() == 0
    later = Gallery(path, clock=lambda: datetime.now(UTC) + timedelta(days=3))
    assert later.template("Bob", MODEL) is None
    with pytest.raises(ConsentError, match="has passed"):
        later.put("default", "Bob", MODEL, [reference(2)], None, add=True)
    assert names(later) == ["Ada", "Bob"]
    forgotten: list[tuple[str, str]] = []
    assert later.sweep(lambda *who: forgotten.append(who)) == 1
    assert forgotten == [("default", "Bob")]
    assert names(later) == ["Ada"]
    assert later.sweep() == 0


def test_who_opted_out_is_neither_verified_nor_enrolled_until_that_is_taken_back(gallery: Gallery) -> None:
    put(gallery, "Ada", seed=3)
    gallery.set_opt_out("Ada", "default", True)
    assert gallery.opted_out("Ada", "default")
    assert gallery.template("Ada", MODEL) is None
    assert gallery.person("Ada").opted_out
    with pytest.raises(OptedOutError):
        put(gallery, "Ada")
    gallery.set_opt_out("Ada", "default", False)
    assert not gallery.opted_out("Ada", "default")
    np.testing.assert_allclose(found(gallery, "Ada"), template(3), atol=1e-6)


def test_an_opt_out_outlives_the_consent(gallery: Gallery, path: Path) -> None:
    gallery.put("default", "Ada", MODEL, [reference(1)], consent(days=2))
    gallery.set_opt_out("Ada", "default", True)
    later = Gallery(path, clock=lambda: datetime.now(UTC) + timedelta(days=3))
    assert later.sweep(lambda *who: pytest.fail("whoever opted out keeps the name")) == 1
    person = later.person("Ada")
    assert (person.opted_out, person.consent, person.templates) == (True, None, ())
    assert later.sweep() == 0


def test_who_is_not_enrolled_can_opt_out_beforehand(gallery: Gallery) -> None:
    assert not gallery.opted_out("Eve", "default")
    gallery.set_opt_out("Eve", "default", True)
    with pytest.raises(OptedOutError):
        put(gallery, "Eve")
    gallery.set_opt_out("Eve", "default", False)
    assert names(gallery) == []


def test_remove_takes_every_model_of_one_name_only(gallery: Gallery) -> None:
    for model_id in ("m1", "m2"):
        put(gallery, "Ada", model_id=model_id)
    put(gallery, "Bob")
    gallery.remove("Ada")
    for call in (gallery.remove, gallery.person, gallery.renew, gallery.export, gallery.revert):
        with pytest.raises(UnknownPersonError, match="name: is not enrolled"):
            call("Ada", "default")
    assert names(gallery) == ["Bob"]


def test_renewed_templates_score_as_before(gallery: Gallery) -> None:
    put(gallery, "Ada", seed=4)
    person = gallery.renew("Ada")
    np.testing.assert_allclose(found(gallery, "Ada"), template(4), atol=1e-6)
    assert person.templates[0].windows == 6


def test_export_holds_all_that_is_kept_of_one_person(gallery: Gallery) -> None:
    agreed = consent()
    gallery.put("default", "Łukasz", MODEL, [reference(5, "friday")], agreed)
    put(gallery, "Bob")
    document = json.loads(gallery.export("Łukasz"))
    assert (document["name"], document["tenant"], document["opted_out"]) == ("Łukasz", "default", False)
    assert document["consent"]["obtained_by"] == "Grace"
    assert datetime.fromisoformat(document["consent"]["expires_at"]) == agreed.expires_at
    (kept,) = document["templates"]
    np.testing.assert_allclose(kept["template"], template(5), atol=1e-6)
    np.testing.assert_allclose(kept["references"][0]["embeddings"], embeddings(5), atol=1e-6)
    assert (kept["references"][0]["session"], kept["references"][0]["adapted"]) == ("friday", False)
    assert b"Bob" not in gallery.export("Łukasz")


def test_nearest_scores_windows_against_everybody_else(gallery: Gallery) -> None:
    for seed, name in enumerate(("Ada", "Bob", "Cleo")):
        put(gallery, name, seed=seed)
    put(gallery, "Other model", seed=1, model_id="m2")
    put(gallery, "Other tenant", seed=1, tenant="red")
    scores = gallery.nearest(embeddings(1), MODEL, "default", excluding="Ada")
    assert [name for name, _ in scores] == ["Bob", "Cleo"]
    assert scores[0][1] == pytest.approx(float((embeddings(1) @ template(1)).mean()), abs=1e-6)
    assert gallery.nearest(embeddings(1), MODEL, "nobody", excluding="") == []


def test_two_objects_on_one_file_see_each_other(gallery: Gallery, path: Path) -> None:
    other = Gallery(path)
    put(gallery, "Ada")
    assert other.template("Ada", MODEL) is not None


def test_gallery_is_one_file_and_one_of_keys_that_only_their_owner_may_read(gallery: Gallery, path: Path) -> None:
    put(gallery, "Ada")
    files = sorted(path.parent.iterdir())
    assert [file.name for file in files] == ["gallery.sqlite", "gallery.sqlite.keys"]
    assert [stat.S_IMODE(file.stat().st_mode) for file in files] == [0o600, 0o600]
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


@pytest.mark.slow
@pytest.mark.parametrize("name", ["", " ", "a" * 201, "a\nb", "a\x00b", " Ada", "Ada ", "\u200b"])
def test_names_that_cannot_be_names(gallery: Gallery, name: str) -> None:
    with pytest.raises(ClaimError, match=r"name: must be 1 to 200 printable characters"):
        put(gallery, name)
    with pytest.raises(ClaimError):
        gallery.template(name, MODEL)
    with pytest.raises(ClaimError):
        gallery.remove(name)
    assert names(gallery) == []


@pytest.mark.slow
@pytest.mark.parametrize("name", ["a", "a" * 200, "Ada Lovelace", "Łukasz", "李", "o'; DROP TABLE templates; --"])
def test_names_that_can(gallery: Gallery, name: str) -> None:
    put(gallery, name)
    assert gallery.template(name, MODEL) is not None


def test_one_name_has_one_spelling(gallery: Gallery) -> None:
    put(gallery, "Rene\u0301")
    assert gallery.template("Ren\u00e9", MODEL) is not None


@pytest.mark.slow
@pytest.mark.parametrize("rows", [np.zeros((2, 255)), np.full((1, 256), np.nan), np.zeros(256), np.zeros((0, 256))])
def test_only_embeddings_get_in(gallery: Gallery, rows: Floats) -> None:
    with pytest.raises(InputError, match="references: "):
        gallery.put("default", "Ada", MODEL, [Reference(rows, 1.0, "s")], consent())
    with pytest.raises(InputError, match="references: there are none"):
        gallery.put("default", "Ada", MODEL, [], consent())
    assert names(gallery) == []


def test_references_without_a_mean_change_nothing(gallery: Gallery) -> None:
    put(gallery, "Ada", seed=1)
    opposite = Reference(np.stack([template(2), -template(2)]), 1.0, "s")
    with pytest.raises(InputError, match="cancel each other out"):
        gallery.put("default", "Ada", MODEL, [opposite], consent())
    np.testing.assert_allclose(found(gallery, "Ada"), template(1), atol=1e-6)


def test_message_of_a_failed_write_holds_no_name(gallery: Gallery, path: Path) -> None:
    path.write_bytes(b"overwritten by somebody else" * 100)
    with pytest.raises(GalleryError) as caught:
        put(gallery, "Ada Lovelace")
    assert "Lovelace" not in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.slow
def test_many_threads_write_without_losing_anybody(gallery: Gallery) -> None:
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda n: put(gallery, f"person {n}", seed=n), range(40)))
    assert len(names(gallery)) == 40
