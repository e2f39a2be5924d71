"""Probes and metrics have one spelling, so that a proxy's rule for the path as it was sent holds."""

from typing import Any
from urllib.parse import unquote

import pytest
from starlette.types import Receive, Scope, Send

from api.gateway.app import PROBES, Gateway


async def passed_on(path: str) -> dict[str, str]:
    """Who answers a path, with the path that it is answered for."""
    answered: dict[str, str] = {}

    def answering(name: str) -> Any:
        async def app(scope: Scope, _receive: Receive, _send: Send) -> None:
            answered[name] = scope["path"]

        return app

    gateway = Gateway(answering("probes"))
    gateway.redirect, gateway.forward = answering("redirect"), answering("forward")
    scope = {"type": "http", "method": "GET", "path": unquote(path), "raw_path": path.encode()}
    await gateway(scope, None, None)  # type: ignore[arg-type] # not used by the applications above
    return answered


@pytest.mark.parametrize("path", sorted(PROBES))
async def test_a_probe_is_answered_at_its_path(path: str) -> None:
    assert await passed_on(path) == {"probes": path}


@pytest.mark.parametrize("path", ["/%6detrics", "/metric%73", "/%6Cive%7a", "/read%79z"])
async def test_another_spelling_of_it_is_no_probe(path: str) -> None:
    assert await passed_on(path) == {"probes": path}
    assert path not in PROBES
