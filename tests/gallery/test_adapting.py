"""Templates that follow how a person changes: who agreed to it, how much, how often, and back."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from guard.core.errors import OptedOutError, UnknownPersonError
from guard.core.scoring import make_template
from guard.gallery import Gallery
from guard.gallery.items import Reference
from tests.gallery.people import MODEL, consent, embeddings, put

TOMORROW = timedelta(days=1, minutes=1)


class Days:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.later = timedelta()

    def __call__(self) -> datetime:
        return datetime.now(UTC) + self.later


@pytest.fixture
def days() -> Days:
    return Days()


@pytest.fixture
def gallery(tmp_path: Path, days: Days) -> Gallery:
    """Ada has 40 windows, and agreed that calls change her template."""
    made = Gallery(tmp_path / "gallery.sqlite", clock=days)
    made.put("default", "Ada", MODEL, [Reference(embeddings(1, 40), 20.0, "monday")], consent())
    made.set_adapts("Ada", "default", True)
    days.later += TOMORROW
    return made


def call(seed: int = 1, count: int = 30) -> Reference:
    return Reference(embeddings(seed, count), 12.0, "call")


def adapt(gallery: Gallery, reference: Reference, least: float = 0.3, name: str = "Ada", model_id: str = MODEL) -> bool:
    return gallery.adapt(name, model_id, reference, "default", least=least)


def windows(gallery: Gallery) -> int:
    return gallery.person("Ada").templates[0].windows


def test_a_quarter_of_what_was_enrolled_is_taken_up_and_no_more(gallery: Gallery, days: Days) -> None:
    assert adapt(gallery, call())
    assert windows(gallery) == 50
    both = np.concatenate([embeddings(1, 40), embeddings(1, 30)[:10]])
    found = gallery.template("Ada", MODEL)
    assert found is not None
    np.testing.assert_allclose(found, make_template(both, None), atol=1e-6)
    days.later += TOMORROW
    assert not adapt(gallery, call())
    assert windows(gallery) == 50


def test_it_happens_once_a_day_at_the_most(gallery: Gallery, days: Days) -> None:
    assert adapt(gallery, call(count=4))
    days.later = timedelta(hours=23)
    assert not adapt(gallery, call(count=4))
    days.later += TOMORROW
    assert adapt(gallery, call(count=4))
    assert windows(gallery) == 48


def test_nothing_is_taken_up_that_is_unlike_what_was_enrolled(gallery: Gallery) -> None:
    assert not adapt(gallery, call(seed=2))
    assert windows(gallery) == 40


def test_it_is_taken_back_without_a_trace(gallery: Gallery) -> None:
    before = gallery.template("Ada", MODEL)
    assert before is not None
    assert adapt(gallery, call())
    assert gallery.revert("Ada").templates[0].windows == 40
    after = gallery.template("Ada", MODEL)
    assert after is not None
    np.testing.assert_allclose(after, before, atol=1e-6)


@pytest.mark.slow
def test_only_who_agreed_and_as_long_as_that_holds(gallery: Gallery, days: Days) -> None:
    put(gallery, "Bob", seed=5)
    days.later += TOMORROW
    assert not gallery.adapts("Bob")
    assert not adapt(gallery, call(5), name="Bob")
    assert not adapt(gallery, call(), model_id="m2")
    gallery.renew("Ada")
    assert gallery.adapts("Ada")
    gallery.set_adapts("Ada", "default", False)
    assert not adapt(gallery, call())
    gallery.set_adapts("Ada", "default", True)
    put(gallery, "Ada", seed=1)  # with a new consent, which has not been asked about this
    assert not gallery.adapts("Ada")
    gallery.set_opt_out("Ada", "default", True)
    with pytest.raises(OptedOutError):
        adapt(gallery, call())
    with pytest.raises(UnknownPersonError):
        gallery.set_adapts("Nobody", "default", True)
    assert not gallery.adapts("Nobody")
