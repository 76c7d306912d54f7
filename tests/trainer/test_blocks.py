"""Batches are a function of the seed and the step, whatever the workers do."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from trainer.blocks import Blocks, WorldFiles, draw_batch, render_block
from trainer.presets import PRESETS

pytestmark = pytest.mark.slow

TINY = replace(
    PRESETS["cpu"], identities=2, clips=2, frames=3, block_clips=2, block_frames=4, reuse=1, kept_blocks=2, steps=3
)


class ApplyResult:
    """Stands in for the pool's, of work that is done."""

    def get(self) -> None: ...


class Context:
    """Stands in for multiprocessing: its pool works at once."""

    def __init__(self, apply_async: Callable[..., ApplyResult]) -> None:
        self.apply_async = apply_async

    def Pool(self, *_: object, **__: object) -> "Context":
        return self


def test_a_later_start_sees_the_same_batches_and_old_blocks_are_deleted(tmp_path: Path) -> None:
    with Blocks(tmp_path / "first", WorldFiles(), TINY, seed=5) as blocks:
        straight = [blocks.batch(step) for step in range(4)]
    assert not (tmp_path / "first" / "000000.npz").exists()
    with Blocks(tmp_path / "second", WorldFiles(), TINY, seed=5) as blocks:
        late_frames, late_labels = blocks.batch(3)
    np.testing.assert_array_equal(late_frames, straight[3][0])
    np.testing.assert_array_equal(late_labels, straight[3][1])
    assert late_frames.shape == (4, 3, 128, 128)
    assert not np.array_equal(straight[2][0], straight[3][0])


def test_processes_share_the_blocks_of_one_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    frames, labels = np.zeros((4, 4, 128, 128), np.uint8), np.repeat(np.arange(2), 2)
    ordered: list[str] = []

    def render(job: object, arguments: tuple[Path, *tuple[object, ...]]) -> ApplyResult:
        ordered.append(arguments[0].stem)
        np.savez(arguments[0], frames=frames, labels=labels)
        return ApplyResult()

    monkeypatch.setattr("trainer.blocks.get_context", lambda _: Context(render))
    first, second = (Blocks(tmp_path, WorldFiles(), TINY, 5, 1, rank, count=2) for rank in (0, 1))
    first._order(range(4))
    second._order(range(4))
    assert ordered == ["000000", "000002", "000001", "000003"]
    for step in range(4):
        ours, theirs = first.batch(step), second.batch(step)
        np.testing.assert_array_equal(ours[1], theirs[1])
        # The other process may still be at this step when one is at the next.
        assert (tmp_path / f"{max(0, step - 1):06d}.npz").exists()
    assert not (tmp_path / "000000.npz").exists()


def test_a_block_that_was_rendered_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "000000.npz"
    path.write_bytes(b"rendered before")
    render_block(path, WorldFiles(), TINY, seed=0, number=0)
    assert path.read_bytes() == b"rendered before"


def test_files_say_what_is_held_out() -> None:
    files = WorldFiles(held_out=frozenset({"latent"}))
    assert "latent" not in files.world().looks.families
    assert files.world("validation").looks.families == ("latent",)


def test_a_batch_holds_clips_of_the_block_with_their_labels() -> None:
    labels = np.repeat(np.arange(3), 2)
    frames = np.broadcast_to(labels[:, None, None, None], (6, 4, 128, 128)).astype(np.uint8)
    drawn, drawn_labels = draw_batch((frames, labels), TINY, np.random.default_rng(0))
    assert drawn.shape == (4, 3, 128, 128)
    np.testing.assert_array_equal(drawn[:, 0, 0, 0], drawn_labels)
    assert len(set(drawn_labels.tolist())) == 2
