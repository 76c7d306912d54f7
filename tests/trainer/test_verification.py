"""Videos of the real shapes through decoding, engine and protocol; baselines beside them."""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from guard.bundle import Bundle
from guard.core.errors import InputError
from guard.engine import OnnxEngine
from tests.films import film
from trainer.baselines import Untrained, motion_energy, pixels
from trainer.data.avaprintdb import VIDEOS
from trainer.data.cache import Cache
from trainer.data.decode import Clip
from trainer.data.decoders import _decoded
from trainer.evaluate import in_line
from trainer.models.fingerprint import PAPER
from trainer.reopening import architecture_of
from trainer.verification import STRIDE, TABLES, WINDOW, centre, evaluate_videos, systems, windows

pytestmark = pytest.mark.slow


@pytest.fixture(autouse=True)
def decoded_here(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without worker processes: those have tests of their own."""

    def here(paths: Iterable[Path], workers: int) -> Iterator[tuple[Path, Clip | str]]:
        for path in paths:
            yield path, _decoded(path)

    monkeypatch.setattr("trainer.data.fill.decode_all", here)


def tree(root: Path, *paths: str) -> Path:
    """Short films at these paths."""
    for number, path in enumerate(paths):
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        film(root / path, 8 + number)
    return root


def evaluated(root: Path, layout: str, bundle: Bundle, folder: Path, workers: int) -> list[dict[str, Any]]:
    return list(evaluate_videos(root, layout, bundle, folder, workers, pytest.fail))


def pictures(frames: int) -> np.ndarray:
    return np.random.default_rng(frames).integers(0, 256, (frames, 128, 128), dtype=np.uint8)


def test_plain_folder_gives_every_system_the_same_trials(tmp_path: Path) -> None:
    names = ("f--a1--Ada.mp4", "f--a2--Ada.mp4", "f--b1--Bob.mp4", "g--a3--Ada.mp4", "g--b2--Bob.mp4")
    root, bundle = tree(tmp_path / "videos", *names), Bundle.default()
    found = evaluated(root, "plain", bundle, tmp_path / "cache", 1)
    by_system = {system: [m for m in found if m["system"] == system] for system in systems(bundle, 1)}
    assert list(by_system) == [bundle.model_id, "motion energy", "pixels", "untrained"]
    for metrics in by_system.values():
        assert [m["name"] for m in metrics][:4] == [
            "AUC, same face",
            "EER, same face",
            "minDCF, same face",
            "AUC, other face",
        ]
        assert metrics[0]["on"].partition("; ")[0] == "5 videos, 4 pairs"
        assert all(0.0 <= m["value"] <= 1.0 for m in metrics)


def test_scores_are_those_of_the_shipped_engine(tmp_path: Path) -> None:
    root, bundle = tree(tmp_path / "videos", "f--a1--Ada.mp4", "f--b1--Bob.mp4", "f--a2--Ada.mp4"), Bundle.default()
    evaluated(root, "plain", bundle, tmp_path / "cache", 1)
    frames = Cache(tmp_path / "cache").clip("f--a2--Ada.mp4")
    whole = np.concatenate((frames, np.repeat(frames[-1:], 64 - len(frames), axis=0)))
    embed = systems(bundle, 1)[bundle.model_id]
    np.testing.assert_allclose(centre(embed, frames, 64), OnnxEngine(bundle).embed_clip(whole[None])[0], atol=1e-6)


def test_videos_are_measured_at_the_bundles_longest_horizon(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root, bundle = tree(tmp_path / "videos", "f--a1--Ada.mp4", "f--b1--Bob.mp4", "f--a2--Ada.mp4"), Bundle.default()
    lengths: set[int] = set()

    def embed(frames: np.ndarray) -> np.ndarray:
        lengths.add(len(frames))
        return np.array([1.0, 0.0])

    monkeypatch.setattr(Bundle, "horizons", (5, 16))
    monkeypatch.setattr("trainer.verification.systems", lambda *_: {"m": embed})
    evaluated(root, "plain", bundle, tmp_path / "cache", 1)
    assert lengths == {16}


def test_what_is_gone_from_the_folder_counts_no_more_though_the_cache_keeps_it(tmp_path: Path) -> None:
    names = ("f--a1--Ada.mp4", "f--a2--Ada.mp4", "f--b1--Bob.mp4", "f--b2--Bob.mp4")
    root = tree(tmp_path / "videos", *names)
    evaluated(root, "plain", Bundle.default(), tmp_path / "cache", 1)
    (root / names[3]).unlink()
    found = evaluated(root, "plain", Bundle.default(), tmp_path / "cache", 1)
    assert len(Cache(tmp_path / "cache").entries) == 4
    assert found[0]["on"].partition("; ")[0] == "3 videos, 3 pairs"


def test_a_run_that_was_killed_goes_on_with_what_it_had_embedded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = ("f--a1--Ada.mp4", "f--a2--Ada.mp4", "f--b1--Bob.mp4")
    arguments = (tree(tmp_path / "videos", *names), "plain", Bundle.default(), tmp_path / "cache", 1)
    embed_clip, asked = OnnxEngine.embed_clip, []

    def killed_at_the_third(engine: OnnxEngine, frames: np.ndarray) -> np.ndarray:
        asked.append(len(frames))
        if len(asked) == 3:
            raise KeyboardInterrupt
        return embed_clip(engine, frames)

    monkeypatch.setattr(OnnxEngine, "embed_clip", killed_at_the_third)
    with pytest.raises(KeyboardInterrupt):
        evaluated(*arguments)
    found = evaluated(*arguments)
    assert len(asked) == 4  # of the first two videos nothing was made again
    assert evaluated(*arguments) == found
    assert len(asked) == 4
    monkeypatch.undo()
    other = (*arguments[:3], tmp_path / "other", 1)
    monkeypatch.setattr("trainer.data.fill.decode_all", lambda paths, _: ((path, _decoded(path)) for path in paths))
    assert evaluated(*other) == found


def test_nvfair_is_measured_on_its_test_identities(tmp_path: Path) -> None:
    folder = "NVIDIA-VC-subset/lia-generated"
    names = [f"{folder}/id001/id001--c{n}--id001.mp4" for n in range(2)]
    names += [f"{folder}/id001/id001--x--id002.mp4", f"{folder}/id027/id027--y--id027.mp4"]
    found = evaluated(tree(tmp_path / "videos", *names), "nvfair", Bundle.default(), tmp_path / "cache", 1)
    assert set(Cache(tmp_path / "cache").entries) == set(names[:3])
    assert {m["name"] for m in found} >= {"AUC, published protocol, all generators", "AUC, strict protocol, lia"}
    assert found[0]["on"].partition("; ")[0] == "3 videos, 3 pairs"


def test_avaprintdb_is_measured_on_its_tables(tmp_path: Path) -> None:
    files = [f"C1003--{driver}--{n}--LIVE.mp4" for driver in ("C1003", "C1004", "C1005") for n in range(2)]
    root = tree(tmp_path / "release", *[f"{VIDEOS}/TEST/LIVE/{name}" for name in files])
    (root / TABLES).mkdir(parents=True)
    with pytest.raises(InputError, match="evaluation_pairs"):
        evaluated(root, "avaprintdb", Bundle.default(), tmp_path / "cache", 1)
    rows = [(0, 1, 1), (2, 3, 1), (4, 5, 1), (0, 2, 0), (1, 4, 0), (3, 5, 0)]
    lines = ["enrolment_sample,test_sample,label", *(f"{files[a]},{files[b]},{label}" for a, b, label in rows)]
    (root / TABLES / "evaluation_pairs_CREMA-D_LIVE.csv").write_text("\n".join(lines))
    found = evaluated(root, "avaprintdb", Bundle.default(), tmp_path / "cache", 1)
    assert found[0]["name"] == "AUC, evaluation_pairs_CREMA-D_LIVE, 6 of its 6 trials"
    assert found[0]["on"].partition("; ")[0] == "6 videos, 6 pairs"


def test_bad_lines_of_a_table_are_warned_of_and_counted_and_the_rest_is_measured(tmp_path: Path) -> None:
    files = [f"C1003--{driver}--{n}--LIVE.mp4" for driver in ("C1003", "C1004", "C1005") for n in range(2)]
    root = tree(tmp_path / "release", *[f"{VIDEOS}/TEST/LIVE/{name}" for name in files])
    (root / TABLES).mkdir(parents=True)
    gone = "C1003--C1007--9--LIVE.mp4"
    rows = [(0, 1, 1), (2, 3, 1), (4, 5, 1), (0, 2, 0), (1, 4, 0), (3, 5, 0), (0, 3, "?"), (1, 5, "")]
    lines = ["enrolment_sample,test_sample,label", *(f"{files[a]},{files[b]},{label}" for a, b, label in rows)]
    table = root / TABLES / "evaluation_pairs_CREMA-D_LIVE.csv"
    table.write_text("\n".join([*lines, f"{files[0]},{gone},0"]))
    warned: list[str] = []
    found = list(evaluate_videos(root, "avaprintdb", Bundle.default(), tmp_path / "cache", 1, warned.append))
    assert found[0]["name"] == "AUC, evaluation_pairs_CREMA-D_LIVE, 6 of its 9 trials"
    left_out = "left out: unreadable lines 2, lines without a video 1"
    assert found[0]["on"] == f"6 videos, 6 pairs; {left_out}; no interval: 3 of at least 5 identities"
    assert warned == [
        f"{table}: 2 of its 9 lines say no trial: line 8: the label is '?', not 0 or 1; line 9: the label is '', not 0 "
        "or 1; left out",
        f"{table}: 1 of its 9 lines name a video that is not there or cannot be decoded: {VIDEOS}/TEST/LIVE/{gone}; "
        "left out",
    ]


def test_more_videos_than_can_be_compared_are_told_before_any_is_decoded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("trainer.verification.MOST_VIDEOS", 2)
    root = tree(tmp_path / "videos", "f--a1--Ada.mp4", "f--b1--Bob.mp4", "f--a2--Ada.mp4")
    with pytest.raises(InputError, match="--root: holds 3 videos; at most 2 are compared each with each"):
        evaluated(root, "plain", Bundle.default(), tmp_path / "cache", 1)
    assert not (tmp_path / "cache").exists()


@pytest.mark.parametrize("content", [None, "", "first,second,label\n", "enrolment_sample,test_sample,label\n"])
def test_pairs_that_cannot_be_read_are_told_before_any_video_is_decoded(tmp_path: Path, content: str | None) -> None:
    root = tree(tmp_path / "release", f"{VIDEOS}/TEST/LIVE/C1003--C1003--1--LIVE.mp4")
    (root / TABLES).mkdir(parents=True)
    if content is not None:
        (root / TABLES / "evaluation_pairs_CREMA-D_LIVE.csv").write_text(content)
    with pytest.raises(InputError, match="evaluation_pairs"):
        evaluated(root, "avaprintdb", Bundle.default(), tmp_path / "cache", 1)
    assert not (tmp_path / "cache").exists()


def test_a_wrong_folder_is_told_as_such(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="holds no video of this layout"):
        evaluated(tmp_path, "avaprintdb", Bundle.default(), tmp_path / "cache", 1)


def test_a_figure_that_cannot_be_measured_is_told_with_its_reason(tmp_path: Path) -> None:
    root = tree(tmp_path / "videos", "f--a1--Ada.mp4", "f--a2--Ada.mp4", "f--b1--Bob.mp4")
    found = evaluated(root, "plain", Bundle.default(), tmp_path / "cache", 1)[3]
    assert (found["name"], found["value"], found["low"], found["high"]) == ("AUC, other face", None, None, None)
    assert found["on"] == "3 videos; not measurable: 0 genuine, 0 impostor trials"
    told = "AUC, other face: none, on 3 videos; not measurable: 0 genuine, 0 impostor trials"
    assert in_line(found) == f"{Bundle.default().model_id}: {told}"


def test_nothing_to_compare_is_said(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="genuine trial and an impostor trial"):
        evaluated(tree(tmp_path / "v", "f--a--Ada.mp4", "f--b--Bob.mp4"), "plain", Bundle.default(), tmp_path / "c", 1)


def test_videos_none_of_which_can_be_decoded_are_one_line(tmp_path: Path) -> None:
    root = tmp_path / "videos"
    root.mkdir()
    (root / "f--a--Ada.mp4").write_bytes(b"no video")
    with pytest.raises(InputError, match=r"can be decoded; f--a--Ada\.mp4: cannot be read"):
        evaluated(root, "plain", Bundle.default(), tmp_path / "cache", 1)


@pytest.mark.parametrize(("frames", "starts"), [(20, [0]), (60, [0]), (100, [0, 30]), (150, [0, 30, 60, 90])])
def test_product_of_window_means_is_the_mean_of_all_cosines(frames: int, starts: list[int]) -> None:
    one, other = pictures(frames), pictures(75)
    padded = np.concatenate((one, np.repeat(one[-1:], max(0, WINDOW - frames), axis=0)))
    first = [pixels(padded[start : start + WINDOW]) for start in starts]
    second = [pixels(other[:WINDOW])]
    expected = np.mean([a @ b for a in first for b in second])
    assert windows(pixels, one) @ windows(pixels, other) == pytest.approx(expected, abs=1e-6)
    assert STRIDE == 30


def test_the_untrained_network_is_of_the_bundles_own_kind(monkeypatch: pytest.MonkeyPatch) -> None:
    bundle, clip = Bundle.default(), pictures(12)
    shipped = architecture_of(bundle)
    assert shipped
    assert shipped != PAPER
    np.testing.assert_array_equal(systems(bundle, 1)["untrained"](clip), Untrained(shipped)(clip))
    assert not np.allclose(Untrained(shipped)(clip), Untrained(PAPER)(clip))
    monkeypatch.setattr("trainer.verification.architecture_of", lambda _: None)  # as of an imported bundle
    imported = systems(bundle, 1)
    assert list(imported)[3:] == ["untrained, the paper's network"]
    np.testing.assert_array_equal(imported["untrained, the paper's network"](clip), Untrained(PAPER)(clip))


@pytest.mark.parametrize("system", [motion_energy, pixels, Untrained(PAPER)])
def test_baselines_are_of_unit_norm(system) -> None:  # type: ignore[no-untyped-def]
    assert np.linalg.norm(system(pictures(6))) == pytest.approx(1.0, abs=1e-5)


def test_making_the_untrained_network_leaves_the_random_state_alone() -> None:
    before = torch.random.get_rng_state()
    first, second = Untrained(PAPER)(pictures(5)), Untrained(PAPER)(pictures(5))
    np.testing.assert_array_equal(first, second)
    assert torch.equal(before, torch.random.get_rng_state())


def test_motion_energy_knows_where_it_moves_and_not_which_way() -> None:
    still = np.full((9, 128, 128), 90, np.uint8)
    here, backwards, there = still.copy(), still.copy(), still.copy()
    for frame in range(9):
        here[frame, 20:40, 20:40] += 10 * frame
        backwards[8 - frame, 20:40, 20:40] += 10 * frame
        there[frame, 90:110, 90:110] += 10 * frame
    assert motion_energy(here) @ motion_energy(backwards) == pytest.approx(1.0)
    assert motion_energy(here) @ motion_energy(there) < 0.1


def test_baselines_say_nothing_about_a_picture_without_anything_on_it() -> None:
    assert not pixels(np.full((4, 128, 128), 7, np.uint8)).any()
