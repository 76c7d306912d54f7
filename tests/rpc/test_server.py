"""Health, reflection and the address of the gRPC server."""

import socket
from collections.abc import AsyncIterator

import grpc
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection_pb2, reflection_pb2_grpc

from guard.core.errors import SettingsError
from guard.rpc.server import SERVICES
from tests.service_fakes import Serving, serving

SERVING, NOT_SERVING = health_pb2.HealthCheckResponse.SERVING, health_pb2.HealthCheckResponse.NOT_SERVING


@pytest.fixture
async def guard() -> AsyncIterator[Serving]:
    async with serving() as made:
        yield made


@pytest.fixture
async def channel(guard: Serving) -> AsyncIterator[grpc.aio.Channel]:
    async with grpc.aio.insecure_channel(guard.addresses.grpc) as made:
        yield made


def test_the_services_are_those_of_the_contract() -> None:
    assert SERVICES == (
        "guard.v1.VerificationService",
        "guard.v1.CallService",
        "guard.v1.EnrollmentService",
        "guard.v1.IncidentService",
    )


async def test_every_service_is_serving_until_the_drain(guard: Serving, channel: grpc.aio.Channel) -> None:
    health = health_pb2_grpc.HealthStub(channel)
    for service in ("", *SERVICES):
        assert (await health.Check(health_pb2.HealthCheckRequest(service=service))).status == SERVING
    watching = health.Watch(health_pb2.HealthCheckRequest(service=SERVICES[0]))
    assert (await watching.read()).status == SERVING
    await guard.service.rpc.drain()
    assert (await watching.read()).status == NOT_SERVING
    watching.cancel()


async def test_reflection_lists_what_is_served(channel: grpc.aio.Channel) -> None:
    stub = reflection_pb2_grpc.ServerReflectionStub(channel)
    asked = reflection_pb2.ServerReflectionRequest(list_services="")
    async for answer in stub.ServerReflectionInfo(iter([asked])):
        listed = {service.name for service in answer.list_services_response.service}
        assert {*SERVICES, "grpc.health.v1.Health"} <= listed


@pytest.mark.parametrize("setting", ["grpc_port", "http_port"])
async def test_a_port_in_use_is_one_clear_error(guard: Serving, setting: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        made = Serving(**{setting: port})
        try:
            with pytest.raises(SettingsError) as caught:
                await made.service.start()
        finally:
            await made.service.close()
    assert str(caught.value) == f"{setting}: cannot listen on 127.0.0.1:{port}; is it in use?"
