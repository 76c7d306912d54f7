"""HTTP requests and the door: what strangers are told, and whose a WHIP session is."""

from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest

from guard.access.caller import Role
from guard.peers.loopback import allow_loopback
from tests.access.issuer import Issuer, bearer
from tests.peers.senders import SDP, offer
from tests.service_fakes import Serving, serving


@pytest.fixture
def issuer() -> Issuer:
    return Issuer()


@pytest.fixture
async def guard(issuer: Issuer, tmp_path: Path) -> AsyncIterator[Serving]:
    async with serving(access={"jwt_keys": issuer.publish(tmp_path / "keys.json")}) as made:
        yield made


@pytest.fixture
async def http(guard: Serving) -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession(guard.addresses.http) as session:
        yield session


async def test_a_stranger_is_asked_for_a_token_and_a_known_caller_for_a_role(
    http: aiohttp.ClientSession, issuer: Issuer
) -> None:
    async with http.get("/v1/participants") as response:
        assert (response.status, response.headers["WWW-Authenticate"]) == (401, 'Bearer realm="avatar-guard"')
        assert await response.text() == "authorization: is missing; send a bearer token\n"
    async with http.get("/v1/participants", headers=bearer(issuer.token(Role.ENROLLER))) as response:
        assert response.status == 403
        assert 'error="insufficient_scope"' in response.headers["WWW-Authenticate"]


async def test_a_viewer_reads_and_does_not_publish(http: aiohttp.ClientSession, issuer: Issuer) -> None:
    viewer = bearer(issuer.token(Role.VIEWER))
    for path in ("/v1/participants", "/metrics"):
        async with http.get(path, headers=viewer) as response:
            assert response.status == 200
        async with http.head(path, headers=viewer) as response:
            assert response.status == 200
        async with http.head(path) as response:
            assert response.status == 401
    async with http.post("/whip", data="v=0", headers=SDP | viewer) as response:
        assert response.status == 403


async def test_a_token_in_an_address_counts_for_nothing(http: aiohttp.ClientSession, issuer: Issuer) -> None:
    async with http.get(f"/v1/participants?access_token={issuer.token(Role.ADMIN)}") as response:
        assert response.status == 401


async def test_strangers_do_not_learn_what_there_is(http: aiohttp.ClientSession, issuer: Issuer) -> None:
    for method, path in (("GET", "/nothing"), ("PUT", "/whip")):
        async with http.request(method, path) as response:
            assert response.status == 401
    async with http.get("/nothing", headers=bearer(issuer.token())) as response:
        assert response.status == 404
    async with http.put("/whip", headers=bearer(issuer.token())) as response:
        assert response.status == 405


async def test_a_page_elsewhere_can_read_that_it_needs_a_token(http: aiohttp.ClientSession) -> None:
    async with http.post("/whip", data="v=0", headers=SDP) as response:
        assert response.status == 401
        assert response.headers["Access-Control-Allow-Origin"] == "*"
        assert "WWW-Authenticate" in response.headers["Access-Control-Expose-Headers"]


@pytest.mark.slow
async def test_too_many_streams_are_told_when_to_come_back(issuer: Issuer, tmp_path: Path) -> None:
    access = {"jwt_keys": issuer.publish(tmp_path / "keys.json")}
    operator = SDP | bearer(issuer.token(Role.OPERATOR))
    async with (
        serving(access=access, limits={"address_per_minute": 1}) as guard,
        aiohttp.ClientSession(guard.addresses.http) as http,
    ):
        async with http.post("/whip", data="no offer", headers=operator) as response:
            assert response.status == 400
        async with http.post("/whip", data="no offer", headers=operator) as response:
            after = response.headers["Retry-After"]
            assert (response.status, 1 <= int(after) <= 60) == (429, True)
            assert await response.text() == f"too many connections from one address; try again in {after} s\n"


@pytest.mark.slow
async def test_a_session_belongs_to_the_tenant_that_opened_it(
    guard: Serving, http: aiohttp.ClientSession, issuer: Issuer
) -> None:
    allow_loopback(always=True)
    ours, theirs = bearer(issuer.token(Role.OPERATOR)), bearer(issuer.token(Role.OPERATOR, tenant="rival"))
    async with http.post("/whip?participant=seat", data=await offer("video"), headers=SDP | ours) as response:
        assert response.status == 201
        session = response.headers["Location"]
    async with http.delete(session, headers=theirs) as response:
        assert (response.status, await response.text()) == (404, "there is no such session\n")
    assert [one.tenant for one in guard.service.calls.participants(tenant="acme")] == ["acme"]
    async with http.delete(session, headers=ours) as response:
        assert response.status == 200
