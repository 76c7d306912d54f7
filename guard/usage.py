"""What a process and its children have used, as Linux tells it."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

TICKS = os.sysconf("SC_CLK_TCK")
PAGE = os.sysconf("SC_PAGE_SIZE")


@dataclass(frozen=True, slots=True)
class Usage:
    """Processor seconds since the start, `children` those of descendants among them, and resident memory in MiB."""

    cpu: float
    children: float
    rss: float


def used(pid: int) -> Usage:
    """By the process `pid` and all that descend from it and still run. What is shared counts once for each."""
    fields = {one: stat(one) for one in family(pid)}
    cpu = {one: (int(of[11]) + int(of[12])) / TICKS for one, of in fields.items()}
    rss = sum(int(of[21]) * PAGE / 2**20 for of in fields.values())
    return Usage(sum(cpu.values()), sum(cpu.values()) - cpu[pid], rss)


def family(pid: int) -> Iterator[int]:
    """The process and its descendants."""
    yield pid
    for task in Path(f"/proc/{pid}/task").iterdir():
        for child in (task / "children").read_text().split():
            yield from family(int(child))


def stat(pid: int) -> list[str]:
    """The fields of /proc/PID/stat behind the name of the program, which may hold anything."""
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
