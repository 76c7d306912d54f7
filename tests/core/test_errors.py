"""Errors hold facts and form one sentence late."""

import inspect

import pytest

from guard.core import errors
from guard.core.errors import BundleError, CapacityError, FrameError, GuardError, InputError


def test_all_of_our_errors_are_in_the_tree_at_the_head_of_the_file() -> None:
    tree = str(errors.__doc__).split()
    for name, error in inspect.getmembers(errors, inspect.isclass):
        assert issubclass(error, GuardError)
        assert name in tree


def test_an_input_error_names_field_problem_and_remedy() -> None:
    error = FrameError("data", "5 bytes", "send 6")
    assert isinstance(error, InputError)
    assert (error.field, error.problem, error.remedy) == ("data", "5 bytes", "send 6")
    assert str(error) == "data: 5 bytes; send 6"
    assert str(FrameError("data", "5 bytes")) == "data: 5 bytes"


def test_a_bundle_error_names_the_part() -> None:
    error = BundleError("weights.bin", "sha256 differs")
    assert str(error) == "bundle: weights.bin: sha256 differs"
    assert error.part == "weights.bin"


@pytest.mark.parametrize(("seconds", "said"), [(5.0, "5 s"), (0.5, "0.5 s")])
def test_a_capacity_error_says_when_to_come_back(seconds: float, said: str) -> None:
    error = CapacityError("24 streams are open", seconds)
    assert str(error) == f"24 streams are open; try again in {said}"
    assert error.retry_after == seconds
