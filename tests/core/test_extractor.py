"""Streams through the extractor with a fake engine: what is measured, when, and that it equals the whole window."""

import numpy as np
import pytest

from guard.core.errors import EngineError
from guard.core.extractor import Extractor, StepOutput
from guard.core.items import Cut, Floats, Frame, Gray, Measurement, Reason
from guard.core.window import EDGE
from tests.core.fakes import FakeEngine, whole_clip
from tests.core.helpers import feed, frames, grey, noise
from tests.core.performances import shown, wander


def extractor(horizons: tuple[int, ...] = (16,), stride: int = 5, floor: float = 0.5) -> tuple[Extractor, FakeEngine]:
    engine = FakeEngine()
    return Extractor(engine, horizons, stride, floor, edge=EDGE), engine


def measure(sent: list[Frame], horizons: tuple[int, ...] = (16,), stride: int = 5) -> list[Measurement]:
    judge, _ = extractor(horizons, stride)
    return feed(judge, judge.open(), sent)


def assert_embeds(measurement: Measurement, window: Gray) -> None:
    assert measurement.embedding is not None
    assert measurement.horizon == len(window)
    assert np.abs(measurement.embedding - whole_clip(window)).max() < 1e-5


def test_the_first_window_is_measured_when_its_last_frame_comes_and_then_every_stride() -> None:
    slots = [(m.slot, m.reason) for m in measure(frames(noise(80)), (64,))]
    early = [(slot, Reason.TOO_FEW_FRAMES) for slot in range(3, 63, 5)]
    assert slots == [*early, (63, None), (68, None), (73, None), (78, None)]


def test_time_is_that_of_the_newest_frame_since_the_first() -> None:
    assert [m.time for m in measure(frames(noise(30), start=100.0))] == [0.0, 0.2, 0.4, 0.6, 0.8, 1.0]


def test_too_few_frames_are_no_window() -> None:
    first = measure(frames(noise(10)))[0]
    assert (first.horizon, first.motion, first.filler, first.embedding) == (0, None, None, None)


@pytest.mark.slow
@pytest.mark.parametrize("horizon", [5, 6, 7, 8, 9, 16, 33])
def test_a_streamed_window_equals_the_whole_window(horizon: int) -> None:
    pictures = noise(horizon + 20)
    scored = [m for m in measure(frames(pictures), (horizon,), stride=1) if m.embedding is not None]
    assert [m.slot for m in scored] == list(range(horizon - 1, horizon + 20))
    for m in scored:
        assert_embeds(m, pictures[m.slot + 1 - horizon : m.slot + 1])


def test_a_short_horizon_answers_first_and_the_longest_that_fits_takes_over() -> None:
    pictures = noise(45)
    scored = [m for m in measure(frames(pictures), (8, 32, 16), stride=4) if m.embedding is not None]
    assert [m.horizon for m in scored] == [8, 8, 16, 16, 16, 16, 32, 32, 32, 32]
    for m in scored:
        assert_embeds(m, pictures[m.slot + 1 - m.horizon : m.slot + 1])


def test_after_a_gap_the_window_starts_anew_and_holds_nothing_of_before() -> None:
    pictures = noise(60, seed=1)
    sent = frames(pictures[:30]) + frames(pictures[30:], start=9.0)
    second_run = [m for m in measure(sent) if m.run == 1]
    assert [(m.slot, m.reason) for m in second_run[:3]] == [(0, Reason.TOO_FEW_FRAMES), (5, Reason.TOO_FEW_FRAMES),
                                                            (10, Reason.TOO_FEW_FRAMES)]  # fmt: skip
    assert_embeds(second_run[3], pictures[30:46])
    assert second_run[0].time == 9.0


def test_a_window_that_a_gap_completes_is_measured_before_the_cut() -> None:
    pictures = noise(17)
    sent = [*frames(pictures[:15]), Frame(pictures[15], 15 / 25 - 0.01), Frame(pictures[16], 5.0)]
    judge, _ = extractor()
    stream = judge.open()
    feed(judge, stream, sent[:-1])
    completed, anew = judge.step([(stream, sent[-1])])[0]
    assert (completed.run, completed.slot, anew.run, anew.slot) == (0, 15, 1, 0)
    assert_embeds(completed, pictures[:16])
    assert (stream.cuts, stream.last_cut) == (1, Cut.GAP)


