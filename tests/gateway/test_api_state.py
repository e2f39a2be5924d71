"""What a gateway finds out about the API for its own probe."""

import asyncio
import tempfile
from pathlib import Path

from aiohttp import web

from api.gateway.api_processes import open_api_processes
from api.lanes import Lane, socket_paths
from campaigns.kit.settings import Settings


async def test_all_processes_are_asked_at_once() -> None:
    """Each answers only when all have been asked."""
    asked = asyncio.Barrier(len(Lane))

    async def ready(_request: web.Request) -> web.Response:
        await asked.wait()
        return web.json_response({"loops": []})

    app = web.Application()
    app.router.add_get("/readyz", ready)
    runner = web.AppRunner(app)
    await runner.setup()
    with tempfile.TemporaryDirectory(prefix="jaring-gw-") as folder:
        for lane in Lane:
            await web.UnixSite(runner, socket_paths(Path(folder), lane, 1)[0]).start()
        processes = open_api_processes(Settings(api_sockets=Path(folder)), link_changed=lambda _slug: None)
        assert (await processes.state()).answers
        await processes.close()
        await runner.cleanup()
