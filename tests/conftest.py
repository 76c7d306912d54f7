"""What all tests share: in continuous integration a skipped test is a failed one."""

import os
from collections.abc import Generator
from typing import Any, TypeVar

import pytest

IN_CI = os.environ.get("AVATAR_GUARD_CI") == "1" or os.environ.get("CI") == "true"

Report = TypeVar("Report", pytest.TestReport, pytest.CollectReport)


def refuse_skip(report: Report) -> Report:
    """A skip hides a check that was promised; an expected failure (xfail) is reported as skipped too and stays."""
    if IN_CI and report.skipped and not hasattr(report, "wasxfail"):
        report.outcome = "failed"
        report.longrepr = f"skipped, which is not allowed in CI: {report.longrepr}"
    return report


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, Any, pytest.TestReport]:
    return refuse_skip((yield))


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report() -> Generator[None, Any, pytest.CollectReport]:
    return refuse_skip((yield))
