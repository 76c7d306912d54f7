"""A stream that would be accused is looked at mirrored first: turned if that is what it takes, once there and back."""

import numpy as np
import pytest

from guard.core.calibration import Calibration
from guard.core.items import Cut, Decision, Frame, Reason, Verdict
from guard.core.takeover import Takeover
from guard.core.turning import LONGEST, MirrorCheck
from guard.core.verifier import Extractor, Stream, Verifier
from guard.core.window import EDGE
from tests.core.fakes import FakeEngine, SideEngine, sides, whole_clip
from tests.core.helpers import feed, frames, noise, settings

WINDOW = 16


FILM = sides(600, 200, 40)
MIRRORED = np.ascontiguousarray(FILM[:, :, ::-1])
TEMPLATE = np.eye(256, dtype=np.float32)[0]
MIDDLE = 0.85
"""Cosine between those of the film, some .97, and of pictures as bright on both sides, .7; mirrored it is .25."""


def guard() -> Verifier:
    """One that is as sure as can be on which side of the middle a score lies."""
    return Verifier(SideEngine(), settings(calibration=Calibration(60.0, -60.0 * MIDDLE)))


def told(verifier: Verifier, stream: Stream, sent: list[Frame]) -> list[Verdict]:
    return feed(verifier, stream, sent)  # type: ignore[return-value]


def decisions(verdicts: list[Verdict]) -> list[Decision]:
    """Each once, in order."""
    all_ = [one.decision for one in verdicts]
    return [one for one, before in zip(all_, [None, *all_], strict=False) if one is not before]


def test_what_is_looked_at_is_the_window_turned() -> None:
    extractor = Extractor(FakeEngine(), (WINDOW,), 5, 0.5, edge=EDGE)
    stream = extractor.open()
    feed(extractor, stream, frames(noise(40)))
    shown = stream.history.pictures(WINDOW)
    check = MirrorCheck(extractor, stream, WINDOW)
    feed(extractor, stream, frames(noise(40, seed=1), start=1.6))
    while check.left:
        check.go_on(5)
    assert check.turned() == pytest.approx(whole_clip(shown[:, :, ::-1]), abs=1e-5), "the window of its beginning"


def test_a_genuine_person_in_a_mirror_is_turned_and_verified_and_never_accused() -> None:
    verifier = guard()
    stream = verifier.open(TEMPLATE)
    verdicts = told(verifier, stream, frames(MIRRORED[:400]))
    assert decisions(verdicts)[-1] is Decision.VERIFIED
    assert Decision.IMPOSTOR_SUSPECTED not in decisions(verdicts)
    assert (stream.turned, verdicts[-1].last_cut, verdicts[-1].cuts) == (True, Cut.MIRRORED, 1)
    assert [one.sequence for one in verdicts] == list(range(1, len(verdicts) + 1)), "no hole"
    assert [one.decision for one in verdicts if one.mirror_check_pending] == [Decision.UNCERTAIN]
    first = next(one for one in verdicts if one.last_cut is Cut.MIRRORED)
    assert (first.score, first.reason, first.decision) == (None, Reason.TOO_FEW_FRAMES, Decision.COLLECTING)
    assert first.evidence == 0


def test_after_turning_scores_are_those_of_the_picture_as_it_was_filmed() -> None:
    verifier = guard()
    stream = verifier.open(TEMPLATE)
    verdicts = told(verifier, stream, frames(MIRRORED[:300]))
    scored = [one for one in verdicts if one.score is not None and one.last_cut is Cut.MIRRORED]
    assert len(scored) > 20
    for one in scored:
        left, right = FILM[round(one.time * 25)].reshape(128, 2, 64).mean(axis=(0, 2))
        assert one.score == pytest.approx(left / np.hypot(left, right), abs=1e-5)


def test_who_was_verified_is_not_turned_any_more() -> None:
    """Somebody who takes over and happens to be nearer turned over is accused like anyone."""
    verifier = guard()
    stream = verifier.open(TEMPLATE)
    verdicts = told(verifier, stream, frames(np.concatenate([FILM[:150], MIRRORED[150:400]])))
    assert Decision.VERIFIED in decisions(verdicts)
    assert verdicts[-1].decision is Decision.IMPOSTOR_SUSPECTED
    assert (stream.turned, stream.cuts) == (False, 0)


def test_a_stream_is_turned_once_then_accusations_stand() -> None:
    verifier = guard()
    stream = verifier.open(TEMPLATE)
    verdicts = told(verifier, stream, frames(np.concatenate([MIRRORED[:150], FILM[150:400]])))
    assert (stream.turned, stream.cuts) == (True, 1)
    assert verdicts[-1].decision is Decision.IMPOSTOR_SUSPECTED


def test_another_claim_may_be_found_mirrored_again() -> None:
    verifier = guard()
    stream = verifier.open(TEMPLATE)
    told(verifier, stream, frames(FILM[:150]))
    assert stream.recognised
    verifier.set_template(stream, TEMPLATE)
    assert not stream.recognised


@pytest.mark.slow
def test_an_impostor_who_is_no_nearer_turned_is_accused() -> None:
    verifier = guard()
    stream = verifier.open(TEMPLATE)
    verdicts = told(verifier, stream, frames(sides(400, 120, 120)))
    assert verdicts[-1].decision is Decision.IMPOSTOR_SUSPECTED
    assert (stream.turned, stream.cuts) == (False, 0)


