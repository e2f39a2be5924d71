"""What the gateway passes on, and when it refuses."""

import asyncio
from ipaddress import ip_network

import pytest
from starlette.types import Message, Receive, Scope, Send

from api.gateway.api_processes import MAX_DOCUMENTS_IN_FLIGHT, MAX_IN_FLIGHT
from api.gateway.headers import CHANGED, MAX_CHANGES, note_change
from tests.gateway.exchange import Exchange, Wired, answering, until


async def test_the_target_arrives_byte_by_byte(wired: Wired) -> None:
    target = b"/v1/a%2Fb//%C3%A9/..;x=1?q=a%20b&c=+&d&e=%zz"
    await Exchange(target=target).through(wired.forwarder)
    (scope,) = wired.upstream.scopes
    assert scope["raw_path"] + b"?" + scope["query_string"] == target


async def test_headers_arrive_but_for_those_of_the_connection(wired: Wired) -> None:
    passed = [
        (b"host", b"s.example"),
        (b"accept", b"text/csv"),
        (b"x-twice", b"one"),
        (b"x-twice", b"two"),
        (b"x-name", "Ibu Sítí".encode()),
    ]
    dropped = [
        (b"connection", b"keep-alive, X-Mine"),
        (b"x-mine", b"1"),
        (b"te", b"trailers"),
        (b"expect", b"100-continue"),
        (b"upgrade", b"h2c"),
        (b"proxy-connection", b"close"),
    ]
    await Exchange(headers=[*passed, *dropped]).through(wired.forwarder)
    (scope,) = wired.upstream.scopes
    assert [header for header in scope["headers"] if header[0] != b"connection"] == passed


async def test_the_client_is_who_the_gateway_says(wired: Wired) -> None:
    forged = [(b"jaring-client", b"198.51.100.1"), (b"jaring-scheme", b"https"), (b"x-forwarded-for", b"192.0.2.1")]
    await Exchange(headers=forged).through(wired.forwarder)
    trusting = wired.forwarder_with(proxies=[ip_network("203.0.113.0/24")])
    proxied = [(b"x-forwarded-for", b"192.0.2.1"), (b"x-forwarded-proto", b"https")]
    await Exchange(headers=proxied).through(trusting)
    seen = [(scope["client"][0], scope["scheme"]) for scope in wired.upstream.scopes]
    assert seen == [("203.0.113.9", "http"), ("192.0.2.1", "https")]
    assert all(not name.startswith(b"jaring-") for scope in wired.upstream.scopes for name, _ in scope["headers"])


@pytest.mark.parametrize("status", [200, 201, 204, 304, 404, 500])
async def test_an_answer_comes_back_as_it_is(wired: Wired, status: int) -> None:
    body = b"" if status in {204, 304} else b"\x00\xff{}"
    wired.upstream.answer = answering(body, (b"etag", b'"1"'), (b"set", b"a"), (b"set", b"b"), status=status)
    exchange = await Exchange().through(wired.forwarder)
    assert (exchange.status, exchange.body) == (status, body)
    assert [value for name, value in exchange.sent[0]["headers"] if name == b"set"] == [b"a", b"b"]
    assert exchange.answer_headers[b"etag"] == b'"1"'
    assert b"transfer-encoding" not in exchange.answer_headers


async def test_head_has_the_length_and_no_body(wired: Wired) -> None:
    wired.upstream.answer = answering(b"", (b"content-length", b"1234"))
    exchange = await Exchange(method="HEAD").through(wired.forwarder)
    assert (exchange.answer_headers[b"content-length"], exchange.body) == (b"1234", b"")


async def test_an_answer_is_passed_on_as_it_comes(wired: Wired) -> None:
    seen = asyncio.Event()

    async def parts(scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"first ", "more_body": True})
        await seen.wait()
        await send({"type": "http.response.body", "body": b"last", "more_body": False})

    wired.upstream.answer = parts
    exchange = Exchange()
    answered = asyncio.create_task(exchange.through(wired.forwarder))
    await until(lambda: len(exchange.sent) > 1)
    assert exchange.body == b"first "
    seen.set()
    assert (await answered).body == b"first last"


