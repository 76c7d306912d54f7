"""Hygiene of the repository itself: what is tracked, what is declared, what is generated, what is linked."""

import re
import subprocess
import sys
import tomllib
from importlib.metadata import entry_points
from pathlib import Path

import pytest
from google.rpc import status_pb2

ROOT = Path(__file__).parents[1]
SOURCES = ("guard", "trainer")
MAX_LINES = 300

# Spelt in two halves, so that this file does not find itself.
MACHINE_PATHS = re.compile(r"(?<![\w.])/(?:wo" r"rk|home/\w+|Users/\w+|ro" r"ot)/")
REGISTRY_HOSTS = re.compile(r"(?:pythonhosted|pypi|registry\.npmjs|deb\.debian)\.(?:org|com)|/opt/" r"(?:pypi|wheels)")
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)|(?:src|href)=\"([^\"]+)\"")


def tracked(*patterns: str) -> list[Path]:
    listing = subprocess.run(["git", "ls-files", "-z", *patterns], cwd=ROOT, capture_output=True, check=True).stdout
    return [path for name in listing.decode().split("\0") if name and (path := ROOT / name).is_file()]


def label(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def text_of(path: Path) -> str | None:
    """None for a binary file."""
    data = path.read_bytes()
    return None if b"\0" in data[:8192] else data.decode()


@pytest.mark.slow
def test_no_file_names_a_path_of_one_machine_or_a_registry() -> None:
    texts = {label(path): text_of(path) for path in tracked()}
    assert texts
    found = [
        f"{name}: {match[0]}"
        for name, text in texts.items()
        if text
        for pattern in (MACHINE_PATHS, REGISTRY_HOSTS)
        for match in pattern.finditer(text)
    ]
    assert found == []


def test_every_dependency_says_why() -> None:
    text = (ROOT / "pyproject.toml").read_text()
    project = tomllib.loads(text)
    declared = [*project["project"]["dependencies"], *project["build-system"]["requires"]]
    declared += [name for extra in project["project"]["optional-dependencies"].values() for name in extra]
    own = project["project"]["name"]
    silent = [
        requirement
        for requirement in declared
        if not requirement.startswith(f"{own}[")
        and not re.search(rf'^.*"{re.escape(requirement)}".*#\s*\S+', text, re.MULTILINE)
    ]
    assert declared
    assert silent == []


def test_no_source_file_is_too_long() -> None:
    long = {
        label(path): lines
        for path in tracked(*(f"{folder}/*.py" for folder in SOURCES))
        if ROOT / "guard" / "v1" not in path.parents and (lines := len(path.read_text().splitlines())) > MAX_LINES
    }
    assert long == {}


def anchors(page: Path) -> set[str]:
    """Anchors that a page offers: its headings, as the usual renderers slug them."""
    headings = re.findall(r"^#+ (.+)$", page.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).strip().replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", tracked("*.md"), ids=label)
def test_links_lead_somewhere(page: Path) -> None:
    without_code = re.sub(r"```.*?```|`[^`\n]*`", "", page.read_text(), flags=re.DOTALL)
    broken = []
    for target in (first or second for first, second in LINK.findall(without_code)):
        if re.match(r"[a-z]+:", target):
            continue
        name, _, anchor = target.partition("#")
        goal = (page.parent / name) if name else page
        if not goal.exists() or (anchor and anchor not in anchors(goal)):
            broken.append(target)
    assert broken == []


def test_every_page_of_the_manual_is_linked_from_the_readme() -> None:
    readme = (ROOT / "README.md").read_text()
    assert [label(page) for page in tracked("docs/*.md") if f"({label(page)}" not in readme] == []


def test_everything_that_the_packages_need_is_shipped_with_them() -> None:
    patterns = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["setuptools"]["package-data"]
    shipped = {path for package, globs in patterns.items() for glob in globs for path in (ROOT / package).glob(glob)}
    needed = [path for path in tracked("guard/*", "trainer/*") if path.suffix not in {".py", ".pyi"}]
    assert needed
    assert [label(path) for path in needed if path not in shipped] == []


@pytest.mark.parametrize("name", ["guard", "trainer"])
def test_console_scripts_exist_and_load(name: str) -> None:
    (script,) = [s for s in entry_points(group="console_scripts") if s.name == name and s.value == f"{name}.cli:app"]
    assert callable(script.load())


@pytest.mark.slow
@pytest.mark.parametrize("module", ["guard.cli", "guard.app", "trainer.data.world", "trainer.data.fill"])
def test_torch_stays_away_from_the_service_and_the_data(module: str) -> None:
    check = f"import sys, {module}; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", check]).returncode == 0


def test_generated_messages_are_current(tmp_path: Path) -> None:
    protos = [label(path).removeprefix("proto/") for path in tracked("proto/*.proto")]
    outputs = [f"--{kind}_out={tmp_path}" for kind in ("python", "pyi", "grpc_python")]
    # google/rpc/status.proto comes with googleapis-common-protos.
    included = [ROOT / "proto", Path(status_pb2.__file__).parents[2]]
    paths = [f"--proto_path={folder}" for folder in included]
    command = [sys.executable, "-m", "grpc_tools.protoc", *paths, *outputs, *protos]
    subprocess.run(command, check=True, cwd=tmp_path)
    fresh = {path.name: path.read_text() for path in (tmp_path / "guard" / "v1").iterdir()}
    committed = {path.name: path.read_text() for path in tracked("guard/v1/*") if path.name != "__init__.py"}
    assert fresh == committed
