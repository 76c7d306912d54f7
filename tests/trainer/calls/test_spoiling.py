"""What is spoilt: how far, in what part of the bank, and never by one strength for fitting and testing."""

from dataclasses import fields

import numpy as np
import pytest

from trainer.calls.filming import BROKEN, FACES, PERFORMANCES, SESSIONS, WHOLE, for_testing, spoilage_of
from trainer.calls.spoiling import STRENGTHS, UNSPOILT, Spoilage
from trainer.data.world.channel import Channel
from trainer.data.world.warp import FAMILIES


def still(frames: int) -> np.ndarray:
    return np.zeros((frames, 478, 3), np.float32)


def test_noise_is_as_strong_as_said_and_smoothing_takes_it_back() -> None:
    noisy = Spoilage(noise=0.01).motion(np.random.default_rng(0), still(400))
    assert noisy[:, :, :2].std() == pytest.approx(0.01, rel=0.1)
    assert not noisy[:, :, 2].any()
    assert np.abs(np.diff(noisy[:, 0, 0])).mean() > 0.005, "new in every frame"
    smoothed = Spoilage(noise=0.01, smoothing=3.0).motion(np.random.default_rng(0), still(400))
    assert smoothed.std() < noisy.std() / 2


def test_uneven_play_shows_the_same_motion_at_other_moments() -> None:
    going = still(400) + np.arange(400, dtype=np.float32)[:, None, None]
    astray = Spoilage(unevenness=2.0).motion(np.random.default_rng(0), going)[:, 0, 0] - np.arange(400)
    assert 1.0 < astray[20:-20].std() < 2.5
    assert np.abs(np.diff(astray)).max() < 1.5, "time turns slowly"


def test_the_channel_is_the_senders_but_for_what_is_spoilt() -> None:
    drawn = Channel.drawn(np.random.default_rng(3))
    spoilt = Spoilage(fps=16, bit_rate=40_000).channel(drawn)
    assert (spoilt.source_fps, spoilt.bit_rate, spoilt.codec is None) == (16, 40_000, False)
    assert (spoilt.gamma, spoilt.noise) == (drawn.gamma, drawn.noise)
    assert UNSPOILT.channel(drawn) == drawn
    moved = np.random.default_rng(1).normal(size=(30, 478, 3)).astype(np.float32)
    np.testing.assert_array_equal(UNSPOILT.motion(np.random.default_rng(0), moved), moved)
    assert (str(UNSPOILT), str(Spoilage(noise=0.002, fps=15))) == ("", "noise 0.002, fps 15")


def test_one_session_in_three_is_spoilt_in_every_way_and_by_other_strengths_for_testing() -> None:
    found: dict[bool, set[tuple[str, float]]] = {True: set(), False: set()}
    ways: dict[str, set[str]] = {}
    for face in range(FACES):
        spoilt = {
            (session, performance): spoilage_of(face, session, performance)
            for session in range(SESSIONS)
            for performance in range(PERFORMANCES)
        }
        whole = [place for place, one in spoilt.items() if one != UNSPOILT]
        assert whole == ([(WHOLE, 0), (WHOLE, 1)] if face % 2 == 0 else [(BROKEN, 1)])
        assert len({spoilt[place] for place in whole}) == 1
        for field in fields(Spoilage):
            if strength := getattr(spoilt[whole[0]], field.name):
                found[for_testing(face)].add((field.name, strength))
                ways.setdefault(field.name, set()).add(FAMILIES[face % len(FAMILIES)])
    assert not found[True] & found[False]
    assert {name for name, _ in found[True]} == {name for name, _ in found[False]} == set(STRENGTHS)
    assert all(len(families) > 1 for families in ways.values()), "no way is one generator's alone"
