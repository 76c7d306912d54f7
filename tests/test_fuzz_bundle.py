"""Whatever bundle.json says, it is read, or refused in one line: no crash, no hang, and no number that is none."""

import json
import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from guard.bundle import Bundle, seal, write_bundle
from guard.core.calibration import log_likelihood_ratio
from guard.core.errors import BundleError
from guard.core.session import reach
from guard.core.verifier import Verifier
from guard.manifest import Manifest
from tests.service_fakes import DARK_PERSON, BrightnessEngine, frame

SPREAD = {"mean": 1.4, "between": 0.9, "within": 1.8, "tau": 2.5}
LINE = {"slope": 9.0, "offset": -4.0, "terms": []}
TERM = {"quality": "motion", "low": -2.0, "typical": 1.0, "high": 3.0, "slope": 0.5, "offset": 0.1}
POINT = {"errors": 1.0, "delay_median": 8.0, "delay_p95": 20.0, "reached": 0.9, "events": 30, "hours": 3e3}
MEASURED = {
    "sessions": {"64": {"genuine": SPREAD, "impostor": {**SPREAD, "mean": -1.4}}},
    "calibration": {"64": {**LINE, "terms": [TERM]}},
    "horizons": [64],
    "change": {"horizon": 64, "line": LINE, "lean": 0.5},
    "continuity": {"horizon": 64, "line": LINE, "lean": 0.0},
    "operating": {"suspect": [{**POINT, "threshold": -2.0}]}
    | {name: [{**POINT, "threshold": 2.0}] for name in ("verify", "change", "continuity")},
}
MANIFEST: dict[str, Any] = {**Bundle.default().manifest, **MEASURED}
Place = tuple[str | int, ...]
"""Keys and places that lead to one field."""


def paths(value: object, here: Place = ()) -> Iterator[Place]:
    """Every field below `value`; of a list its first two items."""
    parts = value.items() if isinstance(value, dict) else enumerate(value[:2]) if isinstance(value, list) else ()
    for key, part in parts:
        yield (*here, key)
        yield from paths(part, (*here, key))


FIELDS = list(paths(MANIFEST))
NUMBERS = st.integers() | st.floats() | st.sampled_from((0, -1, 1, 63, 64, 128, 10**9, 10**30, -0.0, 1e308, 2**63))
SCALARS = st.none() | st.booleans() | NUMBERS | st.text(max_size=80)
VALUES = st.recursive(
    SCALARS, lambda below: st.lists(below, max_size=4) | st.dictionaries(st.text(max_size=8), below, max_size=4)
)
CHANGES = st.lists(
    st.tuples(st.sampled_from(FIELDS), st.sampled_from(("put", "near", "drop", "add", "wrap")), VALUES, NUMBERS),
    min_size=2,
    max_size=6,
)


def changed(changes: list[tuple[Place, str, Any, Any]]) -> str:
    """The packaged manifest, changed in these fields."""
    manifest = json.loads(json.dumps(MANIFEST))
    for path, kind, value, number in changes:
        *above, key = path
        within: Any = manifest
        try:
            for step in above:
                within = within[step]
            old = within[key]
        except (KeyError, IndexError, TypeError):
            continue  # an earlier change took it away
        match kind:
            case "put":
                within[key] = value
            case "near":
                within[key] = near(old, number)
            case "drop":
                del within[key]
            case "add" if isinstance(within, dict):
                within[str(value)] = old
            case _:
                within[key] = [old] if number else {"": old}
    return json.dumps(manifest)


def near(old: Any, number: float) -> Any:
    """Another value of the same type."""
    if isinstance(old, str):
        return old + str(number)
    if isinstance(old, list):
        return old * 2 if number else []
    return number if isinstance(old, int | float) else old


def look(folder: Path, text: bytes) -> bool:
    """Load the bundle with this bundle.json; whether it is one. What is one must work."""
    (folder / "bundle.json").write_bytes(text)
    (folder / "bundle.json.sha256").write_bytes(seal(text))
    try:
        bundle = Bundle.load(folder)
    except BundleError as refused:
        check_sentence(str(refused))
        return False
    facts = bundle.settings()
    for calibration in facts.calibration.values():
        assert math.isfinite(log_likelihood_ratio(1.0, calibration))
    assert math.isfinite(facts.motion_floor)
    for model in facts.sessions.values():
        assert all(map(math.isfinite, reach(facts.thresholds.memory, model)))
    for point in (*bundle.operating.verify, *bundle.operating.change):
        assert math.isfinite(point.threshold)
        assert point.errors >= 0
    assert facts.model_id.isprintable()
    if bundle.state_size is not None:
        verifier = Verifier(BrightnessEngine(), facts)
        stream = verifier.open(DARK_PERSON)
        for number in range(3):
            verifier.step([(stream, frame(number))])
    return True


def check_sentence(said: str) -> None:
    """A line for a log, whatever the bundle called its fields."""
    assert said.isprintable()
    assert len(said) < 4000


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    bundle, path = Bundle.default(), tmp_path_factory.mktemp("fuzz") / "bundle"
    without_files = {name: value for name, value in MANIFEST.items() if name != "files"}
    write_bundle(path, without_files, bundle.contents, check=lambda _: None)
    return path


def test_every_field_is_among_those_that_are_changed() -> None:
    assert {path[0] for path in FIELDS} == set(Manifest.model_fields)


def fuzz(folder: Path, examples: int) -> tuple[int, int]:
    """How many manifests there were, and how many of them were bundles. Of each example every change alone, and all."""
    tried = sound = 0

    @settings(max_examples=examples, deadline=None, database=None, derandomize=True, suppress_health_check=HealthCheck)
    @given(CHANGES)
    def each(changes: list[tuple[Place, str, Any, Any]]) -> None:
        nonlocal tried, sound
        for some in ([one] for one in changes):
            sound += look(folder, changed(some).encode())
        sound += look(folder, changed(changes).encode())
        tried += len(changes) + 1

    each()
    return tried, sound


@pytest.mark.slow
def test_400_manifests_are_read_or_refused(folder: Path) -> None:
    tried, sound = fuzz(folder, 120)
    assert tried > 400
    assert sound > 12


@pytest.mark.long
@pytest.mark.timeout(1800)
def test_15000_manifests_are_read_or_refused(folder: Path) -> None:
    tried, sound = fuzz(folder, 4000)
    assert tried > 15_000
    assert sound > 500


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"\xff\xfe{",
        b"\xef\xbb\xbf{}",
        b"[" * 100_000,
        b'{"a":' * 100_000,
        b'{"format_version": ' + b"9" * 5000 + b"}",
        b'{"format_version": NaN}',
        b'{"format_version": "' + b"x" * 10**6 + b'"}',
        b'{"format_version": [' + b"1," * 10**5 + b"1]}",
        b'{"format_version": 1, "format_version": 2}',
        b'{"format_version": 1, "\\ud800\\n": 2}',
    ],
    ids=range(11),
)
def test_what_is_hardly_json_is_refused(folder: Path, text: bytes) -> None:
    assert not look(folder, text)
