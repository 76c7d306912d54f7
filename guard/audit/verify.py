"""Whether an audit log is as it was written."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from guard.audit.chain import BrokenChainError, follow
from guard.audit.heads import Head, holds
from guard.audit.log import files
from guard.core.errors import SettingsError


@dataclass(frozen=True, slots=True)
class Finding:
    """How many lines follow from each other, how many heads fit, and what is wrong first; None when nothing is."""

    lines: int
    heads: int
    problem: str | None


def verify(log: Path, heads: Sequence[Head] = (), key: Ed25519PublicKey | None = None) -> Finding:
    """Follow the chain through all files of the log, and hold the heads against it.

    Only lines up to the newest head are certain: what comes after it may have been cut. Raises SettingsError when
    there is no such log.
    """
    if not files(log):
        raise SettingsError("log", f"there is no audit log {log}")
    hashes: list[str] = []
    problem = None
    try:
        for link in follow(lines_of(log)):
            hashes.append(link.hash)
    except BrokenChainError as error:
        problem = str(error)
    fitting = 0
    for head in heads:
        problem = problem or against(head, hashes, key)
        fitting += problem is None
    return Finding(len(hashes), fitting, problem)


def against(head: Head, hashes: Sequence[str], key: Ed25519PublicKey | None) -> str | None:
    """What a head says against the chain of these hashes."""
    if key is not None and not holds(head, key):
        return f"the head of line {head.sequence} is not signed by this key"
    if head.sequence > len(hashes):
        return f"the log ends with line {len(hashes)}, but had line {head.sequence} at {head.at}: its tail was cut"
    if head.sequence > 0 and hashes[head.sequence - 1] != head.hash:
        return f"line {head.sequence} is not the one that was signed at {head.at}: lines up to it were written anew"
    return None


def lines_of(log: Path) -> Iterator[bytes]:
    """Every line of every file, a torn one at the end included."""
    for path in files(log):
        with path.open("rb") as file:
            for line in file:
                if not line.endswith(b"\n"):
                    raise BrokenChainError(f"{path.name} ends within a line")
                yield line[:-1]
