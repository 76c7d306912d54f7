"""A PostgreSQL server of the installed binaries, in a folder of its own."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from guard.demo.stage import free_ports


def binaries() -> Path | None:
    """Where initdb and pg_ctl are: on the path, or where Debian puts them; None when they are not installed."""
    if found := shutil.which("initdb"):
        return Path(found).parent
    return next(iter(sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)), None)


@contextmanager
def server(programs: Path) -> Iterator[str]:
    """The URL of an empty database, for as long as the context lasts."""
    # Not under pytest's folder, which the server's user may not enter: it refuses to run as root.
    with tempfile.TemporaryDirectory(prefix="guard-postgres-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        as_user = []
        if os.getuid() == 0:
            shutil.chown(folder, "postgres", "postgres")
            as_user = ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"]

        def run(program: str, *arguments: str) -> None:
            command = [*as_user, str(programs / program), *arguments]
            with (folder.parent / f"{folder.name}.log").open("ab") as log:
                subprocess.run(command, check=True, stdout=log, stderr=log, cwd="/")

        (port,) = free_ports(1)
        data = str(folder / "data")
        run("initdb", "--pgdata", data, "--auth", "trust", "--username", "guard", "--encoding", "UTF8", "--no-sync")
        options = f"-p {port} -c listen_addresses=127.0.0.1 -c unix_socket_directories={folder}"
        run("pg_ctl", "--pgdata", data, "--wait", "--options", options, "--log", str(folder / "server.log"), "start")
        try:
            yield f"postgresql+psycopg://guard@127.0.0.1:{port}/postgres"
        finally:
            run("pg_ctl", "--pgdata", data, "--wait", "--mode", "immediate", "stop")
            (folder.parent / f"{folder.name}.log").unlink()
