"""An incident as a page that can be filed: one HTML file with everything in it, or the same facts as JSON."""

import json
from base64 import b64encode
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from functools import partial
from html import escape

from guard.core.items import SEEN_BEFORE, SIZE, Verdict
from guard.incidents.items import Incident
from guard.incidents.pictures import Picture, png
from guard.incidents.plots import Line, Span, band, plot

STYLE = """
body{font:14px/1.45 system-ui,sans-serif;color:#1e293b;max-width:940px;margin:2em auto;padding:0 1em}
h1{font-size:1.4em}h2{font-size:1.05em;margin:1.6em 0 .3em}table{border-collapse:collapse}
th{text-align:left;font-weight:500;color:#64748b;padding:.15em 1.5em .15em 0;vertical-align:top}td{padding:.15em 0}
figure{margin:.6em 0}figcaption{font-size:12px;color:#64748b}svg{width:100%;height:auto;font:11px system-ui,sans-serif}
.frame{fill:#f8fafc;stroke:#e2e8f0}.level{stroke:#94a3b8;stroke-dasharray:4 3}.line{fill:none;stroke-width:1.5}
.now{stroke:#b91c1c;stroke-width:1.2}.end{text-anchor:end}.mid{text-anchor:middle}text{fill:#475569}
.row{display:grid;grid-template-columns:repeat(4,max-content);gap:8px}
.row figure{margin:0}.row figcaption{text-align:center}
@media print{body{margin:0}}
"""
WORDS = {
    "IMPOSTOR_SUSPECTED": "Somebody else is suspected to drive the face",
    "DRIVER_CHANGED": "The driver of the face is suspected to have changed",
    "LOOPED": "Video that this call had shown before was shown again",
    "REPLAYED": "A recording of an earlier call, or of an enrolled clip, was shown",
    "STILL_PICTURE": "A still picture was shown",
}
CAUTION = "A suspicion is a reason to check by other means, and no proof."
UNCHECKED = "none was made: the participant left, or claimed another, before; a mirrored picture looks so, too"
WITHOUT = "The report has no picture, for none is kept."
WITH = "The pictures are some of those that were scored, 128x128 gray."


def document(incident: Incident) -> str:
    """All facts of the incident as JSON."""
    pictures = [{"time": one.time, "png": _base64(one)} for one in incident.pictures]
    grounds = [asdict(one) for one in incident.accused_by]
    facts = {"format": 1, **asdict(incident), "accused_by": grounds, "pictures": pictures}
    return json.dumps(facts, default=datetime.isoformat, ensure_ascii=False, indent=1)


def page(incident: Incident) -> str:
    """The incident as one HTML file: nothing else is loaded, and no script runs."""
    title = WORDS.get(incident.kind, incident.kind)  # what only a newer guard has words for
    rows = "".join(f"<tr><th>{escape(name)}</th><td>{escape(value)}</td></tr>" for name, value in _facts(incident))
    found = "".join(f"<tr><th>{escape(name)}</th><td>{count}</td></tr>" for name, count in _reasons(incident))
    sections = [
        f"<h1>{escape(title)}</h1><p>{CAUTION} {WITH if incident.pictures else WITHOUT}</p><table>{rows}</table>",
        _pictures(incident),
        f"<h2>The minute around it</h2>{''.join(_plots(incident))}",
        f"<h2>Verdicts without a score</h2><table>{found or '<tr><td>none</td></tr>'}</table>",
    ]
    head = f'<meta charset="utf-8"><title>{escape(title)}</title><style>{STYLE}</style>'
    return f'<!doctype html><html lang="en"><head>{head}</head><body>{"".join(sections)}</body></html>\n'


def _pictures(incident: Incident) -> str:
    """The pictures with their times, where there are any."""
    shown = [
        f'<figure><img alt="" width="{SIZE}" height="{SIZE}" src="data:image/png;base64,{_base64(one)}">'
        f"<figcaption>{one.time:.1f} s</figcaption></figure>"
        for one in incident.pictures
    ]
    return f'<h2>What was shown</h2><div class="row">{"".join(shown)}</div>' if shown else ""


def _base64(picture: Picture) -> str:
    return b64encode(png(picture)).decode()


def _facts(incident: Incident) -> list[tuple[str, str]]:
    found = "open: nobody has looked at it"
    if incident.disposed_at is not None:
        found = f"{incident.disposition} by {incident.by}, {incident.disposed_at:%Y-%m-%d %H:%M} UTC"
    policy = ", ".join(f"{name} {value:g}" for name, value in incident.policy.items())
    grounds = "; ".join(map(str, incident.accused_by))
    return [
        ("what", incident.kind),
        *([("accused by", grounds)] if grounds else []),
        *([("mirror check", UNCHECKED)] if incident.unchecked else []),
        ("when", f"{incident.happened_at:%Y-%m-%d %H:%M:%S} UTC, {incident.time:.1f} s into the stream"),
        ("call", incident.call),
        ("participant", incident.participant),
        ("claims to be", incident.claim or "nobody"),
        ("arrives by", incident.transport),
        ("stream opened", f"{incident.opened_at:%Y-%m-%d %H:%M:%S} UTC"),
        ("model", incident.model_id),
        ("policy", policy),
        ("found to be", found),
        ("incident", incident.id),
    ]


def _reasons(incident: Incident) -> list[tuple[str, int]]:
    return Counter(str(one.reason) for one in incident.trace if one.reason is not None).most_common()


def _plots(incident: Incident) -> list[str]:
    trace, moment = incident.trace, incident.time
    span = Span(trace[0].time, trace[-1].time)
    series, summed = partial(_series, trace), partial(_summed, trace)
    verify, suspect = incident.policy.get("verify", 0.0), incident.policy.get("suspect", 0.0)
    change, compared = incident.suspicious_at or 0.0, "template" if incident.claim else "opening of the call"
    return [
        band("Decision", span, [(one.time, str(one.withheld or one.decision)) for one in trace], moment),
        band("What the picture was", span, [(one.time, _seen(one)) for one in trace], moment),
        plot(f"Score: cosine with the {compared}", span, [series("score", "#2563eb", "score", dots=True)], [], moment),
        plot(
            "Log-likelihood ratios, the claimed person over somebody else",
            span,
            [
                series("llr", "#93c5fd", "of a window", dots=True),
                summed("evidence", "llr", "#1d4ed8", "of the call so far"),
            ],
            [("verifies", verify), ("is suspected", suspect)],
            moment,
        ),
        plot(
            "Suspicion of a change of driver",
            span,
            [summed("change", "change_llr", "#b45309", "suspicion")],
            [("is suspected", change)],
            moment,
        ),
        plot("Motion, gray levels", span, [series("motion", "#0f766e", "motion")], [], moment),
        plot("Filler, share of the window", span, [series("filler", "#7c3aed", "filler")], [("all", 1.0)], moment),
    ]


def _series(trace: Sequence[Verdict], name: str, colour: str, label: str, *, dots: bool = False) -> Line:
    return Line(label, colour, [(one.time, getattr(one, name)) for one in trace], dots)


def _summed(trace: Sequence[Verdict], name: str, part: str, colour: str, label: str) -> Line:
    """What starts at 0, which is no measurement until a window has brought its part."""
    values = [(one.time, getattr(one, name), getattr(one, part)) for one in trace]
    return Line(label, colour, [(time, value if value or new is not None else None) for time, value, new in values])


def _seen(verdict: Verdict) -> str:
    return str(verdict.reason) if verdict.reason in SEEN_BEFORE else "live" if verdict.score is not None else "unscored"
