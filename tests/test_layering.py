"""Which module may import what: cli -> app -> shells -> core -> numpy; trainer -> guard; the world without torch."""

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
CORE = sorted((ROOT / "guard" / "core").rglob("*.py"))
GENERATED = ROOT / "guard" / "v1"
GUARD = sorted(p for p in (ROOT / "guard").rglob("*.py") if GENERATED not in p.parents)
WORLD = sorted((ROOT / "trainer" / "data" / "world").rglob("*.py"))
TRAINER = sorted((ROOT / "trainer").rglob("*.py"))

# The core is a fold over values: whatever could wait, look at a clock or touch the machine stays outside.
FORBIDDEN_IN_CORE = {
    *("asyncio", "threading", "multiprocessing", "concurrent", "queue", "signal", "sched", "select", "selectors"),
    *("time", "datetime", "socket", "ssl", "http", "urllib", "os", "io", "pathlib", "shutil", "tempfile", "subprocess"),
    *("random", "secrets", "logging", "sqlite3"),
}
KEEPERS_OF_STREAMS = {"guard/worker.py", "guard/lane.py", "guard/redeciding.py"}
"""The worker owns the streams of calls, each in a lane of its own; those of a record are nobody's but the record's."""
FINDS_FACES = "guard/faces.py"
"""The one place that needs OpenCV; everything else that touches pictures is numpy and PyAV."""
WITHOUT_INPUT_OUTPUT = {"open", "print", "input", "breakpoint"}


def label(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def imports(source: str) -> Iterator[str]:
    """Every module a source imports, dotted, wherever the statement stands; `from a import b` gives `a` and `a.b`."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "relative imports hide where a module comes from"
            assert node.module
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def tops(path: Path) -> set[str]:
    return {module.partition(".")[0] for module in imports(path.read_text())}


def within(module: str, package: str) -> bool:
    return module == package or module.startswith(package + ".")


def each(paths: list[Path]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("path", paths, ids=label)


def test_there_is_something_to_check() -> None:
    assert CORE
    assert WORLD
    assert len(GUARD) > len(CORE)
    assert len(TRAINER) > len(WORLD)


def test_imports_are_found_wherever_they_stand() -> None:
    source = "import a.b\ndef f():\n    from c import d\nif x:\n    import e as g\n"
    assert set(imports(source)) == {"a.b", "c", "c.d", "e"}


@each(CORE)
def test_core_imports_only_numpy_and_harmless_parts_of_the_standard_library(path: Path) -> None:
    outside = {top for top in tops(path) if top not in sys.stdlib_module_names} - {"numpy", "guard"}
    assert outside == set()
    assert tops(path) & FORBIDDEN_IN_CORE == set()
    assert [m for m in imports(path.read_text()) if within(m, "guard") and not within(m, "guard.core")] == []


@each(CORE)
def test_core_reads_and_writes_nothing_and_never_waits(path: Path) -> None:
    tree = ast.parse(path.read_text())
    calls = {node.func.id for node in ast.walk(tree) if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)}
    assert calls & WITHOUT_INPUT_OUTPUT == set()
    assert not any(isinstance(node, ast.AsyncFunctionDef | ast.Await | ast.Global) for node in ast.walk(tree))


@each(GUARD)
def test_guard_imports_neither_trainer_nor_torch(path: Path) -> None:
    found = tops(path) & {"trainer", "torch", "cv2", "scipy", "onnx"}
    assert found == ({"cv2"} if label(path) == FINDS_FACES else set())


@each([path for path in GUARD if path.parent.name == "sources"])
def test_sources_leave_connections_and_sockets_of_media_to_the_peers(path: Path) -> None:
    assert tops(path) & {"aiortc", "aioice"} == set()  # a peer may live in another process


@each(WORLD)
def test_world_runs_without_torch_and_without_the_service(path: Path) -> None:
    assert tops(path) & {"torch", "onnx", "onnxruntime"} == set()
    inside = {m for m in imports(path.read_text()) if within(m, "trainer") or within(m, "guard")}
    assert [m for m in inside if not within(m, "trainer.data") and m != "trainer" and not within(m, "guard.core")] == []


@pytest.mark.slow
@each(TRAINER)
def test_trainer_takes_from_guard_only_what_needs_no_service(path: Path) -> None:
    allowed = ("guard.core", "guard.bundle", "guard.manifest", "guard.engine", "guard.video")
    allowed += ("guard.emptyroom", "guard.faces", "guard.framing")  # policy, measured here
    allowed += ("guard.enrolment.clips", "guard.enrolment.progress", "guard.enrolment.quality")  # policy, measured here
    used = {m for m in imports(path.read_text()) if within(m, "guard") and m != "guard"}
    assert [m for m in used if not any(within(m, a) for a in allowed)] == []


@pytest.mark.parametrize("path", [p for p in GUARD if p not in CORE], ids=label)
def test_only_the_worker_touches_streams(path: Path) -> None:
    if label(path) not in KEEPERS_OF_STREAMS:
        assert [m for m in imports(path.read_text()) if within(m, "guard.core.stream")] == []


@pytest.mark.parametrize("path", [p for p in GUARD if p not in CORE], ids=label)
def test_only_the_command_line_starts_the_service(path: Path) -> None:
    if not label(path).startswith(("guard/cli/", "guard/app.py")):
        assert [m for m in imports(path.read_text()) if within(m, "guard.app") or within(m, "guard.cli")] == []
