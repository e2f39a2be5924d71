"""One API process: `python -m api.cli.api_process LANE SOCKET`, started by `jaring serve` and ended with it.

It serves the API on a Unix domain socket in a folder that only this account can enter.
"""

import asyncio
import os
import signal
import sys
from pathlib import Path

import uvloop
from granian.constants import HTTPModes, Interfaces
from granian.server.embed import Server

from api.lanes import NICENESS, Lane
from api.logs.configuration import configure_logging
from api.main import create_api_process
from campaigns.kit.settings import Settings

# The socket is made with mode 0600, and whatever else this process may write is nobody else's either.
PRIVATE = 0o177
BACKLOG = 1024


def main(lane: Lane, path: Path) -> int:
    """Serve until SIGTERM; the exit code."""
    os.umask(PRIVATE)
    os.nice(NICENESS[lane])
    settings = Settings()
    configure_logging(settings.log_level)
    # A killed process leaves its socket behind.
    path.unlink(missing_ok=True)
    server = Server(
        create_api_process(settings, lane),
        uds=path,
        interface=Interfaces.ASGI,
        http=HTTPModes.http1,
        websockets=False,
        log_enabled=False,
        backlog=BACKLOG,
    )
    return uvloop.run(_serve(server))


async def _serve(server: Server) -> int:
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, server.stop)
    await server.serve()
    # Without a signal, the server ended because the application could not start.
    return 0 if server.interrupt_signal else 1


if __name__ == "__main__":
    sys.exit(main(Lane(sys.argv[1]), Path(sys.argv[2])))
