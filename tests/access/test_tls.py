"""TLS and client certificates on both ports of a running service."""

import ssl
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import grpc
import pytest
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, Encoding, PrivateFormat

from guard.access.caller import Role
from guard.access.credentials import ClientTls
from guard.access.settings import TlsSettings
from guard.access.tls import Tls, tls_of
from guard.client import GuardClient
from guard.core.errors import SettingsError
from tests.access.authority import Authority
from tests.access.issuer import Issuer
from tests.service_fakes import Serving, serving


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path)


@pytest.fixture
def settings(authority: Authority) -> TlsSettings:
    certificate, key = authority.signed("server", "guard")
    return TlsSettings(certificate=certificate, key=key)


def trusting(authority: Authority, client: tuple[Path, Path] | None = None) -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=authority.path)
    if client:
        context.load_cert_chain(*client)
    return context


async def get(guard: Serving, path: str, context: ssl.SSLContext) -> int:
    async with aiohttp.ClientSession() as http, http.get(guard.addresses.http + path, ssl=context) as response:
        return response.status


async def test_both_ports_speak_tls(authority: Authority, settings: TlsSettings, tmp_path: Path) -> None:
    issuer = Issuer()
    access = {"jwt_keys": issuer.publish(tmp_path / "keys.json")}
    async with serving(tls=settings, access=access) as guard:
        assert guard.addresses.http.startswith("https://127.0.0.1:")
        assert await get(guard, "/readyz", trusting(authority)) == 200
        with pytest.raises(aiohttp.ClientConnectorCertificateError):
            await get(guard, "/readyz", ssl.create_default_context())
        trusted = ClientTls(ca=authority.path)
        async with GuardClient(guard.addresses.grpc, token=issuer.token(Role.VIEWER), tls=trusted) as client:
            assert await client.participants() == []
        async with GuardClient(guard.addresses.grpc) as client:
            assert await refusal(client) is grpc.StatusCode.UNAVAILABLE


async def refusal(client: GuardClient) -> grpc.StatusCode:
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await client.participants()
    return caught.value.code()


@pytest.fixture
async def mutual(authority: Authority, settings: TlsSettings) -> AsyncIterator[Serving]:
    async with serving(tls=settings.model_copy(update={"client_ca": authority.path})) as made:
        yield made


async def test_a_certificate_stands_for_a_token_where_none_is_asked_for(authority: Authority, mutual: Serving) -> None:
    viewer = authority.signed("viewer", "console", "acme", "viewer", "gardeners")
    assert await get(mutual, "/v1/participants", trusting(authority, viewer)) == 200
    enroller = authority.signed("enroller", "desk", "acme", "enroller")
    assert await get(mutual, "/v1/participants", trusting(authority, enroller)) == 403
    nobody = authority.signed("nobody", "stranger")
    assert await get(mutual, "/v1/participants", trusting(authority, nobody)) == 401
    for client, expected in ((enroller, "PERMISSION_DENIED"), (nobody, "UNAUTHENTICATED")):
        async with GuardClient(mutual.addresses.grpc, tls=ClientTls(authority.path, *client)) as made:
            assert (await refusal(made)).name == expected
    async with GuardClient(mutual.addresses.grpc, tls=ClientTls(authority.path, *viewer)) as made:
        assert await made.participants() == []


async def test_without_a_certificate_of_the_authority_there_is_no_connection(
    authority: Authority, mutual: Serving, tmp_path: Path
) -> None:
    forged = Authority(tmp_path, "another").signed("forged", "console", "acme", "admin")
    for client in (None, forged):
        with pytest.raises((aiohttp.ClientError, ConnectionError)):
            await get(mutual, "/healthz", trusting(authority, client))
        own = client or (None, None)
        async with GuardClient(mutual.addresses.grpc, tls=ClientTls(authority.path, *own)) as made:
            assert await refusal(made) is grpc.StatusCode.UNAVAILABLE


async def test_where_tokens_are_asked_for_a_certificate_alone_does_not_do(
    authority: Authority, settings: TlsSettings, tmp_path: Path
) -> None:
    issuer, admin = Issuer(), authority.signed("admin", "desk", "acme", "admin")
    access = {"jwt_keys": issuer.publish(tmp_path / "keys.json")}
    async with serving(tls=settings.model_copy(update={"client_ca": authority.path}), access=access) as guard:
        tls = ClientTls(authority.path, *admin)
        async with GuardClient(guard.addresses.grpc, tls=tls) as made:
            assert await refusal(made) is grpc.StatusCode.UNAUTHENTICATED
        async with GuardClient(guard.addresses.grpc, tls=tls, token=issuer.token(Role.ENROLLER)) as made:
            assert await refusal(made) is grpc.StatusCode.PERMISSION_DENIED


async def test_a_renewed_certificate_is_shown_without_a_restart(
    authority: Authority, settings: TlsSettings, tmp_path: Path
) -> None:
    async with serving(tls=settings) as guard:
        assert await get(guard, "/healthz", trusting(authority)) == 200
        renewed = Authority(tmp_path, "renewed")
        renewed.signed("server", "guard")
        assert await get(guard, "/healthz", trusting(renewed)) == 200
        async with GuardClient(guard.addresses.grpc, tls=ClientTls(ca=renewed.path)) as client:
            assert await client.participants() == []


def test_a_renewal_that_is_half_done_leaves_the_former_certificate(authority: Authority, settings: TlsSettings) -> None:
    tls = Tls(settings)
    before = tls._refreshed()
    authority.signed("other", "guard")[1].rename(tls.key)  # the key of another certificate
    assert tls._refreshed() is before


@pytest.mark.parametrize("missing", ["certificate", "key"])
def test_certificate_and_key_go_together(settings: TlsSettings, missing: str) -> None:
    with pytest.raises(SettingsError, match=rf"^tls\.{missing}: is missing"):
        tls_of(settings.model_copy(update={missing: None}))


def test_files_that_cannot_be_used(authority: Authority, settings: TlsSettings, tmp_path: Path) -> None:
    assert tls_of(TlsSettings()) is None
    absent, junk = tmp_path / "absent", tmp_path / "junk"
    junk.write_text("nothing")
    for name in ("certificate", "key", "client_ca"):
        for path in (absent, junk):
            with pytest.raises(SettingsError, match=r"^tls\."):
                tls_of(settings.model_copy(update={name: path}))
    with pytest.raises(SettingsError, match="cannot be used with"):
        tls_of(settings.model_copy(update={"key": authority.signed("other", "guard")[1]}))


def test_an_encrypted_key_is_an_error_and_no_question(settings: TlsSettings) -> None:
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    assert settings.key is not None
    key = load_pem_private_key(settings.key.read_bytes(), None)
    settings.key.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"secret")))
    with pytest.raises(SettingsError, match="the key is encrypted"):
        tls_of(settings)