def test_filler_is_part_of_the_window_as_a_repeated_picture() -> None:
    pictures = noise(20)
    sent = [frame for n, frame in enumerate(frames(pictures)) if n not in (5, 6, 12)]
    (scored,) = [m for m in measure(sent) if m.slot == 15]
    assert scored.filler == 3 / 16
    assert_embeds(scored, pictures[[0, 1, 2, 3, 4, 4, 4, 7, 8, 9, 10, 11, 11, 13, 14, 15]])


@pytest.mark.parametrize(("missing", "reason"), [((3, 4, 7, 8), None), ((3, 4, 7, 8, 11), Reason.TOO_MUCH_FILLER)])
def test_a_quarter_of_filler_is_the_most(missing: tuple[int, ...], reason: Reason | None) -> None:
    sent = [frame for n, frame in enumerate(frames(noise(16))) if n not in missing]
    last = measure(sent)[-1]
    assert (last.slot, last.reason, last.filler) == (15, reason, len(missing) / 16)


@pytest.mark.parametrize("fps", [3, 5, 10, 15, 19])
def test_below_20_fps_nothing_is_measured_and_the_reason_comes_in_the_rhythm(fps: int) -> None:
    """Of 5 fps and less no slot follows another, and nothing at all used to be said of them."""
    later = [m for m in measure(frames(noise(80), fps=fps)) if m.time > 13 / fps]
    assert {(m.reason, m.horizon) for m in later} == {(Reason.LOW_FRAME_RATE, 0)}
    assert len(later) >= min(67 / fps * 5, 67) - 2  # every fifth slot, or as often as a frame comes


def test_20_fps_is_measured() -> None:
    assert {m.reason for m in measure(frames(noise(60), fps=20)) if m.horizon} == {None}


@pytest.mark.parametrize(("fps", "reason"), [(14, Reason.LOW_FRAME_RATE), (15, None), (25, None)])
def test_a_bundle_that_learned_from_15_fps_measures_them(fps: int, reason: Reason | None) -> None:
    judge = Extractor(FakeEngine(), [16], 5, 0.5, least_fps=15, edge=EDGE)
    assert feed(judge, judge.open(), frames(noise(80), fps=fps))[-1].reason is reason


def test_what_a_faster_source_loses_is_no_slower_source() -> None:
    judge = Extractor(FakeEngine(), [16], 5, 0.5, least_fps=15, edge=EDGE)
    lossy = [frame for n, frame in enumerate(frames(noise(80))) if n % 10 not in (3, 4, 6, 7)]  # two fifths are lost
    measured = feed(judge, judge.open(), lossy)
    assert {m.reason for m in measured if m.horizon} == {Reason.TOO_MUCH_FILLER}


def test_a_source_that_slows_down_is_measured_again_once_it_recovers() -> None:
    pictures, judge = noise(200), extractor()[0]
    stream = judge.open()
    slow = frames(pictures[60:110], start=60 / 25, fps=10)
    again = frames(pictures[110:], start=60 / 25 + 5)
    assert feed(judge, stream, frames(pictures[:60]))[-1].reason is None
    assert feed(judge, stream, slow)[-1].reason is Reason.LOW_FRAME_RATE
    assert feed(judge, stream, again)[-1].reason is None


def test_a_picture_that_does_not_change_is_frozen() -> None:
    last = measure(frames([grey(80)] * 16))[-1]
    assert (last.reason, last.motion, last.embedding) == (Reason.FROZEN, 0.0, None)


@pytest.mark.parametrize(("step", "reason"), [(1, None), (0, Reason.FROZEN)])
def test_motion_is_compared_with_the_floor(step: int, reason: Reason | None) -> None:
    assert measure(frames(grey(n % 2 * step) for n in range(16)))[-1].reason is reason


