"""Trees of files in the shape of a data set."""

from pathlib import Path

SPLITS = """identities in train set:
id027
Actor_01
1031

identities in validation set:
id029
1060

identities in test set:
id001
id002
Actor_23
1085'
"""
"""A short train_val_test_splits.txt of NVFAIR in its own form; the stray apostrophe is that of subject_sources.txt."""


def tree(root: Path, *paths: str) -> Path:
    """Empty files at these paths below `root`: layouts are told from names alone."""
    for path in paths:
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).touch()
    return root
