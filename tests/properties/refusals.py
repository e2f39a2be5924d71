"""Rules for every response of the API, after any input: no 5xx, and errors are valid problem documents."""

import httpx


def check_answer(answer: httpx.Response) -> None:
    """Fail for a 5xx, and for a refusal that is no problem document whose pointers lead somewhere (RFC 9457)."""
    assert answer.status_code < 500, answer.text
    if answer.status_code < 400:
        return
    assert answer.headers["content-type"] == "application/problem+json"
    problem = answer.json()
    assert problem["type"].startswith("urn:jaring:problem:")
    assert problem["status"] == answer.status_code
    for error in problem["errors"]:
        assert error["pointer"] == "" or error["pointer"].startswith(("/", "parameter:"))
        assert error["code"]
        assert error["detail"]