def test_less_motion_than_the_floor_is_no_motion() -> None:
    pictures = [grey(80) for _ in range(16)]
    for n, picture in enumerate(pictures):
        picture[:64] += n % 2  # half of the picture by one level: half a level in the mean
    judge, _ = extractor(floor=0.5)
    assert feed(judge, judge.open(), frames(pictures))[-1].reason is None
    judge, _ = extractor(floor=0.51)
    last = feed(judge, judge.open(), frames(pictures))[-1]
    assert (last.reason, last.motion, last.embedding) == (Reason.NO_MOTION, 0.5, None)


@pytest.mark.slow
@pytest.mark.parametrize(("still", "reason"), [(True, Reason.NO_MOTION), (False, None)])
def test_a_picture_that_hangs_behind_a_camera_is_no_motion(still: bool, reason: Reason | None) -> None:
    judge = Extractor(FakeEngine(), [64], 5, 0.5, edge=EDGE)
    motion = wander(64, 1) * (0.0 if still else 0.2)
    last = feed(judge, judge.open(), frames(shown(motion, noise=1.0)))[-1]
    assert (last.reason, last.embedding is None) == (reason, still)
    assert last.motion is not None
    assert last.motion > 0.5


def test_what_cannot_be_measured_is_not_embedded() -> None:
    judge, engine = extractor()
    feed(judge, judge.open(), frames([grey(80)] * 40))
    assert engine.projections == []


@pytest.mark.slow
def test_streams_are_stepped_together_and_do_not_touch_each_other() -> None:
    judge, engine = extractor()
    films = [noise(40, seed) for seed in range(5)]
    streams = [judge.open() for _ in films]
    together: list[list[Measurement]] = [[] for _ in films]
    for n in range(40):
        batch = [(stream, Frame(film[n], n / 25)) for stream, film in zip(streams, films, strict=True)]
        for place, measured in enumerate(judge.step(batch)):
            together[place] += measured
    assert engine.steps == [5] * 40
    assert engine.projections == [5] * 5
    for film, measured in zip(films, together, strict=True):
        for one, alone in zip(measured, measure(frames(film)), strict=True):
            assert (one.slot, one.reason) == (alone.slot, alone.reason)
            if alone.embedding is not None:
                assert (one.embedding == alone.embedding).all()


def test_streams_of_one_batch_may_have_nothing_one_or_several_slots_to_do() -> None:
    judge, engine = extractor()
    early, steady, late = (judge.open() for _ in range(3))
    judge.step([(stream, Frame(grey(0), 0.0)) for stream in (early, steady, late)])
    judge.step([(early, Frame(grey(1), 0.03)), (steady, Frame(grey(1), 0.04)), (late, Frame(grey(1), 0.12))])
    assert engine.steps == [3, 2, 1, 1]
    assert [stream.window.holds(count) for stream, count in [(early, 2), (steady, 2), (late, 4)]] == [False, True, True]


def test_results_come_by_place_in_the_batch() -> None:
    judge, _ = extractor(stride=1)
    one, two = judge.open(), judge.open()
    measured = judge.step([(two, Frame(grey(0), 50.0)), (one, Frame(grey(0), 0.0))])
    assert [[m.slot for m in place] for place in measured] == [[0], [0]]
    measured = judge.step([(two, Frame(grey(0), 50.03)), (one, Frame(grey(0), 0.08))])
    assert [[m.slot for m in place] for place in measured] == [[], [1, 2]]


def test_batches_may_grow_and_shrink_from_step_to_step() -> None:
    judge, _ = extractor((8,), stride=1)
    film = noise(20)
    streams = [judge.open() for _ in range(4)]
    measured: list[list[Measurement]] = [[] for _ in streams]
    for n, frame in enumerate(frames(film)):
        turn = [place for place in range(4) if n >= place * 3]  # the later ones join later
        for place, given in zip(turn, judge.step([(streams[place], frame) for place in turn]), strict=True):
            measured[place] += given
        if n % 2:
            judge.step([(judge.open(), frame)])  # a stream that comes for one frame
    for given in measured:
        assert_embeds(given[-1], film[-8:])


