"""Writes the table of settings in docs/operations.md anew from guard.config: `make docs`."""

from pathlib import Path

from pydantic_core import PydanticUndefined

from guard.config import each_field, variable

PAGE = Path(__file__).parent / "operations.md"
HEAD = "| environment | default | |\n|---|---|---|\n"
COMPUTED = {
    "gallery": "`gallery.sqlite` under the platform's data directory",
    "engine_threads": "the processors, 4 at most",
    "ingest_processes": "the processors less one, 1 at least",
}
"""Defaults that depend on the machine."""


def table() -> str:
    """One row a setting, in the order of the class."""
    rows = []
    for name, field in each_field():
        default = COMPUTED[name] if field.default is PydanticUndefined else field.default
        rows.append(f"| `{variable(name)}` | {default} | {field.description} |\n")
    return HEAD + "".join(rows)


def with_table(page: str) -> str:
    """The page with the table in place of the one that it has."""
    before, _, after = page.partition(HEAD)
    rest = after.splitlines(keepends=True)
    count = next(number for number, line in enumerate(rest) if not line.startswith("|"))
    return before + table() + "".join(rest[count:])


if __name__ == "__main__":
    PAGE.write_text(with_table(PAGE.read_text()))
