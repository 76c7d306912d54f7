"""The demo's judgement on literal verdicts: what counts as kept promise, and every way to break it."""

import pytest

from guard.core.items import Decision
from guard.demo.cast import Actor, Clip
from guard.demo.story import SETTLE, Story
from tests.demo.verdicts import verdict

CLIP = Clip(1, 2)
HONEST = Actor("Hana", 1, CLIP, ())
TAKEN = Actor("Tove", 2, CLIP, (), swap_after=25.0, swap_driver=3)

Course = dict[str, list[tuple[float, Decision]]]
COLLECTING, VERIFIED, UNCERTAIN = Decision.COLLECTING, Decision.VERIFIED, Decision.UNCERTAIN
SUSPECTED = Decision.IMPOSTOR_SUSPECTED
RIGHT: Course = {
    "Hana": [(0.2, COLLECTING), (6.0, VERIFIED), (41.0, VERIFIED)],
    "Tove": [(0.2, COLLECTING), (7.0, VERIFIED), (30.0, UNCERTAIN), (33.0, SUSPECTED), (41.0, SUSPECTED)],
}


def played(course: Course) -> Story:
    story = Story((HONEST, TAKEN))
    for participant, steps in course.items():
        for time, decision in steps:
            story.parts[participant].see(verdict(time, decision))
    return story


def test_swap_reported_and_nobody_else_accused() -> None:
    story = played(RIGHT)
    assert story.problems() == []
    assert story.finished
    assert story.reported == 33.0


@pytest.mark.parametrize(
    ("course", "problem"),
    [
        ({**RIGHT, "Tove": RIGHT["Tove"][:3]}, "the swap at 25.0 s was not reported"),
        ({**RIGHT, "Hana": [*RIGHT["Hana"], (44.0, SUSPECTED)]}, "Hana was accused at 44.0 s"),
        ({**RIGHT, "Tove": [(7.0, VERIFIED), (24.8, SUSPECTED)]}, "Tove was accused at 24.8 s"),
        ({**RIGHT, "Hana": [(0.2, COLLECTING), (26.0, VERIFIED)]}, "Hana was not verified before"),
        ({**RIGHT, "Tove": [(0.2, COLLECTING), (33.0, SUSPECTED)]}, "Tove was not verified before"),
        ({**RIGHT, "Hana": []}, "no verdict about Hana"),
    ],
)
def test_each_way_to_break_the_promise_is_named(course: Course, problem: str) -> None:
    assert any(problem in found for found in played(course).problems())


def test_a_suspicion_kept_from_before_the_swap_is_no_report() -> None:
    story = played({**RIGHT, "Tove": [(7.0, VERIFIED), (24.0, SUSPECTED), (30.0, SUSPECTED)]})
    assert story.reported is None
    assert len(story.problems()) == 2


def test_everybody_is_watched_for_a_while_after_the_report() -> None:
    story = played({"Hana": [(6.0, VERIFIED)], "Tove": RIGHT["Tove"]})
    assert not story.finished
    story.parts["Hana"].see(verdict(33.0 + SETTLE, VERIFIED))
    assert story.finished


def test_a_false_accusation_settles_the_outcome_at_once() -> None:
    story = played({"Hana": [(6.0, VERIFIED), (12.0, SUSPECTED)], "Tove": [(6.0, VERIFIED)]})
    assert story.finished
    assert story.problems()


def test_changes_are_told_from_repetitions() -> None:
    story = Story((HONEST, TAKEN))
    assert story.parts["Hana"].see(verdict(0.2, COLLECTING))
    assert not story.parts["Hana"].see(verdict(0.4, COLLECTING))
    assert story.parts["Hana"].see(verdict(6.0, VERIFIED))


def test_scores_keep_the_holes() -> None:
    story = Story((HONEST, TAKEN))
    for score in (None, 0.25, None):
        story.parts["Hana"].see(verdict(1.0, COLLECTING, score))
    assert [verdict.score for verdict in story.parts["Hana"].recent] == [None, 0.25, None]