def test_another_bundle_goes_on_with_the_stream_turned() -> None:
    verifier = guard()
    stream = verifier.open(TEMPLATE)
    told(verifier, stream, frames(MIRRORED[:300]))
    assert stream.turned
    takeover = Takeover(stream, verifier)
    takeover.catch_up(1000)
    assert takeover.finish(TEMPLATE).turned


NEITHER = sides(800, 120, 120)


def waiting(verifier: Verifier, stream: Stream, sent: list[Frame]) -> list[Verdict]:
    """What is told while nobody has time for a mirror check."""
    return [verdict for frame in sent for verdict in verifier.step([(stream, frame)])[0]]


def test_an_accusation_waits_for_the_mirror_check_and_scores_go_on() -> None:
    verifier = guard()
    stream = verifier.open(TEMPLATE)
    before = waiting(verifier, stream, frames(NEITHER[:200]))
    mirror_check_pending = [one for one in before if one.mirror_check_pending]
    assert len(mirror_check_pending) > 10
    assert {one.decision for one in before} == {Decision.COLLECTING, Decision.UNCERTAIN}
    assert not any(one.decision_changed or one.score is None for one in mirror_check_pending)
    assert stream.evidence.value < 0
    verifier.check_at_once(stream)
    (after,) = waiting(verifier, stream, frames(NEITHER[200:205], start=8.0))
    assert (after.decision, after.decision_changed) == (Decision.IMPOSTOR_SUSPECTED, True)
    assert not after.mirror_check_pending
    assert [one.sequence for one in (*before, after)] == list(range(1, len(before) + 2))


@pytest.mark.slow
def test_an_accusation_waits_no_longer_than_is_stated_and_is_withdrawn_if_a_mirror_is_found_then() -> None:
    verifier = guard()
    stream = verifier.open(TEMPLATE)
    verdicts = waiting(verifier, stream, frames(MIRRORED[:400]))
    first = next(one.time for one in verdicts if one.mirror_check_pending)
    accused = next(one.time for one in verdicts if one.decision is Decision.IMPOSTOR_SUSPECTED)
    assert accused - first == pytest.approx(LONGEST)
    verifier.check_at_once(stream)
    verdicts = told(verifier, stream, frames(MIRRORED[400:600], start=16.0))
    assert decisions(verdicts) == [Decision.COLLECTING, Decision.UNCERTAIN, Decision.VERIFIED]
    assert stream.turned


def test_who_falls_silent_is_accused_in_time_all_the_same_and_then_checked_anew() -> None:
    verifier = guard()
    stream = verifier.open(TEMPLATE)
    waiting(verifier, stream, frames(NEITHER[:100]))
    silent = [one for second in range(1, 13) if (one := verifier.elapse(stream, 4.0 + second))]
    assert decisions(silent) == [Decision.UNCERTAIN, Decision.IMPOSTOR_SUSPECTED, Decision.STALE]
    assert stream.accused_at is None
    assert waiting(verifier, stream, frames(NEITHER[100:200], start=20.0))[-1].mirror_check_pending


@pytest.mark.slow
def test_who_was_silent_is_accused_again_without_another_check_and_who_recovered_is_checked_again() -> None:
    verifier = guard()
    stream = verifier.open(TEMPLATE)
    told(verifier, stream, frames(NEITHER[:100]))
    silent = [verifier.elapse(stream, 4.0 + second) for second in range(1, 13)]
    assert silent[-1] is not None
    assert silent[-1].decision is Decision.STALE
    again = waiting(verifier, stream, frames(NEITHER[100:200], start=20.0))
    assert not any(one.mirror_check_pending for one in again)
    assert again[-1].decision is Decision.IMPOSTOR_SUSPECTED
    back = frames(FILM, start=24.0)
    recovered = next(frame for frame in back if Decision.UNCERTAIN in decisions(waiting(verifier, stream, [frame])))
    other = waiting(verifier, stream, frames(NEITHER[200:400], start=recovered.time + 0.04))
    assert any(one.mirror_check_pending for one in other)


def test_another_claim_needs_no_check_of_the_one_before() -> None:
    verifier = guard()
    stream = verifier.open(TEMPLATE)
    waiting(verifier, stream, frames(NEITHER[:100]))
    assert stream.accused_at is not None
    verifier.set_template(stream, TEMPLATE)
    assert verifier.mirror_check(stream) is None


def test_nothing_is_checked_while_the_window_cannot_be_measured() -> None:
    verifier = guard()
    stream = verifier.open(TEMPLATE)
    waiting(verifier, stream, frames(NEITHER[:100]))
    verifier.cut(stream, Cut.PICTURE_CHANGED)
    assert verifier.mirror_check(stream) is None
    waiting(verifier, stream, frames(NEITHER[100:150], start=4.0))
    assert verifier.mirror_check(stream) is not None


def test_another_bundle_goes_on_with_an_accusation_that_waits() -> None:
    verifier = guard()
    stream = verifier.open(TEMPLATE)
    waiting(verifier, stream, frames(NEITHER[:100]))
    takeover = Takeover(stream, verifier)
    takeover.catch_up(1000)
    assert takeover.finish(TEMPLATE).accused_at == stream.accused_at is not None
