"""The whole table of transitions, and when evidence triggers them."""

from itertools import product

import pytest

from guard.core.decision import (
    STALE_AFTER,
    TRANSITIONS,
    Event,
    Standing,
    after,
    on_no_score,
    on_score,
    on_template,
    opening,
)
from guard.core.items import Decision, Thresholds

COLLECTING, VERIFIED, UNCERTAIN, IMPOSTOR_SUSPECTED, NOT_ENROLLED, STALE, OPTED_OUT, *FOLLOWED = Decision
CONSISTENT, DRIVER_CHANGED = FOLLOWED
RULES = Thresholds(verify=4, suspect=-6, dwell=2, memory=20, limit=12)
AT_ONCE = Thresholds(verify=4, suspect=-6, dwell=0, memory=20, limit=12)

# What the table must say, written out once more, row by row: an empty place cannot happen.
EXPECTED = """
to                 GENUINE  NEITHER   IMPOSTOR           SAME       CHANGED        SILENCE ENROLLED   REMOVED
COLLECTING         VERIFIED UNCERTAIN IMPOSTOR_SUSPECTED CONSISTENT DRIVER_CHANGED -       COLLECTING NOT_ENROLLED
VERIFIED           VERIFIED UNCERTAIN IMPOSTOR_SUSPECTED -          -              STALE   COLLECTING NOT_ENROLLED
UNCERTAIN          VERIFIED UNCERTAIN IMPOSTOR_SUSPECTED -          -              STALE   COLLECTING NOT_ENROLLED
IMPOSTOR_SUSPECTED VERIFIED UNCERTAIN IMPOSTOR_SUSPECTED -          -              STALE   COLLECTING NOT_ENROLLED
NOT_ENROLLED       -        -         -                  -          -              -       COLLECTING NOT_ENROLLED
STALE              VERIFIED UNCERTAIN IMPOSTOR_SUSPECTED CONSISTENT DRIVER_CHANGED STALE   COLLECTING NOT_ENROLLED
OPTED_OUT          -        -         -                  -          -              -       OPTED_OUT  OPTED_OUT
CONSISTENT         -        -         -                  CONSISTENT DRIVER_CHANGED STALE   COLLECTING NOT_ENROLLED
DRIVER_CHANGED     -        -         -                  CONSISTENT DRIVER_CHANGED STALE   COLLECTING NOT_ENROLLED
"""
HEAD, *ROWS = [line.split() for line in EXPECTED.strip().splitlines()]
TABLE = {(row[0], event): to for row in ROWS for event, to in zip(HEAD[1:], row[1:], strict=True)}


@pytest.mark.parametrize(("decision", "event"), list(product(Decision, Event)))
def test_each_cell_of_the_table(decision: Decision, event: Event) -> None:
    expected = TABLE[decision.name, event.name]
    if expected == "-":
        with pytest.raises(AssertionError, match=f"{event} cannot happen to {decision}"):
            after(decision, event)
    else:
        assert after(decision, event) is Decision[expected]


def test_the_table_has_a_row_for_each_decision() -> None:
    assert set(TRANSITIONS) == set(Decision)


@pytest.mark.parametrize(
    ("comparable", "opted_out", "decision"),
    [(True, False, COLLECTING), (False, False, NOT_ENROLLED), (True, True, OPTED_OUT), (False, True, OPTED_OUT)],
)
def test_how_a_stream_opens(comparable: bool, opted_out: bool, decision: Decision) -> None:
    assert opening(comparable=comparable, opted_out=opted_out) == Standing(decision)


def course(*scores: tuple[float, float], first: Standing = Standing(COLLECTING)) -> list[Decision]:  # noqa: B008 - frozen
    """The decisions after windows that were scored at these times and brought the evidence to these values."""
    standing, decisions = first, []
    for time, evidence in scores:
        standing = on_score(standing, evidence, time, RULES)
        decisions.append(standing.decision)
    return decisions


def test_the_first_score_makes_no_claim() -> None:
    assert course((3, 100)) == [UNCERTAIN]
    assert course((3, -100)) == [UNCERTAIN]


def test_a_claim_takes_the_dwell() -> None:
    assert course((3, 5), (4, 5), (4.5, 9), (5, 5)) == [UNCERTAIN, UNCERTAIN, UNCERTAIN, VERIFIED]
    assert course((3, -7), (4.75, -7), (5, -7)) == [UNCERTAIN, UNCERTAIN, IMPOSTOR_SUSPECTED]


def test_without_a_dwell_a_claim_is_made_at_once() -> None:
    assert on_score(Standing(COLLECTING), 4.0, 3.0, AT_ONCE).decision is VERIFIED
    assert on_score(Standing(COLLECTING), -6.0, 3.0, AT_ONCE).decision is IMPOSTOR_SUSPECTED
    assert on_score(Standing(VERIFIED), -6.0, 3.0, AT_ONCE).decision is IMPOSTOR_SUSPECTED