async def test_a_client_that_leaves_ends_its_request(wired: Wired) -> None:
    begun, ended = asyncio.Event(), asyncio.Event()

    async def wait(scope: Scope, receive: Receive, send: Send) -> None:
        begun.set()
        while (await receive())["type"] != "http.disconnect":
            pass
        ended.set()

    wired.upstream.answer = wait
    exchange = Exchange()
    answered = asyncio.create_task(exchange.through(wired.forwarder))
    await begun.wait()
    exchange.leave()
    await answered
    await ended.wait()
    assert exchange.sent == []


async def test_changes_are_told_before_the_answer_and_to_nobody_else(wired: Wired) -> None:
    async def change(scope: Scope, receive: Receive, send: Send) -> None:
        for slug in ("bio-1", "bio-2"):
            note_change(slug)
        await answering(b"made")(scope, receive, send)

    wired.upstream.answer = change
    told_at_answer: list[list[str]] = []
    exchange = Exchange(method="POST")

    async def send(message: Message) -> None:
        told_at_answer.append(list(wired.changed))
        exchange.sent.append(message)

    await wired.forwarder(exchange.scope, exchange.incoming.get, send)
    assert told_at_answer[0] == ["bio-1", "bio-2"]
    assert CHANGED not in exchange.answer_headers


@pytest.mark.parametrize("changes", [MAX_CHANGES, MAX_CHANGES + 1])
async def test_more_changes_than_a_header_holds_are_left_to_notifications(wired: Wired, changes: int) -> None:
    slugs = [f"{number:050}" for number in range(changes)]

    async def change(scope: Scope, receive: Receive, send: Send) -> None:
        for slug in slugs:
            note_change(slug)
        await answering(b"changed")(scope, receive, send)

    wired.upstream.answer = change
    exchange = await Exchange(method="POST").through(wired.forwarder)
    assert exchange.body == b"changed"
    assert wired.changed == (slugs if changes == MAX_CHANGES else [])


async def test_a_lane_without_a_process_is_refused(wired: Wired) -> None:
    exchange = await Exchange(target=b"/v1/public/campaigns/x").through(wired.forwarder)
    assert (exchange.status, exchange.body) == (503, b"api-away")
    assert (await Exchange().through(wired.forwarder)).status == 200
    assert not (await wired.processes.state()).answers


async def test_a_full_lane_is_refused_at_once_and_free_again_afterwards(wired: Wired) -> None:
    let_go = asyncio.Event()

    async def wait(scope: Scope, receive: Receive, send: Send) -> None:
        await let_go.wait()
        await answering(b"late")(scope, receive, send)

    wired.upstream.answer = wait
    waiting = [asyncio.create_task(Exchange().through(wired.forwarder)) for _ in range(MAX_IN_FLIGHT)]
    await until(lambda: len(wired.upstream.scopes) == MAX_IN_FLIGHT)
    refused = await Exchange().through(wired.forwarder)
    assert (refused.status, refused.body) == (503, b"api-busy")
    let_go.set()
    assert {exchange.status for exchange in await asyncio.gather(*waiting)} == {200}
    assert (await Exchange().through(wired.forwarder)).status == 200


async def test_readers_of_the_document_leave_places_for_the_api(wired: Wired) -> None:
    let_go = asyncio.Event()

    async def wait(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["path"].startswith("/docs/"):
            await let_go.wait()
        await answering(b"here")(scope, receive, send)

    def read() -> Exchange:
        return Exchange(target=b"/docs/swagger-ui-bundle.js")

    wired.upstream.answer = wait
    reading = [asyncio.create_task(read().through(wired.forwarder)) for _ in range(MAX_DOCUMENTS_IN_FLIGHT)]
    await until(lambda: len(wired.upstream.scopes) == MAX_DOCUMENTS_IN_FLIGHT)
    refused = await read().through(wired.forwarder)
    assert (refused.status, refused.body) == (503, b"api-busy")
    assert (await Exchange(target=b"/v1/units").through(wired.forwarder)).status == 200
    let_go.set()
    assert {exchange.status for exchange in await asyncio.gather(*reading)} == {200}
    assert (await read().through(wired.forwarder)).status == 200


async def test_an_answer_that_breaks_off_is_not_made_to_look_whole(wired: Wired) -> None:
    async def break_off(scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"1000000")]})
        await send({"type": "http.response.body", "body": b"half", "more_body": True})
        raise OSError

    wired.upstream.answer = break_off
    exchange = Exchange()
    with pytest.raises(ConnectionAbortedError):
        await exchange.through(wired.forwarder)
    assert exchange.sent[-1].get("more_body", True)
