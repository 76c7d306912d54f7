"""Commands that make a running service attach to calls, and show what it is attached to."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from guard.cli.options import JsonOption
from guard.cli.output import emit, warn
from guard.cli.reaching import (
    SERVICE,
    CaOption,
    CertificateOption,
    KeyOption,
    Reach,
    ServiceOption,
    TokenOption,
    client,
)

if TYPE_CHECKING:
    from guard.sources.states import Standing

NameOption = Annotated[str, typer.Option("--name", help="Names the source.", show_default="drawn at random")]
CALL = "Call of its participants."
CallOption = Annotated[str, typer.Option("--call", help=CALL, show_default="default")]
RoomCallOption = Annotated[str, typer.Option("--call", help=CALL, show_default="the source's name")]
ClaimOption = Annotated[str, typer.Option("--claim", help="The enrolled name that they claim.", show_default="nobody")]
MirroredOption = Annotated[bool, typer.Option("--mirrored", help="Pictures are mirrored, as in a self-view.")]
ParticipantOption = Annotated[
    str, typer.Option("--participant", help="Who is seen there.", show_default="the source's name")
]
# Other users of this machine see a command's options, but not its environment.
WhepTokenOption = Annotated[
    str, typer.Option(envvar="AVATAR_GUARD_WHEP_TOKEN", help="Bearer token for the endpoint.", show_default="none")
]
PinOption = Annotated[str, typer.Option(envvar="AVATAR_GUARD_JANUS_PIN", help="The room's pin.", show_default="none")]
JanusTokenOption = Annotated[
    str, typer.Option(envvar="AVATAR_GUARD_JANUS_TOKEN", help="Janus's token.", show_default="none")
]
ApiSecretOption = Annotated[
    str, typer.Option(envvar="AVATAR_GUARD_JANUS_API_SECRET", help="Janus's API secret.", show_default="none")
]


def attach_file(
    url: Annotated[str, typer.Argument(metavar="PATH|URL", help="A file, or an RTSP, RTMP or HLS address.")],
    name: NameOption = "",
    call: CallOption = "",
    participant: ParticipantOption = "",
    claim: ClaimOption = "",
    mirrored: MirroredOption = False,
    service: ServiceOption = SERVICE,
    token: TokenOption = None,
    ca: CaOption = None,
    certificate: CertificateOption = None,
    key: KeyOption = None,
    json_: JsonOption = False,
) -> None:
    """Let the service read a video file, in real time, or a live stream; it must lie where attach.folders allows."""
    local = "://" not in url
    where = str(Path(url).absolute()) if local else url  # the service's working directory is another
    facts = {"name": name, "call": call, "claim": claim, "participant": participant, "mirrored": mirrored}
    attach({"kind": "file", "url": where, **facts}, (service, token, ca, certificate, key), json_)


def attach_whep(
    url: Annotated[str, typer.Argument(metavar="URL", help="A WHEP endpoint.")],
    name: NameOption = "",
    call: CallOption = "",
    participant: ParticipantOption = "",
    claim: ClaimOption = "",
    whep_token: WhepTokenOption = "",
    mirrored: MirroredOption = False,
    service: ServiceOption = SERVICE,
    token: TokenOption = None,
    ca: CaOption = None,
    certificate: CertificateOption = None,
    key: KeyOption = None,
    json_: JsonOption = False,
) -> None:
    """Let the service play a stream from a WHEP endpoint."""
    facts = {"name": name, "call": call, "claim": claim, "participant": participant, "mirrored": mirrored}
    attach({"kind": "whep", "url": url, "token": whep_token, **facts}, (service, token, ca, certificate, key), json_)


def attach_janus(
    url: Annotated[str, typer.Argument(metavar="URL", help="Janus's WebSocket, ws:// or wss://.")],
    room: Annotated[str, typer.Option(help="The room: a number, or a text where Janus has such rooms.")],
    name: NameOption = "",
    call: RoomCallOption = "",
    display: Annotated[str, typer.Option(help="Name under which the guard is seen.")] = "Avatar Guard",
    claim: ClaimOption = "",
    claim_display: Annotated[bool, typer.Option("--claim-display", help="All claim their display names.")] = False,
    claim_pattern: Annotated[str, typer.Option(help="As '{name} (ACME)'.", show_default="none")] = "",
    pin: PinOption = "",
    janus_token: JanusTokenOption = "",
    api_secret: ApiSecretOption = "",
    substream: Annotated[
        int | None,
        typer.Option(min=0, max=2, help="Simulcast layer, 0 the smallest.", show_default="lowest that shows the face"),
    ] = None,
    mirrored: MirroredOption = False,
    service: ServiceOption = SERVICE,
    token: TokenOption = None,
    ca: CaOption = None,
    certificate: CertificateOption = None,
    key: KeyOption = None,
    json_: JsonOption = False,
) -> None:
    """Let the service join a room of Janus's VideoRoom, seen by all, and watch whoever publishes."""
    rules = {"claim": claim, "claim_display": claim_display, "claim_pattern": claim_pattern}
    secrets = {"pin": pin, "token": janus_token, "api_secret": api_secret}
    facts = {"name": name, "call": call, "display": display, "substream": substream, "mirrored": mirrored}
    number = int(room) if room.isascii() and room.isdigit() else room
    described = {"kind": "janus", "url": url, "room": number, **secrets, **facts, **rules}
    attach(described, (service, token, ca, certificate, key), json_)


