"""The promise of conftest: a skip is a failure in CI and a skip elsewhere."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

CONFTEST = Path(__file__).with_name("conftest.py")
SKIPS = """
import pytest

def test_skips():
    pytest.skip("no browser here")

@pytest.mark.xfail(reason="known")
def test_expected_failure():
    assert False
"""
MODULE_SKIP = "import pytest\npytest.skip('no promtool here', allow_module_level=True)\n"


def run_pytest(folder: Path, source: str, *, ci: bool) -> subprocess.CompletedProcess[str]:
    (folder / "conftest.py").write_text(CONFTEST.read_text())
    (folder / "test_inner.py").write_text(source)
    environment = {k: v for k, v in os.environ.items() if k not in {"CI", "AVATAR_GUARD_CI", "PYTEST_ADDOPTS"}}
    environment |= {"AVATAR_GUARD_CI": "1"} if ci else {}
    options = ["-p", "no:cacheprovider", "-c", os.devnull, "--rootdir", "."]
    command = [sys.executable, "-m", "pytest", *options, "test_inner.py"]
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True)


def test_skip_fails_in_ci_and_says_why(tmp_path: Path) -> None:
    outcome = run_pytest(tmp_path, SKIPS, ci=True)
    assert outcome.returncode == 1
    assert "no browser here" in outcome.stdout
    assert "1 failed, 1 xfailed" in outcome.stdout


def test_skip_is_a_skip_elsewhere(tmp_path: Path) -> None:
    outcome = run_pytest(tmp_path, SKIPS, ci=False)
    assert outcome.returncode == 0, outcome.stdout
    assert "1 skipped, 1 xfailed" in outcome.stdout


@pytest.mark.parametrize(("ci", "code"), [(True, 2), (False, 5)])
def test_skipped_module_counts_too(tmp_path: Path, ci: bool, code: int) -> None:
    outcome = run_pytest(tmp_path, MODULE_SKIP, ci=ci)
    assert outcome.returncode == code, outcome.stdout
