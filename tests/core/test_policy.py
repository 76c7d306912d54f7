"""Costs to thresholds: monotone, picked from what was measured, refused where nothing can reach."""

import math
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from guard.core.errors import SettingsError
from guard.core.items import Thresholds
from guard.core.policy import Operating, Point, Policy, choose
from guard.core.session import ASSUMED, SessionModel, Spread

BUNDLE = Thresholds(verify=1.5, suspect=-2.5, dwell=3, memory=40, limit=30, change=8, continuity=7)


def points(*pairs: tuple[float, float]) -> tuple[Point, ...]:
    return tuple(Point(threshold, errors, 8.0, 20.0, 0.9, 40, 4000.0) for threshold, errors in pairs)


MEASURED = Operating(
    suspect=points((-1.0, 9.0), (-2.0, 3.0), (-3.0, 1.0), (-3.5, 0.2)),
    change=points((3.0, 8.0), (5.0, 2.0), (7.0, 0.6), (9.0, 0.1)),
    continuity=points((4.0, 4.0), (6.0, 0.9)),
)
ALIKE = SessionModel(Spread(1.4, 0.0, 1.8, 2.5), Spread(-1.4, 0.0, 1.8, 2.5))
"""Sessions that have nothing of their own, so that evidence goes far."""
costs = some.floats(1.001, 1e3)


def test_without_a_policy_the_bundles_thresholds_hold() -> None:
    chosen = choose(Policy(), BUNDLE, Operating(), ASSUMED)
    assert (chosen.thresholds, chosen.points) == (BUNDLE, {})


def test_thresholds_are_where_a_claim_costs_as_much_as_a_check() -> None:
    policy = Policy(false_accusation_cost=1.5, missed_impostor_cost=20.0, prior=0.8)
    thresholds = choose(policy, BUNDLE, Operating(), ALIKE).thresholds
    for evidence, cost, genuine in ((thresholds.verify, 20.0, False), (thresholds.suspect, 1.5, True)):
        odds = 0.8 / 0.2 * math.exp(evidence)
        wrong = odds / (1 + odds) if genuine else 1 / (1 + odds)
        assert wrong * cost == pytest.approx(1.0)


def test_a_rate_is_shared_by_both_ways_to_accuse_and_picked_from_what_was_measured() -> None:
    chosen = choose(Policy(false_accusations=2.0), BUNDLE, MEASURED, ALIKE)
    thresholds = chosen.thresholds
    assert (thresholds.suspect, thresholds.change, thresholds.continuity) == (-3.0, 7.0, 6.0)
    assert {name: point.errors for name, point in chosen.points.items()} == {
        "suspect": 1.0, "change": 0.6, "continuity": 0.9
    }  # fmt: skip


def test_a_rate_is_kept_by_its_own_point_however_strict_the_bundles_threshold_is() -> None:
    strict = replace(BUNDLE, suspect=-3.5)
    chosen = choose(Policy(false_accusations=18.0), strict, MEASURED, ALIKE)
    assert chosen.thresholds.suspect == chosen.points["suspect"].threshold == -1.0


def test_the_bound_of_the_evidence_leaves_room_for_what_a_rate_takes() -> None:
    near = replace(BUNDLE, limit=3.0)
    thresholds = choose(Policy(false_accusations=0.4), near, MEASURED, ALIKE).thresholds
    assert (thresholds.suspect, thresholds.limit) == (-3.5, 4.5)
    assert choose(Policy(false_accusations=2.0), BUNDLE, MEASURED, ALIKE).thresholds.limit == BUNDLE.limit


def test_where_the_cost_is_stricter_no_point_of_the_rate_is_told_of_the_evidence() -> None:
    chosen = choose(Policy(false_accusations=2.0, false_accusation_cost=100.0, prior=0.5), BUNDLE, MEASURED, ALIKE)
    assert set(chosen.points) == {"change", "continuity"}


def test_of_cost_and_rate_the_stricter_holds() -> None:
    lax = Policy(false_accusations=2.0, false_accusation_cost=1.01, prior=0.5)
    strict = replace(lax, false_accusation_cost=100.0)
    assert choose(lax, BUNDLE, MEASURED, ALIKE).thresholds.suspect == -3.0
    assert choose(strict, BUNDLE, MEASURED, ALIKE).thresholds.suspect == pytest.approx(-math.log(99))


@settings(deadline=None, max_examples=60)
@given(costs, costs, some.floats(0.05, 0.95), some.floats(0.5, 10), some.floats(1, 20), some.floats(1, 20))
def test_a_stricter_policy_never_gives_a_laxer_threshold(
    accused: float, missed: float, prior: float, rate: float, stricter: float, fewer: float
) -> None:
    def thresholds(policy: Policy) -> Thresholds:
        return choose(policy, BUNDLE, MEASURED, ALIKE).thresholds

    lax = Policy(accused, missed, prior, rate)
    before = thresholds(lax)
    for strict in (
        replace(lax, false_accusation_cost=accused * stricter),
        replace(lax, missed_impostor_cost=missed * stricter),
        replace(lax, false_accusations=max(0.4, rate / fewer)),
    ):
        after = thresholds(strict)
        assert after.verify >= before.verify
        assert after.suspect <= before.suspect
        assert after.change >= before.change
        assert after.continuity >= before.continuity


