"""Baselines for the benchmark of the redirect, on the same server software with the same options.

python -m benchmarks.baselines bare 8101 2            an ASGI function that answers 302 and does nothing else
python -m benchmarks.baselines fastapi 8102 2         a FastAPI route that answers 302 and does nothing else
python -m benchmarks.baselines fastapi_async 8103 2   the same as `async def`, which FastAPI runs without a thread

The last argument is the number of worker processes.
"""

import multiprocessing
import sys
from typing import Any

from fastapi import FastAPI
from fastapi.responses import RedirectResponse
from granian.constants import HTTPModes, Interfaces, Loops
from granian.server import MPServer

# The length of a real destination with UTM and a click token.
DESTINATION = (
    "https://daftar.example/bintara?utm_source=instagram&utm_medium=social&utm_campaign=bintara-jabar&cid=" + "x" * 60
)
_HEADERS = [(b"location", DESTINATION.encode()), (b"cache-control", b"no-store"), (b"content-length", b"0")]


async def bare(scope: Any, _receive: Any, send: Any) -> None:
    if scope["type"] == "http":
        await send({"type": "http.response.start", "status": 302, "headers": _HEADERS})
        await send({"type": "http.response.body", "body": b""})


fastapi = FastAPI(openapi_url=None)
fastapi_async = FastAPI(openapi_url=None)


@fastapi.get("/{slug}")
def redirect(slug: str) -> RedirectResponse:
    return RedirectResponse(DESTINATION, status_code=302, headers={"cache-control": "no-store"})


@fastapi_async.get("/{slug}")
async def redirect_async(slug: str) -> RedirectResponse:
    return RedirectResponse(DESTINATION, status_code=302, headers={"cache-control": "no-store"})


def serve(which: str, port: int, workers: int) -> None:
    multiprocessing.set_start_method("spawn", force=True)
    MPServer(
        f"benchmarks.baselines:{which}",
        interface=Interfaces.ASGINL if which == "bare" else Interfaces.ASGI,
        address="127.0.0.1",
        port=port,
        workers=workers,
        loop=Loops.uvloop,
        http=HTTPModes.http1,
        websockets=False,
        log_enabled=False,
    ).serve()


if __name__ == "__main__":
    serve(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
