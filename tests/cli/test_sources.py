"""attach, detach and sources, against a service that runs on another thread's loop."""

import asyncio
import json
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import takewhile
from pathlib import Path
from typing import Any

import pytest

from guard.access import credentials
from guard.client_sync import SyncGuardClient
from guard.demo.stage import free_ports
from guard.log import configure
from guard.reopening import Reopened
from guard.sources.specs import JanusSpec
from guard.sources.states import SourceEvent, SourceUpdate
from tests.access.authority import Authority
from tests.cli.conftest import CommandLine
from tests.films import film
from tests.service_fakes import Serving, serving

NOWHERE = "http://127.0.0.1:1/whep"
NEEDED = "--certificate and --key"


@contextmanager
def running(**settings: Any) -> Iterator[Serving]:
    """A service on a loop of another thread."""
    configure("warning")  # what the service logs is not what a command prints
    ready, over = threading.Event(), threading.Event()
    found: list[Serving] = []

    async def serve() -> None:
        async with serving(**settings) as made:
            found.append(made)
            ready.set()
            await asyncio.to_thread(over.wait)

    thread = threading.Thread(target=asyncio.run, args=(serve(),))
    thread.start()
    assert ready.wait(30)
    yield found[0]
    over.set()
    thread.join()


@pytest.fixture
def service(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, guard: CommandLine) -> Iterator[Serving]:
    """A service that the commands reach without being told where."""
    with running(attach={"folders": (tmp_path,)}) as made:
        monkeypatch.setenv("AVATAR_GUARD_SERVICE", made.addresses.grpc)
        yield made


@pytest.mark.slow
@pytest.mark.usefixtures("service")
def test_sources_are_attached_shown_and_detached(guard: CommandLine, tmp_path: Path) -> None:
    said = guard.run("attach", "whep", NOWHERE, "--name", "ada", "--call", "standup", "--claim", "Dora")
    assert (said.exit_code, said.stdout.split()[0]) == (0, "ada"), said.stderr
    (janus,) = guard.objects("attach", "janus", "ws://127.0.0.1:1", "--room", "1234", "--claim-display")
    (video,) = guard.objects("attach", "file", film(tmp_path / "a.mp4", frames=200), "--name", "door")
    assert (janus["kind"], video["kind"]) == ("janus", "file")
    listed = {one["name"]: one for one in guard.objects("sources")}
    assert listed.keys() == {"ada", janus["name"], "door"}
    assert listed["ada"]["call"] == "standup"
    lines = guard.run("sources").stdout.splitlines()
    assert len([line for line in lines if not line.startswith(" ")]) == 3
    for name in listed:
        assert guard.run("detach", name).exit_code == 0
    assert guard.objects("sources") == []


