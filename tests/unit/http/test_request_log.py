"""What a line of the log tells of a request: nothing that its sender chose freely."""

from typing import Any

import pytest
from starlette.types import Message
from structlog.testing import capture_logs

from api.http.request_log import RequestLogMiddleware


async def answering(_scope: Any, _receive: Any, send: Any) -> None:
    await send({"type": "http.response.start", "status": 204, "headers": []})
    await send({"type": "http.response.body", "body": b""})


@pytest.mark.parametrize(("method", "told"), [("PATCH", "PATCH"), ("ZQXWVCANARIAN", "other"), ("X" * 5000, "other")])
async def test_only_known_methods_are_named(method: str, told: str) -> None:
    sent: list[Message] = []

    async def send(message: Message) -> None:
        sent.append(message)

    scope = {"type": "http", "method": method, "path": "/081298760123", "query_string": b"nama=Zqxw", "headers": []}
    with capture_logs() as logged:
        await RequestLogMiddleware(answering)(scope, None, send)  # type: ignore[arg-type] # nothing is received
    (line,) = logged
    assert (line["event"], line["method"], line["operation"], line["status"]) == ("request", told, "unmatched", 204)
    assert set(line) == {"event", "log_level", "method", "operation", "status", "milliseconds", "trace_id"}
    assert sent[0]["status"] == 204