def test_an_empty_batch_asks_the_engine_nothing() -> None:
    judge, engine = extractor()
    assert judge.step([]) == []
    assert engine.steps == []


def test_two_frames_of_one_stream_are_not_one_batch() -> None:
    judge, _ = extractor()
    stream = judge.open()
    with pytest.raises(AssertionError, match="cannot be in one batch"):
        judge.step([(stream, Frame(grey(0), 0.0)), (stream, Frame(grey(1), 0.04))])


def test_who_opted_out_is_never_shown_to_the_engine() -> None:
    judge, engine = extractor()
    stream = judge.open(opted_out=True)
    measured = feed(judge, stream, frames(noise(20)))
    assert {m.reason for m in measured} == {Reason.OPTED_OUT}
    assert [m.slot for m in measured] == [0, 5, 10, 15]
    assert engine.steps == engine.projections == []


def wrong(rows: int = 1, width: int = 512, value: float = 0.0) -> StepOutput:
    column = np.full((rows, width), value, np.float32)
    return StepOutput(np.zeros((rows, FakeEngine.state_size), np.float32), column, column)


@pytest.mark.parametrize(
    "fault", [RuntimeError("session lost"), EngineError("gone"), wrong(value=np.nan), wrong(rows=2), wrong(width=511)]
)
def test_a_fault_of_a_step_is_an_engine_error_and_cuts_the_run(fault: Exception | StepOutput) -> None:
    judge, engine = extractor()
    stream, pictures = judge.open(), noise(60)
    feed(judge, stream, frames(pictures[:20]))
    engine.fail_step = fault
    with pytest.raises(EngineError):
        judge.step([(stream, Frame(pictures[20], 20 / 25))])
    assert (stream.cuts, stream.last_cut) == (1, Cut.GAP)
    measured = feed(judge, stream, frames(pictures[21:], start=21 / 25))
    assert_embeds(next(m for m in measured if m.embedding is not None), pictures[21:37])


@pytest.mark.parametrize(
    "fault",
    [RuntimeError("session lost"), np.full((1, 256), np.inf, np.float32), np.zeros((2, 256)), np.zeros((1, 255))],
)
def test_a_fault_of_a_projection_is_an_engine_error_and_no_measurement(fault: Exception | Floats) -> None:
    judge, engine = extractor()
    stream, pictures = judge.open(), noise(60)
    feed(judge, stream, frames(pictures[:15]))
    engine.fail_project = fault
    with pytest.raises(EngineError):
        judge.step([(stream, Frame(pictures[15], 15 / 25))])
    measured = feed(judge, stream, frames(pictures[16:], start=16 / 25))
    assert {m.run for m in measured} == {1}
    assert_embeds(next(m for m in measured if m.embedding is not None), pictures[16:32])


def test_a_fault_keeps_its_cause() -> None:
    judge, engine = extractor()
    engine.fail_step = RuntimeError("session lost")
    with pytest.raises(EngineError, match="session lost") as caught:
        judge.step([(judge.open(), Frame(grey(0), 0.0))])
    assert isinstance(caught.value.__cause__, RuntimeError)


def test_a_fault_leaves_streams_alone_that_it_did_not_hit() -> None:
    judge, engine = extractor()
    pictures = noise(40)
    hit, waits, other = (judge.open() for _ in range(3))
    for stream in (hit, waits, other):
        feed(judge, stream, frames(pictures[:15]))
    engine.fail_step = RuntimeError()
    with pytest.raises(EngineError):  # the second stream's frame is early and settles no slot, the third has none
        judge.step([(hit, Frame(pictures[15], 15 / 25)), (waits, Frame(pictures[15], 15 / 25 - 0.01))])
    assert [stream.cuts for stream in (hit, waits, other)] == [1, 0, 0]
    assert_embeds(judge.step([(waits, Frame(pictures[16], 16 / 25))])[0][0], pictures[:16])
    assert_embeds(judge.step([(other, Frame(pictures[15], 15 / 25))])[0][0], pictures[:16])
