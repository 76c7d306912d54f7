"""How the demo looks: a live table on a terminal, plain lines elsewhere, JSON lines for programs."""

import json
from collections.abc import Iterable
from typing import Protocol

from rich.console import Console, Group
from rich.live import Live
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from guard.core.items import Decision, Verdict
from guard.demo.story import Part, Story

STYLES = {
    Decision.VERIFIED: "bold green",
    Decision.IMPOSTOR_SUSPECTED: "bold white on red",
    Decision.UNCERTAIN: "yellow",
    Decision.COLLECTING: "cyan",
}
BARS = "▁▂▃▄▅▆▇█"
FULL = 2.0
"""Log-likelihood ratio of one window from which a bar is full; as far below zero it is empty."""
COLUMNS = {"who": 8, "claims": 8, "score": 5, "last 3 s": 16, "evidence": 9, "decision": 20, "time": 5}
"""Headings of the table and the least width of each."""
LINES = 10
"""Notes kept under the table: the newest ones."""
FIELDS = ("time", "score", "llr", "evidence", "decision", "reason", "horizon", "cuts", "last_cut")
"""What a JSON line tells of a verdict."""
PLAIN_INTERVAL = 5.0
"""Seconds of stream between two plain lines about a participant whose decision stays."""


class Screen(Protocol):
    """Where the demo shows itself. `note` is a sentence for people, `facts` what a program reads of the same event."""

    def __enter__(self) -> "Screen": ...
    def __exit__(self, *_: object) -> None: ...
    def note(self, event: str, sentence: str, **facts: object) -> None: ...
    def verdict(self, story: Story, name: str, verdict: Verdict, changed: bool) -> None: ...


class LiveScreen:
    """The table on a terminal, redrawn with every event: a thread that redraws would read what is being changed."""

    def __init__(self, console: Console, seed: int) -> None:
        self._seed = seed
        self._story: Story | None = None
        self._notes: list[Text] = []
        self._live = Live(console=console, auto_refresh=False, get_renderable=self.render)

    def __enter__(self) -> "LiveScreen":
        self._live.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._live.stop()

    def note(self, event: str, sentence: str, **facts: object) -> None:
        outcome = "bold green" if facts.get("passed") else "bold red"
        self._notes.append(Text(sentence, style={"summary": outcome, "swap": "yellow"}.get(event, "dim")))
        self._live.refresh()

    def verdict(self, story: Story, name: str, verdict: Verdict, changed: bool) -> None:
        self._story = story
        self._live.refresh()

    def render(self) -> Panel:
        """The whole picture, as it is now."""
        parts = self._story.parts.values() if self._story else ()
        title = f"Avatar Guard · a call on this machine · seed {self._seed}"
        return Panel(Group(table(parts), Text(), *self._notes[-LINES:]), title=title, border_style="blue")


class PlainScreen:
    """Readable lines where there is no terminal, such as a log."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._told: dict[str, float] = {}  # stream time of the last line about each participant

    def __enter__(self) -> "PlainScreen":
        return self

    def __exit__(self, *_: object) -> None: ...

    def note(self, event: str, sentence: str, **facts: object) -> None:
        if event != "decision":  # the line of the verdict itself tells that
            self._console.print(sentence, markup=False, highlight=False, soft_wrap=True)

    def verdict(self, story: Story, name: str, verdict: Verdict, changed: bool) -> None:
        if changed or verdict.time >= self._told.get(name, 0.0) + PLAIN_INTERVAL:
            self._told[name] = verdict.time
            self._console.print(line(name, verdict), markup=False, highlight=False, soft_wrap=True)


class JsonScreen:
    """One JSON object a line."""

    def __init__(self, console: Console) -> None:
        self._console = console

    def __enter__(self) -> "JsonScreen":
        return self

    def __exit__(self, *_: object) -> None: ...

    def note(self, event: str, sentence: str, **facts: object) -> None:
        self._print({"event": event, **facts})

    def verdict(self, story: Story, name: str, verdict: Verdict, changed: bool) -> None:
        facts = {field: getattr(verdict, field) for field in FIELDS}
        self._print({"event": "verdict", "participant": name, **facts, "changed": changed})

    def _print(self, value: dict[str, object]) -> None:
        # soft_wrap: a line stays one line, however narrow the console believes to be
        self._console.print(json.dumps(value), markup=False, highlight=False, soft_wrap=True)


def table(parts: Iterable[Part]) -> Table:
    """One row a participant; 80 columns suffice."""
    view = Table(box=None, pad_edge=False, padding=(0, 1, 0, 0))
    for heading, width in COLUMNS.items():
        view.add_column(heading, header_style="dim", no_wrap=True, min_width=width)
    for part in parts:
        view.add_row(*row(part))
    return view


def row(part: Part) -> list[Text]:
    """The cells of one participant, in the order of COLUMNS."""
    name, latest = part.actor.name, part.latest
    if latest is None:
        return [Text(name, style="bold"), Text(name), *[Text("-")] * 3, Text("connecting", "dim"), Text("-")]
    return [
        Text(name, style="bold"),
        Text(name),
        Text("-" if latest.score is None else f"{latest.score:+.2f}"),
        trend(part.recent) if latest.reason is None else Text(latest.reason, style="dim"),
        Text(f"{latest.evidence:+.1f}", style=colour(latest.evidence)),
        Text(f" {latest.decision} ", style=STYLES.get(latest.decision, "dim")),
        Text(f"{latest.time:.0f} s"),
    ]


def trend(verdicts: Iterable[Verdict]) -> Text:
    """What single windows spoke for, as bars: half full is neither. A dot where nothing was measured."""
    return Text.assemble(*((bar(verdict.llr), colour(verdict.llr)) for verdict in verdicts))


def bar(llr: float | None) -> str:
    """One character for a log-likelihood ratio."""
    if llr is None:
        return "·"
    return BARS[min(max(int((llr + FULL) / (2 * FULL) * len(BARS)), 0), len(BARS) - 1)]


def colour(llr: float | None) -> str:
    """Green speaks for the claimed person, red against, and what speaks for neither stays grey."""
    return "green" if (llr or 0.0) > 0 else "red" if (llr or 0.0) < 0 else "dim"


def line(name: str, verdict: Verdict) -> str:
    """One verdict as a line of fixed columns."""
    score = f"score {verdict.score:+.2f}" if verdict.score is not None else f"no score: {verdict.reason}"
    return f"{verdict.time:6.1f} s  {name:<8} {verdict.decision:<18} evidence {verdict.evidence:+6.1f}  {score}"
