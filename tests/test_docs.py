"""What the documentation lists is what there is: roles, deadlines, recorded actions, refusals."""

import ast
import re
from itertools import takewhile
from pathlib import Path

import pytest

from guard.access.caller import Role
from guard.access.methods import ROLES
from guard.statuses import STATUSES

ROOT = Path(__file__).parents[1]
METHODS = {path.rpartition("/")[2]: roles for path, roles in ROLES.items() if path.startswith("/guard.v1.")}
SUBJECTS = "service|bundle|caller|stream|source|claim|decision|person|people|lock|keys|incident|tenant|log|happenings"


def table(page: str, head: str) -> list[list[str]]:
    """The cells of each row below this head."""
    lines = (ROOT / "docs" / page).read_text().partition(head)[2].splitlines()[2:]
    rows = takewhile(lambda line: line.startswith("|"), lines)
    return [[cell.strip() for cell in row.strip("|").split("|")] for row in rows]


def quoted(text: str) -> list[str]:
    return re.findall("`([^`]+)`", text)


def test_each_role_may_do_what_the_page_says() -> None:
    told = {
        Role(quoted(role)[0]): set(quoted(may)) & METHODS.keys() for role, may in table("access.md", "| role | may |")
    }
    of = {role: {method for method, roles in METHODS.items() if role in roles} for role in Role}
    assert told[Role.VIEWER] == of[Role.VIEWER]
    assert told[Role.OPERATOR] == of[Role.OPERATOR] - of[Role.VIEWER]
    assert told[Role.ENROLLER] == of[Role.ENROLLER]
    assert told[Role.ADMIN] == of[Role.ADMIN] - of[Role.OPERATOR] - of[Role.ENROLLER]
    assert of[Role.ADMIN] == METHODS.keys()


def test_every_method_has_a_deadline() -> None:
    told = [method for row in table("operations.md", "| method | deadline | why |") for method in quoted(row[0])]
    assert sorted(told) == sorted([*METHODS, "grpc.health.v1.Health/Check"])


def literals(path: Path) -> set[str]:
    """The texts in a module that look like an action."""
    nodes = ast.walk(ast.parse(path.read_text()))
    texts = {node.value for node in nodes if isinstance(node, ast.Constant) and isinstance(node.value, str)}
    return {text for text in texts if re.fullmatch(rf"({SUBJECTS})\.[a-z_]+", text)}


@pytest.mark.slow
def test_every_recorded_action_is_listed() -> None:
    told: set[str] = set()
    for action, _ in table("access.md", "| action | when |"):
        subject = ""
        for one in quoted(action):
            subject = subject if one.startswith(".") else one.partition(".")[0]
            told.add(subject + one if one.startswith(".") else one)
    there = set.union(*(literals(path) for path in (ROOT / "guard").rglob("*.py")))
    assert told == there - {"bundle.json", "people.id"}  # a file, a column


def test_every_reason_is_listed() -> None:
    told = {row[0].strip("`"): tuple(row[1:3]) for row in table("api.md", "| Reason | Code | HTTP | |")}
    assert told == {one.reason: (one.code.name, str(one.http)) for one in STATUSES.values()}
