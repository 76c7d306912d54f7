"""Checkpoints: what is none of the kind asked for is refused by name."""

from pathlib import Path

import pytest
import torch

from guard.core.errors import InputError
from trainer.checkpoints import read_checkpoint, write_checkpoint


@pytest.mark.parametrize("content", [b"", b"no checkpoint at all", None])
def test_what_is_no_checkpoint_is_refused_by_name(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "checkpoint.pt"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(InputError, match=r"checkpoint\.pt: is no checkpoint that can be read"):
        read_checkpoint(path, "training")


def test_a_checkpoint_of_another_version_is_refused(tmp_path: Path) -> None:
    torch.save({"format": 1}, tmp_path / "checkpoint.pt")
    with pytest.raises(InputError, match="of version 3"):
        read_checkpoint(tmp_path / "checkpoint.pt", "training")


def test_a_checkpoint_of_another_kind_is_refused(tmp_path: Path) -> None:
    write_checkpoint(tmp_path / "a.pt", "encoder", {"step": 3})
    assert read_checkpoint(tmp_path / "a.pt", "encoder")["step"] == 3
    with pytest.raises(InputError, match="is a checkpoint of 'encoder', not of 'training'"):
        read_checkpoint(tmp_path / "a.pt", "training")


def test_writing_leaves_no_half_file(tmp_path: Path) -> None:
    write_checkpoint(tmp_path / "new" / "a.pt", "encoder", {})
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["a.pt"]
