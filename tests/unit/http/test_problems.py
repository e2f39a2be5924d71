"""What an error that nobody expected tells: its kind and its place in the log, and nothing of the request anywhere."""

import httpx
from fastapi import FastAPI
from structlog.testing import capture_logs

from api.http.problems import install_problem_handlers

TYPED = "3273014107050001"


async def test_a_crash_repeats_nothing_that_was_typed() -> None:
    app = FastAPI()

    @app.get("/crash")
    async def crash(typed: str) -> None:
        raise ValueError(f"cannot read {typed}")

    install_problem_handlers(app, app.routes)
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://testserver") as client:
        with capture_logs() as logged:
            answer = await client.get("/crash", params={"typed": TYPED})
    assert (answer.status_code, answer.json()["type"]) == (500, "urn:jaring:problem:internal-error")
    assert answer.headers["content-type"] == "application/problem+json"
    assert TYPED not in answer.text
    (entry,) = logged
    assert (entry["event"], entry["error"]) == ("crashed", "ValueError")
    assert __file__ in entry["place"]
    assert TYPED not in str(entry)