@pytest.mark.parametrize(
    ("policy", "says"),
    [
        (Policy(missed_impostor_cost=1e6), "evidence of 11.62, and 19 of 20 genuine calls never pass"),
        (Policy(false_accusation_cost=1e5), "asks for an evidence of -13.71, and 19 of 20 impostors' calls stay above"),
        (Policy(false_accusations=0.1), "0.1 in 100 participant-hours is out of reach: .* is 0.4; ask for 0.4 or more"),
    ],
)
def test_what_no_amount_of_evidence_can_reach_is_refused_with_what_can(policy: Policy, says: str) -> None:
    with pytest.raises(SettingsError, match=says):
        choose(policy, BUNDLE, MEASURED, ASSUMED)


errors = some.lists(some.floats(1e-4, 1e4), min_size=1, max_size=5)


@pytest.mark.slow
@settings(deadline=None, max_examples=200)
@given(errors, errors, errors, some.floats(0.01, 1e5), some.booleans(), some.sampled_from((ALIKE, ASSUMED)))
def test_what_a_refusal_advises_is_accepted_and_nothing_less_is(
    evidence: list[float],
    changes: list[float],
    followed: list[float],
    rate: float,
    continuity: bool,
    model: SessionModel,
) -> None:
    measured = Operating(
        suspect=points(*((-1.0 - 2.0 * place, error) for place, error in enumerate(evidence))),
        change=points(*((1.0 + place, error) for place, error in enumerate(changes))),
        continuity=points(*((1.0 + place, error) for place, error in enumerate(followed))),
    )
    policy = Policy(false_accusations=rate, continuity=continuity)
    try:
        choose(policy, BUNDLE, measured, model)
        return
    except SettingsError as error:
        refused = error
    assert refused.problem.startswith(f"{rate:g} in 100"), "the operator's own figure"
    advised = float(refused.remedy.removeprefix("ask for ").removesuffix(" or more"))
    choose(replace(policy, false_accusations=advised), BUNDLE, measured, model)
    with pytest.raises(SettingsError):
        choose(replace(policy, false_accusations=advised * 0.98), BUNDLE, measured, model)


def test_no_rate_is_promised_that_was_not_measured() -> None:
    with pytest.raises(SettingsError, match="the bundle does not say how often a threshold suspect errs"):
        choose(Policy(false_accusations=1.0), BUNDLE, Operating(), ASSUMED)


def test_a_rate_that_continuity_cannot_keep_is_refused_only_where_it_is_wanted() -> None:
    policy = Policy(false_accusations=0.6)
    assert choose(policy, BUNDLE, MEASURED, ALIKE).points["continuity"].errors == 0.9
    with pytest.raises(SettingsError, match=r"0.6 in 100 participant-hours is out of reach: .* is 0.9; ask for 0.9"):
        choose(replace(policy, continuity=True), BUNDLE, MEASURED, ALIKE)


def test_where_continuity_was_not_measured_the_bundles_threshold_stays() -> None:
    thresholds = choose(Policy(false_accusations=2.0), BUNDLE, replace(MEASURED, continuity=()), ALIKE).thresholds
    assert thresholds.continuity == BUNDLE.continuity


@pytest.mark.parametrize(
    ("field", "policy"),
    [
        ("false_accusation_cost", {"false_accusation_cost": 1.0}),
        ("missed_impostor_cost", {"missed_impostor_cost": math.nan}),
        ("prior", {"prior": 1.0}),
        ("false_accusations", {"false_accusations": 0.0}),
    ],
)
def test_a_policy_that_makes_no_sense_is_refused_by_field(field: str, policy: dict[str, float]) -> None:
    with pytest.raises(SettingsError) as caught:
        Policy(**policy)
    assert caught.value.field == f"policy.{field}"


@pytest.mark.parametrize(
    ("name", "row", "says"),
    [
        (
            "suspect",
            Point(2.0, 1.0, 8.0, 20.0, 0.9, 40, 4000.0),
            "operating.suspect: holds a threshold of the wrong sign",
        ),
        (
            "change",
            Point(-2.0, 1.0, 8.0, 20.0, 0.9, 40, 4000.0),
            "operating.change: holds a threshold of the wrong sign",
        ),
        ("verify", Point(2.0, 1.0, 8.0, 20.0, 7.0, 40, 4000.0), "operating.verify: holds a share that is above 1"),
    ],
)
def test_points_that_cannot_be_are_refused(name: str, row: Point, says: str) -> None:
    with pytest.raises(SettingsError, match=says):
        replace(Operating(), **{name: (row,)}).check()
