import json
import re
from dataclasses import replace
from datetime import UTC, datetime
from html.parser import HTMLParser

import pytest

from guard.core.items import Decision, Reason
from guard.incidents.items import Disposition, packed, unpacked
from guard.incidents.plots import Span, band
from guard.incidents.report import document, page
from guard.rpc.incidentmessages import incident_item
from guard.v1 import incidents_pb2
from tests.incidents.people import incident

NOW = datetime(2026, 11, 27, 9, 30, tzinfo=UTC)


class Balanced(HTMLParser):
    """Notes every element, and fails when one is closed that is not open."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append(tag)
        assert not {name for name, _ in attrs} & {"src", "href", "onload", "onclick"}
        if tag not in ("meta", "br"):
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def test_the_page_is_whole_loads_nothing_and_runs_nothing() -> None:
    parser = Balanced()
    parser.feed(page(incident()))
    assert parser.open == []
    assert not {"script", "img", "link", "iframe", "image"} & set(parser.seen)
    assert parser.seen.count("svg") == 7


def test_it_says_what_happened_to_whom_by_which_model_and_policy_and_escapes_names() -> None:
    said = page(incident().disposed(Disposition.FALSE, "Grace", NOW))
    for words in ("Somebody else is suspected", "seat &lt;1&gt;", "Dora", "verify 4, suspect -4", ">fake<", "20.0 s"):
        assert words in said
    assert "seat <1>" not in said
    assert "FALSE by Grace, 2026-11-27 09:30 UTC" in said
    assert "nobody has looked at it" in page(incident())


def test_an_accusation_of_a_newer_guard_is_reported_by_its_number() -> None:
    told = incidents_pb2.Incident(id="a", accusation=99, verdicts=[{"decision": 99, "reason": 98}] * 2)
    told.opened_at.GetCurrentTime()
    told.happened_at.GetCurrentTime()
    assert "<h1>UNKNOWN_99</h1>" in page(incident_item(told))


def test_bands_show_each_state_once_and_dots_only_what_was_measured() -> None:
    said = page(incident())
    assert len(re.findall(r">VERIFIED</text>", said)) == 1
    assert len(re.findall(r">REPLAYED</text>", said)) == 1
    score = said[said.index("Score: cosine") :]
    assert score[: score.index("</figure>")].count("<circle") == 180


def panel(said: str, title: str) -> str:
    """One plot of the page."""
    found = said[said.index(title) :]
    return found[: found.index("</figure>")]


@pytest.mark.parametrize(
    ("first", "last", "told"),
    [
        (0.0, 30.0, ["0 s", "5 s", "10 s", "15 s", "20 s", "25 s", "30 s"]),
        (13.2, 93.2, ["20 s", "30 s", "40 s", "50 s", "60 s", "70 s", "80 s", "90 s"]),
        (0.2, 1.6, ["0.2 s", "0.4 s", "0.6 s", "0.8 s", "1 s", "1.2 s", "1.4 s", "1.6 s"]),
        (3600.0, 7200.0, [f"{time} s" for time in range(4000, 7200, 500)]),
        (0.12, 0.12, ["0.12 s"]),
    ],
)
def test_ticks_are_round_times_where_they_say(first: float, last: float, told: list[str]) -> None:
    span = Span(first, last)
    said = band("", span, [], first)
    drawn = re.findall(r'<text x="([\d.]+)" y="[\d.]+" class="(?:mid|end)">([\d.]+ s)</text>', said)
    assert [said for _, said in drawn] == told
    for x, said in drawn:
        assert float(x) == pytest.approx(span.x(float(said.removesuffix(" s"))), abs=0.05)


def test_nothing_is_drawn_of_evidence_and_suspicion_before_a_window_was_scored() -> None:
    whole = incident()
    unscored = [
        replace(one, score=None, llr=None, evidence=0.0, reason=Reason.TOO_FEW_FRAMES) for one in whole.trace[:50]
    ]
    scored = [replace(one, change_llr=0.5, change=0.0) for one in whole.trace[50:]]
    said = page(replace(whole, trace=(*unscored, *scored)))
    for title, colour in (("Log-likelihood ratios", "#1d4ed8"), ("Suspicion of a change", "#b45309")):
        (path,) = re.findall(rf'<path d="([^"]*)" stroke="{colour}"', panel(said, title))
        assert path.startswith(f"M{Span(whole.trace[0].time, whole.trace[-1].time).x(whole.trace[50].time):.1f} ")
        assert path.count("M") == 1


POLICY = {"suspect": -4.0, "change": 10.25, "continuity": 7.5}


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"evidence": -4.5}, ["evidence of -4.50 at a threshold of -4"]),
        ({"evidence": 1.0, "change": 10.5}, ["suspicion of a change of driver of 10.50 at a threshold of 10.25"]),
        (
            {"evidence": -4.5, "change": 10.5},
            [
                "evidence of -4.50 at a threshold of -4",
                "suspicion of a change of driver of 10.50 at a threshold of 10.25",
            ],
        ),
    ],
)
def test_it_says_what_accused(changes: dict[str, float], told: list[str]) -> None:
    trace = [replace(one, **changes) if one.time >= 20.0 else one for one in incident().trace]  # type: ignore[arg-type]
    accused = replace(incident(), policy=POLICY, trace=tuple(trace))
    assert f"<th>accused by</th><td>{'; '.join(told)}</td>" in page(accused)
    grounds = json.loads(document(accused))["accused_by"]
    assert [f"{one['name']} of {one['value']:.2f}" for one in grounds] == [one.split(" at ")[0] for one in told]


def test_an_accusation_that_waited_is_by_what_asked_for_it_then() -> None:
    trace = list(incident().trace)
    for number in range(90, 99):  # the suspicion reached its threshold and fell while the mirror was looked at
        trace[number] = replace(trace[number], change=10.5 if number == 90 else 6.0, mirror_check_pending=True)
    trace[99:] = [replace(one, evidence=1.0, change=6.0) for one in trace[99:]]
    (ground,) = replace(incident(), policy=POLICY, trace=tuple(trace)).accused_by
    assert (ground.name, ground.value) == ("suspicion of a change of driver", 10.5)


def test_an_accusation_that_was_never_told_says_so_and_what_asked_for_it() -> None:
    trace = [replace(one, decision=Decision.UNCERTAIN) for one in incident().trace if one.time <= 20.4]
    for number in range(99, len(trace)):
        trace[number] = replace(trace[number], evidence=-4.5, mirror_check_pending=True)
    made = replace(incident(), policy=POLICY, trace=tuple(trace))
    assert [(one.name, one.value) for one in made.accused_by] == [("evidence", -4.5)]
    assert "<th>mirror check</th><td>none was made: " in page(made)
    assert "mirror check" not in page(incident())


def test_who_claims_nobody_is_accused_by_the_threshold_of_continuity() -> None:
    trace = [
        replace(one, decision=Decision.DRIVER_CHANGED, evidence=0.0, llr=None, change=8.0) if one.time >= 20.0 else one
        for one in incident().trace
    ]
    accused = replace(incident(claim=""), kind="DRIVER_CHANGED", policy=POLICY, trace=tuple(trace))
    assert [(one.value, one.threshold) for one in accused.accused_by] == [(8.0, 7.5)]
    said = page(accused)
    assert accused.accused_by[0].name in said
    assert "Score: cosine with the opening of the call" in said
    assert "nothing was measured" not in panel(said, "Suspicion of a change")


def test_a_plot_without_a_value_says_so_and_levels_are_told_as_they_are() -> None:
    said = page(replace(incident(), policy=POLICY))
    assert "nothing was measured" in panel(said, "Suspicion of a change")
    assert ">10.25</text>" in panel(said, "Suspicion of a change")
    assert "nothing was measured" not in panel(said, "Motion")


def test_a_recording_accuses_nobody() -> None:
    assert replace(incident(), kind="REPLAYED").accused_by == ()
    assert "accused by" not in page(replace(incident(), kind="REPLAYED"))


def test_the_document_has_the_same_facts() -> None:
    facts = json.loads(document(incident()))
    assert (facts["format"], facts["kind"], facts["disposition"], len(facts["trace"])) == (
        1,
        "IMPOSTOR_SUSPECTED",
        "OPEN",
        200,
    )
    assert not {"embedding", "pixels"} & facts["trace"][0].keys()


def test_what_is_packed_comes_back() -> None:
    assert unpacked(packed(incident())) == incident()
