"""A stream that would be accused is looked at mirrored first: turned if that is what it takes, once there and back."""

import numpy as np
import pytest

from guard.core.calibration import Calibration
from guard.core.extractor import StepOutput
from guard.core.items import Cut, Decision, Floats, Frame, Gray, Reason, Verdict
from guard.core.takeover import Takeover
from guard.core.turning import embedded
from guard.core.verifier import Extractor, Stream, Verifier
from tests.core.fakes import FakeEngine, whole_clip
from tests.core.helpers import feed, frames, noise, settings

WINDOW = 16


class SideEngine:
    """Sees on which side the newest picture is how bright; its state is just that."""

    state_size = 2

    def step(self, frames: Gray, state: Floats) -> StepOutput:
        halves = frames.reshape(len(frames), 128, 2, 64).mean(axis=(1, 3), dtype=np.float32)
        nothing = np.zeros((len(frames), 512), np.float32)
        return StepOutput(halves, nothing, nothing)

    def project(self, state: Floats, pooled: Floats, differences: Floats) -> Floats:
        embeddings = np.zeros((len(state), 256), np.float32)
        embeddings[:, :2] = state / np.linalg.norm(state, axis=1, keepdims=True)
        return embeddings


def film(count: int, left: int, right: int) -> Gray:
    """(count, 128, 128): each side of some brightness, and noise that is never the same."""
    random = np.random.default_rng(0)
    return (np.repeat([left, right], 64) + random.integers(-20, 20, (count, 128, 128))).astype(np.uint8)


FILM = film(600, 200, 40)
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
    extractor = Extractor(FakeEngine(), (WINDOW,), 5, 0.5)
    stream = extractor.open()
    feed(extractor, stream, frames(noise(40)))
    shown = stream.history.pictures(WINDOW)
    assert embedded(extractor, stream, WINDOW) == pytest.approx(whole_clip(shown[:, :, ::-1]), abs=1e-5)


def test_a_genuine_person_in_a_mirror_is_turned_and_verified_and_never_accused() -> None:
    verifier = guard()
    stream = verifier.open(TEMPLATE)
    verdicts = told(verifier, stream, frames(MIRRORED[:400]))
    assert decisions(verdicts)[-1] is Decision.VERIFIED
    assert Decision.IMPOSTOR_SUSPECTED not in decisions(verdicts)
    assert (stream.turned, verdicts[-1].last_cut, verdicts[-1].cuts) == (True, Cut.MIRRORED, 1)
    assert [one.sequence for one in verdicts] == list(range(1, len(verdicts) + 1)), "no hole"
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


def test_an_impostor_who_is_no_nearer_turned_is_accused() -> None:
    verifier = guard()
    stream = verifier.open(TEMPLATE)
    verdicts = told(verifier, stream, frames(film(400, 120, 120)))
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
