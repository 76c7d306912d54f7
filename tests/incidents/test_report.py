import json
import re
from datetime import UTC, datetime
from html.parser import HTMLParser

from guard.incidents.items import Disposition, packed, unpacked
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
