"""The gRPC server: all services, health and reflection on one address."""

import grpc
from grpc_health.v1 import health, health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection

from guard.access.door import Door
from guard.access.interceptor import Interceptor
from guard.core.errors import SettingsError
from guard.rpc.calls import CallService
from guard.rpc.enrollment import EnrollmentService
from guard.rpc.incidents import IncidentService
from guard.rpc.pictures import LARGEST_MESSAGE
from guard.rpc.verification import VerificationService
from guard.v1 import (
    calls_pb2,
    calls_pb2_grpc,
    enrollment_pb2,
    enrollment_pb2_grpc,
    incidents_pb2,
    incidents_pb2_grpc,
    verification_pb2,
    verification_pb2_grpc,
)

SERVICES = (
    verification_pb2.DESCRIPTOR.services_by_name["VerificationService"].full_name,
    calls_pb2.DESCRIPTOR.services_by_name["CallService"].full_name,
    enrollment_pb2.DESCRIPTOR.services_by_name["EnrollmentService"].full_name,
    incidents_pb2.DESCRIPTOR.services_by_name["IncidentService"].full_name,
)
OPTIONS = (
    ("grpc.so_reuseport", 0),  # a port in use is an error, not a second server that takes half the calls
    ("grpc.max_receive_message_length", LARGEST_MESSAGE),
    ("grpc.keepalive_time_ms", 20_000),  # a caller that vanished is noticed within half a minute
    ("grpc.keepalive_timeout_ms", 10_000),
    ("grpc.http2.ping_timeout_ms", 10_000),  # of those of busy connections, which bar keepalive's; 60 s by default
    ("grpc.http2.min_ping_interval_without_data_ms", 5_000),
)


class RpcServer:
    """Listens from `start` to `stop`; `drain` tells health checkers first."""

    def __init__(
        self,
        door: Door,
        verification: VerificationService,
        calls: CallService,
        enrollment: EnrollmentService,
        incidents: IncidentService,
    ) -> None:
        self._server = grpc.aio.server(options=OPTIONS, interceptors=[Interceptor(door)])
        self._health = health.aio.HealthServicer()
        verification_pb2_grpc.add_VerificationServiceServicer_to_server(verification, self._server)
        calls_pb2_grpc.add_CallServiceServicer_to_server(calls, self._server)
        enrollment_pb2_grpc.add_EnrollmentServiceServicer_to_server(enrollment, self._server)
        incidents_pb2_grpc.add_IncidentServiceServicer_to_server(incidents, self._server)
        health_pb2_grpc.add_HealthServicer_to_server(self._health, self._server)
        reflection.enable_server_reflection((*SERVICES, health.SERVICE_NAME, reflection.SERVICE_NAME), self._server)

    async def start(self, host: str, port: int, tls: grpc.ServerCredentials | None = None) -> int:
        """Listen; returns the port, which is a free one when `port` is 0. SettingsError when it is taken."""
        address = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
        try:
            added = self._server.add_secure_port(address, tls) if tls else self._server.add_insecure_port(address)
        except RuntimeError:
            raise SettingsError("grpc_port", f"cannot listen on {host}:{port}", "is it in use?") from None
        await self._server.start()
        for service in ("", *SERVICES):
            await self._health.set(service, health_pb2.HealthCheckResponse.SERVING)
        return int(added)

    async def drain(self) -> None:
        """Report NOT_SERVING from now on."""
        await self._health.enter_graceful_shutdown()

    async def stop(self, grace: float) -> None:
        """Take no new calls, give those that run `grace` seconds, and close."""
        await self._server.stop(grace)