def test_one_contradiction_starts_the_dwell_anew() -> None:
    assert course((3, 5), (4, 3), (5, 5), (6, 5), (7, 5)) == [UNCERTAIN] * 4 + [VERIFIED]
    assert course((3, -7), (4, -5), (5, -7), (6, -7), (7, -7)) == [UNCERTAIN] * 4 + [IMPOSTOR_SUSPECTED]


def test_the_dwell_of_one_claim_does_not_count_for_the_other() -> None:
    assert course((3, 5), (5, -7), (6, -7), (7, -7)) == [UNCERTAIN, UNCERTAIN, UNCERTAIN, IMPOSTOR_SUSPECTED]


@pytest.mark.parametrize("evidence", [3.999, 0, -5.999])
def test_between_the_thresholds_nothing_is_claimed_however_long(evidence: float) -> None:
    assert course(*((time, evidence) for time in range(50))) == [UNCERTAIN] * 50


def test_the_thresholds_themselves_count() -> None:
    assert course((0, 4), (2, 4))[-1] is VERIFIED
    assert course((0, -6), (2, -6))[-1] is IMPOSTOR_SUSPECTED


def test_a_claim_is_held_down_to_half_its_threshold() -> None:
    assert course((0, 4), (2, 4), (3, 2), (4, 3.9), (5, 1.99), (6, 2)) == [
        UNCERTAIN, VERIFIED, VERIFIED, VERIFIED, UNCERTAIN, UNCERTAIN
    ]  # fmt: skip
    assert course((0, -6), (2, -6), (3, -3), (4, -2.99), (5, -3)) == [
        UNCERTAIN, IMPOSTOR_SUSPECTED, IMPOSTOR_SUSPECTED, UNCERTAIN, UNCERTAIN
    ]  # fmt: skip


def test_a_lost_claim_must_earn_its_dwell_again() -> None:
    assert course((0, 4), (2, 4), (3, 1), (4, 4), (5, 4), (6, 4))[2:] == [UNCERTAIN, UNCERTAIN, UNCERTAIN, VERIFIED]


def test_a_take_over_gives_up_the_claim_first_and_accuses_after_the_dwell() -> None:
    assert course((0, 9), (2, 9), (3, -9), (4, -9), (5, -9))[1:] == [VERIFIED, UNCERTAIN, UNCERTAIN, IMPOSTOR_SUSPECTED]


def test_without_scores_a_decision_is_kept_and_then_stale() -> None:
    for decision in (VERIFIED, UNCERTAIN, IMPOSTOR_SUSPECTED):
        standing = Standing(decision, scored_at=50.0)
        assert on_no_score(standing, 50.0) == standing
        assert on_no_score(standing, 50.0 + STALE_AFTER - 0.25) == standing
        assert on_no_score(standing, 50.0 + STALE_AFTER).decision is STALE
        assert on_no_score(on_no_score(standing, 100.0), 200.0).decision is STALE


@pytest.mark.parametrize("decision", [COLLECTING, NOT_ENROLLED, OPTED_OUT])
def test_what_was_never_measured_does_not_become_stale(decision: Decision) -> None:
    assert on_no_score(Standing(decision), 1e6) == Standing(decision)


def test_a_stale_decision_is_left_by_the_next_score_and_claims_start_anew() -> None:
    stale = on_no_score(on_score(on_score(Standing(COLLECTING), 5, 0, RULES), 5, 2, RULES), 12)
    assert stale.decision is STALE
    assert course((13, 5), (14, 5), (15, 5), first=stale) == [UNCERTAIN, UNCERTAIN, VERIFIED]


def test_time_without_a_score_never_makes_a_claim() -> None:
    asked = on_score(Standing(COLLECTING), -9, 3, RULES)
    for time in (4, 5, 6, 12.75):
        assert on_no_score(asked, time).decision is UNCERTAIN


@pytest.mark.parametrize("decision", [VERIFIED, UNCERTAIN, IMPOSTOR_SUSPECTED, STALE, NOT_ENROLLED, COLLECTING])
def test_a_new_template_starts_from_nothing(decision: Decision) -> None:
    standing = Standing(decision, Event.IMPOSTOR, 5.0, 6.0)
    assert on_template(standing, comparable=True) == Standing(COLLECTING)
    assert on_template(standing, comparable=False) == Standing(NOT_ENROLLED)


def test_who_opted_out_stays_out() -> None:
    assert on_template(Standing(OPTED_OUT), comparable=True) == Standing(OPTED_OUT)
    with pytest.raises(AssertionError, match="cannot happen to OPTED_OUT"):
        on_score(Standing(OPTED_OUT), -9, 3, AT_ONCE)