def test_secrets_of_janus_come_from_the_environment(
    guard: CommandLine, service: Serving, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("PIN", "TOKEN", "API_SECRET"):
        monkeypatch.setenv(f"AVATAR_GUARD_JANUS_{name}", f"the {name}")
    said = guard.run("attach", "janus", "ws://127.0.0.1:1", "--room", "1234")
    assert said.exit_code == 0, said.stderr
    (standing,) = service.service.sources.listed("default")
    spec = standing.spec
    assert isinstance(spec, JanusSpec)
    assert [one.get_secret_value() for one in (spec.pin, spec.token, spec.api_secret)] == [
        "the PIN",
        "the TOKEN",
        "the API_SECRET",
    ]


@pytest.mark.usefixtures("service")
def test_changes_of_sources_are_followed(guard: CommandLine, monkeypatch: pytest.MonkeyPatch) -> None:
    guard.run("attach", "whep", NOWHERE, "--name", "ada")
    watch = SyncGuardClient.watch_sources

    def some(client: SyncGuardClient) -> Iterator[SourceUpdate | Reopened]:
        updates = watch(client)
        yield next(updates)
        client.detach("ada")
        yield from takewhile(lambda update: update.event is not SourceEvent.DETACHED, updates)
        yield Reopened()

    monkeypatch.setattr(SyncGuardClient, "watch_sources", some)
    told = guard.run("sources", "--follow", "--json")
    events = [json.loads(line) for line in told.stdout.splitlines()]
    assert (events[0]["event"], events[-1]["event"]) == ("ATTACHED", "CHANGED")
    assert {one["name"] for one in events} == {"ada"}
    assert "ENDED" in [one["state"] for one in events]
    assert "interrupted" in told.stderr


@pytest.mark.slow
@pytest.mark.usefixtures("service")
def test_refusals_are_one_line_and_say_whose_fault_it_is(guard: CommandLine) -> None:
    assert "attach.folders" in guard.refusal("attach", "file", "/etc/hosts")
    assert "use http" in guard.refusal("attach", "whep", "ftp://there/")
    two_claims = ("--room", "1", "--claim", "Ada", "--claim-display")
    assert guard.refusal("attach", "janus", "ws://there", *two_claims) == (
        "guard: source: claim, claim_display and claim_pattern exclude each other: set one of them"
    )
    for blank in ("", " "):
        said = guard.refusal("attach", "janus", "ws://there", "--room", blank)
        assert said.startswith("guard: room: names no room; give its number")
    assert "not attached" in guard.refusal("detach", "nobody", code=1)


def test_no_service_is_said_so(guard: CommandLine) -> None:
    (port,) = free_ports(1)
    assert "guard serve" in guard.refusal("sources", "--service", f"127.0.0.1:{port}", code=1)


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path)


@contextmanager
def secured(authority: Authority) -> Iterator[str]:
    """The address of a service that asks for certificates."""
    certificate, key = authority.signed("server", "guard")
    tls = {"certificate": certificate, "key": key, "client_ca": authority.path}
    with running(tls=tls) as made:
        yield made.addresses.grpc


@pytest.mark.slow
def test_a_service_that_asks_for_certificates_is_reached_with_one(guard: CommandLine, authority: Authority) -> None:
    certificate, key = authority.signed("console", "console", "default", "viewer")
    other = Authority(authority.path.parent, "other")
    with secured(authority) as address:
        ours = ("--ca", authority.path, "--certificate", certificate, "--key", key)
        assert guard.objects("sources", "--service", address, *ours) == []
        said = guard.refusal("sources", "--service", address, code=1)
        assert said == f"guard: {address} closes the connection; a service with TLS needs --ca, and perhaps {NEEDED}"
        assert NEEDED in guard.refusal("sources", "--service", address, "--ca", authority.path, code=1)
        said = guard.refusal("sources", "--service", address, "--ca", other.path, *ours[2:], code=1)
        assert "do not agree on TLS (CERTIFICATE_VERIFY_FAILED); look at --ca" in said
        assert "--key go together" in guard.refusal("sources", "--certificate", certificate)
        assert "--ca: there is no file" in guard.refusal("sources", "--ca", "absent.pem")


def test_a_service_without_tls_is_told_from_one_that_is_not_there(
    guard: CommandLine, service: Serving, authority: Authority
) -> None:
    said = guard.refusal("sources", "--service", service.addresses.grpc, "--ca", authority.path, code=1)
    assert "do not agree on TLS (WRONG_VERSION_NUMBER)" in said
    said = guard.refusal("sources", "--service", "127.0.0.1:1", "--ca", authority.path, code=1)
    assert "no service answers at 127.0.0.1:1; is `guard serve` running?" in said


def test_a_service_that_says_nothing_is_waited_for_until_the_deadline(
    guard: CommandLine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(credentials, "DEADLINE", 0.2)
    with socket.create_server(("127.0.0.1", 0)) as mute:
        address = f"127.0.0.1:{mute.getsockname()[1]}"
        said = guard.refusal("sources", "--service", address, code=1)
    assert said == f"guard: {address} has not answered in time; what was asked may be done all the same"
