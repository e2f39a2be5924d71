"""A forwarder in front of an API process of a few lines, on a real socket."""

import asyncio
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from granian.constants import HTTPModes, Interfaces
from granian.server.embed import Server

from api.gateway.api_processes import open_api_processes
from api.gateway.headers import BehindGatewayMiddleware
from api.lanes import Lane, socket_paths
from campaigns.kit.settings import Settings
from tests.gateway.exchange import Upstream, Wired, forwarder_of, until


@pytest.fixture
async def wired() -> AsyncIterator[Wired]:
    """Staff's API process is there; that of candidates is not."""
    with tempfile.TemporaryDirectory(prefix="jaring-gw-") as folder:
        settings = Settings(api_sockets=Path(folder))
        (path,) = socket_paths(Path(folder), Lane.STAFF, 1)
        upstream, changed = Upstream(), list[str]()
        server = Server(
            BehindGatewayMiddleware(upstream),
            uds=path,
            interface=Interfaces.ASGINL,
            http=HTTPModes.http1,
            websockets=False,
            log_enabled=False,
        )
        serving = asyncio.create_task(server.serve())
        await until(path.exists)
        processes = open_api_processes(settings, link_changed=changed.append)
        closed = list[tuple[str, int]]()
        yield Wired(upstream, processes, forwarder_of(processes, closed=closed), changed, closed)
        await processes.close()
        asyncio.get_running_loop().call_soon(server.stop)
        await serving
