"""A running service and its audit log, from start to stop."""

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import grpc
import pytest

from guard.access.caller import Role
from guard.audit.heads import public_key, read_heads
from guard.audit.names import Names
from guard.audit.settings import names_of
from guard.audit.verify import lines_of, verify
from guard.client import GuardClient, LumaFrame, WhepSpec
from tests.access.issuer import Issuer
from tests.service_fakes import HORIZON, moving, serving


async def frames() -> AsyncIterator[LumaFrame]:
    for number in range(HORIZON + 30):
        yield LumaFrame(moving(number), number / 25, full_range=True)


def named(log: Path) -> list[dict[str, Any]]:
    """The lines of the log with the names in them, which do not stand there."""
    assert not any(name in log.read_text() for name in ("Dora", "Berta", "meet-7"))
    return list(Names(names_of(log)).shown(map(json.loads, lines_of(log))))


def facts_of(lines: list[dict[str, Any]], action: str) -> list[dict[str, Any]]:
    return [line["facts"] for line in lines if line["action"] == action]


async def test_it_is_recorded_who_did_what(tmp_path: Path) -> None:
    issuer, log = Issuer(), tmp_path / "audit.jsonl"
    access = {"jwt_keys": issuer.publish(tmp_path / "keys.json")}
    async with serving(audit={"log": log}, access=access) as guard:
        operator = issuer.token(Role.OPERATOR, tenant="default", sub="meet-7")
        async with GuardClient(guard.addresses.grpc, token=operator) as client:
            decisions = [v.decision async for v in client.stream_verify(frames(), participant="seat", claim="Dora")]
        async with GuardClient(guard.addresses.grpc, token=issuer.token(Role.ENROLLER)) as client:
            with pytest.raises(grpc.aio.AioRpcError):
                await client.participants()
        async with aiohttp.ClientSession(guard.addresses.http) as http, http.get("/metrics") as response:
            assert response.status == 401
    assert decisions[-1] == "VERIFIED"
    lines = named(log)
    assert [lines[0]["action"], lines[-1]["action"]] == ["service.started", "service.stopped"]
    (opened,) = (line for line in lines if line["action"] == "stream.opened")
    assert (opened["subject"], opened["tenant"], opened["facts"]["claim"]) == ("meet-7", "default", "Dora")
    assert [facts["after"] for facts in facts_of(lines, "decision.changed")] == ["VERIFIED"]
    assert len(facts_of(lines, "stream.closed")) == 1
    (refused,) = facts_of(lines, "caller.refused")  # one address: the second waits for its minute
    assert refused["method"] == "/guard.v1.CallService/ListParticipants"
    assert refused["address"] == "127.0.0.1"
    heads = read_heads(tmp_path / "audit.jsonl.heads")
    assert heads[-1].sequence == len(lines)
    assert verify(log, heads, public_key(tmp_path / "audit.jsonl.key.pub")).problem is None


async def test_sources_and_claims_are_recorded(tmp_path: Path) -> None:
    log, configured = tmp_path / "audit.jsonl", {"kind": "whep", "name": "lobby", "url": "http://127.0.0.1:1/"}
    async with serving(audit={"log": log}, sources=(configured,)) as guard:
        await guard.service.calls.join(call="", participant="seat", claim="Dora", transport="grpc")
        async with GuardClient(guard.addresses.grpc) as client:
            await client.attach(WhepSpec(name="ada", url="http://127.0.0.1:1/", token="s3cret"))
            await client.detach("ada")
            await client.set_claim("seat", "Berta")
    lines = named(log)
    attached = [(line["subject"], line["facts"]["source"]) for line in lines if line["action"] == "source.attached"]
    assert attached == [("configuration", "lobby"), ("local", "ada")]
    assert facts_of(lines, "source.detached") == [{"source": "ada"}]
    (changed,) = facts_of(lines, "claim.changed")
    assert (changed["claim_before"], changed["claim"]) == ("Dora", "Berta")
    assert "s3cret" not in log.read_text()


async def test_a_log_that_cannot_be_written_is_told_and_streams_go_on(tmp_path: Path) -> None:
    log = tmp_path / "audit.jsonl"
    async with serving(audit={"log": log}) as guard:
        log.unlink(missing_ok=True)
        log.mkdir()
        guard.service.audit.note("something", number=1)
        guard.service.audit.flush(sign=False)
        assert guard.value("guard_audit_failing") == 1
        async with aiohttp.ClientSession(guard.addresses.http) as http, http.get("/readyz") as response:
            assert response.status == 200
            assert "the audit log cannot be written: changes of the gallery are refused" in await response.text()
        async with GuardClient(guard.addresses.grpc) as client:
            verdicts = [v async for v in client.stream_verify(frames(), participant="seat", claim="Dora")]
        assert verdicts[-1].decision == "VERIFIED"