def attach(facts: dict[str, object], reach: Reach, json_: bool) -> None:
    """Attach what the facts describe, and say under which name."""
    from guard.rpc.sources import spec_of

    spec = spec_of(facts)
    with client(*reach) as guard:
        standing = guard.attach(spec)
    if json_:
        emit(facts_of(standing))
    else:
        print(f"{standing.spec.name} is attached; `guard sources` shows where it stands")


def detach(
    name: Annotated[str, typer.Argument(metavar="NAME", help="The source's name.")],
    service: ServiceOption = SERVICE,
    token: TokenOption = None,
    ca: CaOption = None,
    certificate: CertificateOption = None,
    key: KeyOption = None,
) -> None:
    """End a source and its participants."""
    with client(service, token, ca, certificate, key) as guard:
        guard.detach(name)
    print(f"{name} is detached")


def show(
    follow: Annotated[
        bool, typer.Option("--follow", help="Go on, and tell every change, until the service stops or Ctrl-C.")
    ] = False,
    service: ServiceOption = SERVICE,
    token: TokenOption = None,
    ca: CaOption = None,
    certificate: CertificateOption = None,
    key: KeyOption = None,
    json_: JsonOption = False,
) -> None:
    """Show what the service is attached to, and where each source and participant stands."""
    from guard.reopening import Reopened

    with client(service, token, ca, certificate, key) as guard:
        if not follow:
            for standing in guard.sources():
                tell(standing, json_)
            return
        for update in guard.watch_sources():
            if isinstance(update, Reopened):
                warn("the watch was interrupted; what happened meanwhile is missing")
            else:
                tell(update.standing, json_, update.event)


def tell(standing: "Standing", json_: bool, event: str = "") -> None:
    """One source, or what has happened to it."""
    if json_:
        emit(({"event": event} if event else {}) | facts_of(standing))
        return
    gone = event if event == "DETACHED" else None
    print(line_of(standing.spec.name, gone or standing.state, standing.reason, standing.detail), flush=True)
    for one in standing.participants:
        print("  " + line_of(one.participant, one.state, one.reason, one.detail), flush=True)


def line_of(name: str, *facts: str | None) -> str:
    """One line for people."""
    return "  ".join([f"{name:20}", *(fact for fact in facts if fact)])


def facts_of(standing: "Standing") -> dict[str, object]:
    """What is printed of a source as JSON."""
    spec = standing.spec
    return {
        "name": spec.name,
        "kind": spec.kind,
        "call": spec.call or "default",
        "state": standing.state,
        "reason": standing.reason,
        "detail": standing.detail,
        "attempts": standing.attempts,
        "attached_at": standing.attached_at.isoformat(),
        "changed_at": standing.changed_at.isoformat(),
        "participants": [
            {"participant": one.participant, "state": one.state, "reason": one.reason, "detail": one.detail}
            for one in standing.participants
        ],
    }
