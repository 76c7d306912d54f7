"""Tampering: whatever is done to a log whose head is kept elsewhere, it shows."""

from collections.abc import Callable
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as some

from guard.access.caller import NOBODY, Caller
from guard.audit.chain import START, Happening, line_after, link_of
from guard.audit.heads import Head, signed
from guard.audit.log import AuditLog
from guard.audit.verify import verify
from guard.core.errors import SettingsError

KEY = Ed25519PrivateKey.generate()
LINES = 12


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> tuple[bytes, list[Head]]:
    """A log as it was written, and its heads after every third line."""
    path = tmp_path_factory.mktemp("kept") / "audit.jsonl"
    log, heads = AuditLog(path, 2**20), []
    for number in range(LINES):
        link = log.append([Happening("stream.opened", Caller("meet-1", "acme"), {"claim": f"person {number}"})])
        if link.sequence % 3 == 0:
            heads.append(signed(KEY, link))
    return path.read_bytes(), heads


Tamper = Callable[[list[bytes], some.DataObject], bytes]


def place(lines: list[bytes], data: some.DataObject) -> int:
    return data.draw(some.integers(0, len(lines) - 1))


def edit(lines: list[bytes], data: some.DataObject) -> bytes:
    whole = b"".join(lines)
    at = data.draw(some.integers(0, len(whole) - 1))
    other = data.draw(some.integers(0, 255).filter(lambda byte: byte != whole[at]))
    return whole[:at] + bytes([other]) + whole[at + 1 :]


def delete(lines: list[bytes], data: some.DataObject) -> bytes:
    at = place(lines, data)
    return b"".join(lines[:at] + lines[at + 1 :])


def repeat(lines: list[bytes], data: some.DataObject) -> bytes:
    at = place(lines, data)
    return b"".join(lines[: at + 1] + lines[at:])


def reorder(lines: list[bytes], data: some.DataObject) -> bytes:
    return b"".join(data.draw(some.permutations(lines)))


def truncate(lines: list[bytes], data: some.DataObject) -> bytes:
    whole = b"".join(lines)
    return whole[: data.draw(some.integers(0, len(whole) - 1))]


def write_anew(lines: list[bytes], data: some.DataObject) -> bytes:
    """What an intruder with the file, but not the key, would do: a faultless chain with another story."""
    at, link, made = place(lines, data), START, []
    for number, line in enumerate(lines):
        told = Happening("nothing.happened", NOBODY, {}) if number >= at else None
        made.append(line_after(link, told) if told else line[:-1])
        link = link_of(made[-1])
    return b"".join(line + b"\n" for line in made)


@pytest.mark.slow
@pytest.mark.parametrize("tamper", [edit, delete, repeat, reorder, truncate, write_anew])
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=some.data())
def test_any_tampering_is_found(
    kept: tuple[bytes, list[Head]], tmp_path: Path, tamper: Tamper, data: some.DataObject
) -> None:
    original, heads = kept
    changed = tamper(original.splitlines(keepends=True), data)
    assume(changed != original)
    path = tmp_path / "audit.jsonl"
    path.write_bytes(changed)
    assert verify(path, heads, KEY.public_key()).problem is not None


def test_an_untouched_log_holds(kept: tuple[bytes, list[Head]], tmp_path: Path) -> None:
    original, heads = kept
    path = tmp_path / "audit.jsonl"
    path.write_bytes(original)
    finding = verify(path, heads, KEY.public_key())
    assert (finding.lines, finding.heads, finding.problem) == (LINES, 4, None)


def test_a_cut_tail_and_a_forged_head_are_told_apart(kept: tuple[bytes, list[Head]], tmp_path: Path) -> None:
    original, heads = kept
    path = tmp_path / "audit.jsonl"
    path.write_bytes(b"".join(original.splitlines(keepends=True)[:-2]))
    assert verify(path).problem is None  # without a head nobody can know
    cut = verify(path, heads, KEY.public_key())
    assert (cut.heads, str(cut.problem).startswith("the log ends with line 10, but had line 12 at 20")) == (3, True)
    forged = [signed(Ed25519PrivateKey.generate(), link_of(original.splitlines()[0]))]
    assert verify(path, forged, KEY.public_key()).problem == "the head of line 1 is not signed by this key"


def test_a_log_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="log: there is no audit log"):
        verify(tmp_path / "audit.jsonl")
