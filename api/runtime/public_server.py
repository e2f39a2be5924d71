"""The server software of gateway processes, and what it lets one client hold: connections, headers and silence."""

from pathlib import Path

import structlog
from granian.constants import HTTPModes, Interfaces, Loops
from granian.http import HTTP1Settings
from granian.server import MPServer

from api.gateway.connections import places_of
from campaigns.kit.settings import Settings

# Of one request; browsers and proxies stay under 16 kB. What is larger is answered with 431.
MAX_HEADER_BYTES = 65_536
# Connections that wait to be accepted, as far as the kernel allows it (net.core.somaxconn).
BACKLOG = 4096
# Longer than the workers need to store waiting taps (api/runtime).
KILL_SECONDS = 10

log = structlog.get_logger("jaring.serve")


def public_server(settings: Settings) -> MPServer:
    """The server on the public port, with a process for each gateway; not started yet."""
    places = places_of(settings)
    if places < settings.connections:
        log.warning("connections_limited", connections=places)
    return MPServer(
        "api.main:create_gateway",
        factory=True,
        interface=Interfaces.ASGI,
        address=settings.host,
        port=settings.port,
        workers=settings.workers,
        loop=Loops.uvloop,
        http=HTTPModes.http1,
        http1_settings=HTTP1Settings(
            # From the end of an answer, or of the handshake, until the next request's headers are whole; then the
            # connection is closed. So it is the keep-alive time as well.
            header_read_timeout=int(settings.client_silence_seconds * 1000),
            max_buffer_size=MAX_HEADER_BYTES,
        ),
        websockets=False,
        backlog=BACKLOG,
        backpressure=places,
        log_enabled=False,
        respawn_failed_workers=True,
        workers_kill_timeout=KILL_SECONDS,
        working_dir=Path.cwd(),
    )
