"""Prints docs/api.md: the reference of guard.v1, made of the comments in its files."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

from google.protobuf.descriptor_pb2 import (
    DescriptorProto,
    EnumDescriptorProto,
    FieldDescriptorProto,
    FileDescriptorProto,
    FileDescriptorSet,
    ServiceDescriptorProto,
)
from google.rpc import status_pb2
from grpc_tools import protoc

from guard.statuses import STATUSES

PROTO = Path(__file__).parents[1] / "proto"
HEAD = """# The messages and methods of guard.v1

Made from the comments in proto/guard/v1 by `make docs`; do not edit.
"""
REFUSALS = """
## Refusals

A refused call ends with a google.rpc.Status: a code, a sentence for people, and details for programs. ErrorInfo has
the domain `guard.v1`, one of these reasons, and in its metadata `field`, the path of what is wrong in the request
(`open.format.width`), wherever it is something in it; QUALITY has `shortfall` and `advice`, too. RetryInfo says after
how long it is worth trying again.

| Reason | Code | HTTP | |
|---|---|---|---|
"""
# Numbers of the parts of a file in a source path (google/protobuf/descriptor.proto).
MESSAGES, ENUMS, SERVICES, FIELDS, VALUES, METHODS, NESTED_ENUMS = 4, 5, 6, 2, 2, 2, 4


class Reference:
    """The Markdown lines of one file."""

    def __init__(self, file: FileDescriptorProto) -> None:
        self._file = file
        self._comments = {tuple(place.path): place.leading_comments for place in file.source_code_info.location}

    def __iter__(self) -> Iterator[str]:
        for number, service in enumerate(self._file.service):
            yield from self._service(service, (SERVICES, number))
        for number, message in enumerate(self._file.message_type):
            yield from self._message(message, (MESSAGES, number))
        for number, enum in enumerate(self._file.enum_type):
            yield from self._enum(enum, (ENUMS, number))

    def _comment(self, path: tuple[int, ...]) -> str:
        return " ".join(self._comments.get(path, "").split()).replace("|", "\\|")

    def _service(self, service: ServiceDescriptorProto, path: tuple[int, ...]) -> Iterator[str]:
        yield from (f"## {service.name}", self._comment(path), "| Method | |\n|---|---|")
        for number, method in enumerate(service.method):
            asked = "stream " * method.client_streaming + bare(method.input_type)
            answered = "stream " * method.server_streaming + bare(method.output_type)
            said = self._comment((*path, METHODS, number))
            yield f"| `{method.name}({asked})` returns `{answered}` | {said} |"

    def _message(self, message: DescriptorProto, path: tuple[int, ...]) -> Iterator[str]:
        yield from (f"### {message.name}", self._comment(path))
        if message.field:
            yield "| Field | Type | |\n|---|---|---|"
        for number, field in enumerate(message.field):
            yield f"| `{field.name}` = {field.number} | {kind(field)} | {self._comment((*path, FIELDS, number))} |"
        for number, enum in enumerate(message.enum_type):
            yield from self._enum(enum, (*path, NESTED_ENUMS, number))

    def _enum(self, enum: EnumDescriptorProto, path: tuple[int, ...]) -> Iterator[str]:
        yield from (f"### {enum.name}", self._comment(path), "| Value | |\n|---|---|")
        for number, value in enumerate(enum.value):
            yield f"| `{value.name}` = {value.number} | {self._comment((*path, VALUES, number))} |"


def bare(name: str) -> str:
    """A full type name without our own package."""
    return name.removeprefix(".guard.v1.").removeprefix(".")


def kind(field: FieldDescriptorProto) -> str:
    """The type of a field in the words of a .proto file."""
    words = ["repeated"] if field.label == FieldDescriptorProto.LABEL_REPEATED else []
    words += ["optional"] if field.proto3_optional else []
    words.append(bare(field.type_name) or FieldDescriptorProto.Type.Name(field.type).removeprefix("TYPE_").lower())
    return " ".join(words)


def files() -> list[FileDescriptorProto]:
    """Our files, compiled with their comments."""
    found = FileDescriptorSet()
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "set"
        included = Path(status_pb2.__file__).parents[2], Path(protoc.__file__).parent / "_proto"
        paths = [f"--proto_path={path}" for path in (PROTO, *included)]
        sources = sorted(map(str, PROTO.glob("guard/v1/*.proto")))
        if protoc.main(["protoc", *paths, "--include_source_info", f"--descriptor_set_out={out}", *sources]):
            raise SystemExit("protoc failed")
        found.ParseFromString(out.read_bytes())
    return sorted(found.file, key=lambda file: not file.service)


def reference() -> str:
    """All of docs/api.md. Lines of a table stay together; everything else is apart."""
    text = HEAD
    for line in (line for file in files() for line in Reference(file) if line):
        together = line.startswith("| `") and text.endswith("|\n")
        text += ("" if together else "\n") + line + "\n"
    return text + refusals()


def refusals() -> str:
    """The table of ErrorInfo's reasons, from the errors that they tell of."""
    rows = []
    for error, status in STATUSES.items():
        said = " ".join((error.__doc__ or "").split()).partition(";")[0].rstrip(".")
        rows.append(f"| `{status.reason}` | {status.code.name} | {status.http} | {said} |\n")
    return REFUSALS + "".join(rows)


if __name__ == "__main__":
    print(reference(), end="")
