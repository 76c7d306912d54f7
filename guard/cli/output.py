"""How the command line speaks: results on stdout, every problem in one line on stderr, and an exit code."""

import json
import sys
from collections.abc import Mapping
from typing import Any, NoReturn

from typer.core import TyperGroup

from guard.core.errors import GuardError, InputError

FAILED, MISTAKE = 1, 2
"""Exit codes: something did not work; the user can put it right."""


class OneLineErrors(TyperGroup):
    """The whole command: whatever goes wrong in it becomes one line, never a traceback."""

    def main(self, *args: Any, **extra: Any) -> Any:
        """Runs a command line and leaves with its exit code."""
        try:
            # Typer would print its own errors over several lines
            code = super().main(*args, **extra | {"standalone_mode": False})
        except Exception as error:
            fail(*explained(error))
        sys.exit(code if isinstance(code, int) else 0)


def explained(error: Exception) -> tuple[str, int]:
    """What to say about an exception, and the exit code."""
    if isinstance(error, GuardError):
        return str(error), MISTAKE if isinstance(error, InputError) else FAILED
    if hasattr(error, "format_message"):  # Typer's own, about options and arguments
        return error.format_message(), getattr(error, "exit_code", MISTAKE)
    return f"internal error: {type(error).__name__}: {error}", FAILED


def fail(message: str, code: int) -> NoReturn:
    """Says it in one line, whatever the message holds, and leaves."""
    print(f"guard: {' '.join(message.split())}", file=sys.stderr)
    sys.exit(code)


def warn(message: str) -> None:
    """One line about something that does not end the command."""
    print(f"guard: warning: {message}", file=sys.stderr)


def counted(number: int, what: str) -> str:
    """So many of these, whose plural ends in s."""
    return f"{number} {what}" + ("" if number == 1 else "s")


def emit(facts: Mapping[str, Any]) -> None:
    """One JSON object on one line, at once: the reader may be a pipe."""
    print(json.dumps(facts), flush=True)
