"""The one table of statuses holds every error that can be raised."""

from collections.abc import Iterator

import pytest
from grpc import StatusCode

from guard.core.errors import AuditError, GalleryError, GuardError, InputError
from guard.rpc.errors import status_of
from guard.statuses import STATUSES


def leaves(kind: type[GuardError]) -> Iterator[type[GuardError]]:
    children = kind.__subclasses__()
    if not children:
        yield kind
    for child in children:
        yield from leaves(child)


def test_every_leaf_of_the_error_tree_has_a_status_and_nothing_else_has() -> None:
    ours = {kind for kind in leaves(GuardError) if kind.__module__ == "guard.core.errors"}
    assert ours <= set(STATUSES)
    assert all(issubclass(kind, GuardError) for kind in STATUSES)


@pytest.mark.parametrize("kind", STATUSES)
def test_the_callers_mistakes_are_4xx_and_ours_are_not(kind: type[GuardError]) -> None:
    status = STATUSES[kind]
    blames_caller = status.code is StatusCode.INVALID_ARGUMENT
    assert blames_caller == (status.http == 400)
    if 400 <= status.http < 409:
        assert issubclass(kind, InputError)


def test_reasons_are_distinct_constants() -> None:
    reasons = [status.reason for status in STATUSES.values()]
    assert len(set(reasons)) == len(reasons)
    assert all(reason.isupper() for reason in reasons)


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (
            GalleryError("gallery: cannot read postgresql+psycopg://guard@db:5432/people: refused"),
            "gallery: cannot be used",
        ),
        (AuditError("audit: cannot write /var/log/audit.jsonl: No space left"), "audit log: cannot be used"),
    ],
)
def test_where_things_lie_is_told_to_the_log_and_to_no_caller(
    error: GuardError, message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert status_of(error).message == f"{message} now; the service's log says why"
    assert str(error) in capsys.readouterr().out
