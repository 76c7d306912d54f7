"""People and their progress survive the way over the wire."""

from datetime import UTC, datetime, timedelta

import pytest

from guard.core.items import Reason
from guard.enrolment.progress import Progress
from guard.gallery.items import Consent, Person, TemplateInfo
from guard.rpc.people import person_item, person_message, progress_item, progress_message

NOW = datetime(2026, 11, 2, 12, 30, 1, 250_000, UTC)
CONSENT = Consent("HR", NOW, "calls", NOW + timedelta(days=365))
TEMPLATE = TemplateInfo("m", 30, 12.48, 3, 2, NOW)


@pytest.mark.parametrize(
    "person",
    [
        Person("Ada", CONSENT, False, (TEMPLATE, TEMPLATE)),
        Person("Bob", None, True, ()),
    ],
)
def test_a_person_comes_back_as_it_was(person: Person) -> None:
    assert person_item(person_message(person)) == person


@pytest.mark.parametrize("reason", [None, Reason.FROZEN])
def test_progress_comes_back_as_it_was(reason: Reason | None) -> None:
    progress = Progress(7, 5.5, 0.5, 0.25, 1.0, reason, "go on")
    assert progress_item(progress_message(progress)) == progress
