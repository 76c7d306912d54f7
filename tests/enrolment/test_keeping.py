"""What the gallery is given in the end, and when it is given nothing."""

import numpy as np
import pytest

from guard.core.calibration import Calibration
from guard.core.errors import OptedOutError, QualityError
from guard.core.scoring import directions
from guard.enrolment.keeping import keep
from guard.gallery.items import Person
from tests.core.helpers import settings
from tests.enrolment.people import HORIZON, NEEDS, around, clip
from tests.service_fakes import FakeGallery

SETTINGS = settings(horizons=(HORIZON,), calibration=Calibration(10.0, -5.0))


def kept(gallery: FakeGallery, *seeds: int, direction: int = 0, add: bool = False) -> Person:
    clips = [clip(around(direction, 1.0, seed), f"clip {seed}") for seed in seeds]
    return keep("Ada", clips, SETTINGS, gallery, tenant="here", consent=None, add=add, needs=NEEDS)


def test_each_clip_becomes_a_reference_of_its_session() -> None:
    gallery = FakeGallery()
    person = kept(gallery, 1, 2)
    one, two = gallery.references["here", "Ada"]
    assert (one.session, two.session) == ("clip 1", "clip 2")
    assert one.seconds == pytest.approx(8 * 16 / 25)
    np.testing.assert_array_equal(one.embeddings, directions(around(0, 1.0, 1), None))
    assert person.templates[0].references == 2


def test_clips_that_do_not_suffice_leave_the_gallery_alone() -> None:
    gallery = FakeGallery()
    with pytest.raises(QualityError):
        kept(gallery)
    assert gallery.references == {}


def test_who_opted_out_is_not_enrolled() -> None:
    gallery = FakeGallery()
    gallery.set_opt_out("Ada", "here", True)
    with pytest.raises(OptedOutError):
        kept(gallery, 1)
    assert gallery.references == {}
