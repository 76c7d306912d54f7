"""The names of guard.v1 follow Buf's STANDARD rules (buf.build/docs/lint/rules)."""

import importlib
import pkgutil
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from google.protobuf.descriptor import Descriptor, EnumDescriptor, FileDescriptor

import guard.v1

NAMES = [module.name for module in pkgutil.iter_modules(guard.v1.__path__) if module.name.endswith("_pb2")]
FILES = [importlib.import_module(f"guard.v1.{name}").DESCRIPTOR for name in NAMES]
PROTO = Path(__file__).parents[2] / "proto"
PASCAL, SNAKE, UPPER = r"([A-Z][a-z0-9]*)+", r"[a-z][a-z0-9]*(_[a-z0-9]+)*", r"[A-Z][A-Z0-9]*(_[A-Z0-9]+)*"


def messages(file: FileDescriptor) -> Iterator[Descriptor]:
    yield from file.message_types_by_name.values()
    for message in file.message_types_by_name.values():
        yield from message.nested_types


def enums(file: FileDescriptor) -> Iterator[EnumDescriptor]:
    yield from file.enum_types_by_name.values()
    for message in messages(file):
        yield from message.enum_types


def upper(name: str) -> str:
    return re.sub(r"(?<!^)(?=[A-Z])", "_", name).upper()


def test_every_file_is_looked_at() -> None:
    assert {file.name for file in FILES} == {str(path.relative_to(PROTO)) for path in PROTO.rglob("*.proto")}


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_files_lie_in_the_folder_of_their_versioned_package(file: FileDescriptor) -> None:
    assert re.fullmatch(r"[a-z]+(\.[a-z]+)*\.v\d+", file.package)
    assert re.fullmatch(f"{file.package.replace('.', '/')}/{SNAKE}.proto", file.name)


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_messages_are_pascal_case_and_fields_snake_case(file: FileDescriptor) -> None:
    for message in messages(file):
        assert re.fullmatch(PASCAL, message.name)
        assert all(re.fullmatch(SNAKE, field.name) for field in message.fields)
        assert all(re.fullmatch(SNAKE, one.name) for one in message.oneofs if not one.name.startswith("_"))


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_enum_values_carry_their_enums_name_and_begin_with_unspecified(file: FileDescriptor) -> None:
    for enum in enums(file):
        assert re.fullmatch(PASCAL, enum.name)
        assert enum.values_by_number[0].name == f"{upper(enum.name)}_UNSPECIFIED"
        for value in enum.values:
            assert re.fullmatch(UPPER, value.name)
            assert value.name.startswith(f"{upper(enum.name)}_")


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_each_method_has_a_request_and_a_response_of_its_own(file: FileDescriptor) -> None:
    used: list[str] = []
    for service in file.services_by_name.values():
        assert re.fullmatch(PASCAL, service.name)
        assert service.name.endswith("Service")
        for method in service.methods:
            assert re.fullmatch(PASCAL, method.name)
            assert method.input_type.name == f"{method.name}Request"
            assert method.output_type.name == f"{method.name}Response"
            used += [method.input_type.full_name, method.output_type.full_name]
    assert len(set(used)) == len(used)
