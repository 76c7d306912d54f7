"""How the command ends: in one line for each mistake."""

import sys
from typing import Any, NoReturn

from typer.core import TyperGroup

from guard.core.errors import GuardError, InputError


class OneLineErrors(TyperGroup):
    """The whole command: whatever goes wrong becomes one line on stderr; exit code 2 if the user can put it right."""

    def main(self, *args: Any, **extra: Any) -> Any:
        """Run a command line and leave with its exit code."""
        try:
            code = super().main(*args, **extra | {"standalone_mode": False})
        except GuardError as error:
            fail(str(error), 2 if isinstance(error, InputError) else 1)
        except Exception as error:
            if not hasattr(error, "format_message"):  # typer's own errors, about options and arguments, have it
                fail(f"internal error: {type(error).__name__}: {error}", 1)
            fail(error.format_message(), 2)
        sys.exit(code if isinstance(code, int) else 0)


def fail(message: str, code: int) -> NoReturn:
    """Say it in one line, whatever the message holds, and leave."""
    print(f"trainer: {' '.join(message.split())}", file=sys.stderr)
    sys.exit(code)
