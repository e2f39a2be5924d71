"""A client that sends or reads slowly holds nothing of the API, and not its connection for ever."""

import asyncio

import pytest
from starlette.types import Message, Receive, Scope, Send

from api.gateway.bodies import MAX_PER_NETWORK
from api.gateway.forwarder import WHOLE_ANSWER_BYTES
from tests.gateway.exchange import Exchange, Wired, answering, until

CHUNKED = (b"transfer-encoding", b"chunked")


def upload(size: int = 9) -> Exchange:
    return Exchange(method="POST", headers=[(b"content-length", str(size).encode())])


async def echo(scope: Scope, receive: Receive, send: Send) -> None:
    received, more = b"", True
    while more:
        message = await receive()
        received += message["body"]
        more = message["more_body"]
    await answering(received)(scope, receive, send)


@pytest.mark.parametrize("header", [CHUNKED, (b"content-length", b"10")])
async def test_the_api_gets_a_request_when_its_body_is_whole(wired: Wired, header: tuple[bytes, bytes]) -> None:
    wired.upstream.answer = echo
    exchange = Exchange(method="POST", headers=[header])
    exchange.upload(b"first ", more=True)
    answered = asyncio.create_task(exchange.through(wired.forwarder))
    await until(exchange.incoming.empty)
    await Exchange().through(wired.forwarder)
    assert [scope["method"] for scope in wired.upstream.scopes] == ["GET"]
    exchange.upload(b"last")
    assert (await answered).body == b"first last"
    assert dict(wired.upstream.scopes[1]["headers"])[b"content-length"] == b"10"


@pytest.mark.parametrize("parts", [0, 3])
async def test_a_body_that_stops_is_refused(wired: Wired, parts: int) -> None:
    exchange = upload()
    for _ in range(parts):
        exchange.upload(b"x", more=True)
    await exchange.through(wired.forwarder_with(silence_seconds=0.01))
    assert (exchange.status, exchange.body) == (408, b"body-too-slow")
    assert wired.upstream.scopes == []


async def test_a_body_that_never_stops_is_refused(wired: Wired) -> None:
    exchange = upload(60_000)

    async def one_byte() -> Message:
        await asyncio.sleep(0.02)
        return {"type": "http.request", "body": b"x", "more_body": True}

    await wired.forwarder_with(silence_seconds=0.1)(exchange.scope, one_byte, exchange.send)
    assert (exchange.status, exchange.body) == (408, b"body-too-slow")


async def test_a_body_that_is_too_large_is_not_read(wired: Wired) -> None:
    exchange = upload(1001)
    exchange.upload(b"x", more=True)
    await exchange.through(wired.forwarder_with(most_bytes=1000))
    assert (exchange.status, exchange.incoming.qsize()) == (413, 1)


async def test_a_body_that_becomes_too_large_is_refused(wired: Wired) -> None:
    exchange = Exchange(method="POST", headers=[CHUNKED])
    for _ in range(3):
        exchange.upload(b"x" * 400, more=True)
    await exchange.through(wired.forwarder_with(most_bytes=1000))
    assert (exchange.status, wired.upstream.scopes) == (413, [])
    as_large = Exchange(method="POST", headers=[CHUNKED])
    as_large.upload(b"x" * 1000)
    await as_large.through(wired.forwarder_with(most_bytes=1000))
    assert as_large.status == 200


async def test_a_client_that_leaves_during_its_body_is_forgotten(wired: Wired) -> None:
    exchange = upload()
    exchange.upload(b"some", more=True)
    exchange.leave()
    await exchange.through(wired.forwarder)
    assert (exchange.sent, wired.upstream.scopes) == ([], [])


async def test_one_network_sends_so_many_bodies_at_a_time(wired: Wired) -> None:
    slow = [upload() for _ in range(MAX_PER_NETWORK)]
    waiting = [asyncio.create_task(exchange.through(wired.forwarder)) for exchange in slow]
    await asyncio.sleep(0)
    refused = await upload().through(wired.forwarder)
    assert (refused.status, refused.body) == (429, b"too-many-requests")
    other = upload()
    other.peer = "203.0.113.10"
    other.upload(b"012345678")
    assert (await other.through(wired.forwarder)).status == 200
    # What has no body is not counted.
    assert (await Exchange().through(wired.forwarder)).status == 200
    for exchange in slow:
        exchange.upload(b"012345678")
    assert {exchange.status for exchange in await asyncio.gather(*waiting)} <= {200, 503}
    again = upload()
    again.upload(b"012345678")
    assert (await again.through(wired.forwarder)).status == 200


async def test_all_bodies_together_have_a_size(wired: Wired) -> None:
    forwarder = wired.forwarder_with(held_bytes=1000)
    large = upload()
    large.upload(b"x" * 900, more=True)
    reading = asyncio.create_task(large.through(forwarder))
    await until(large.incoming.empty)
    second = upload()
    second.upload(b"x" * 101)
    assert ((await second.through(forwarder)).status, second.body) == (503, b"api-busy")
    large.upload(b"")
    assert (await reading).status == 200
    third = upload()
    third.upload(b"x" * 1000)
    assert (await third.through(forwarder)).status == 200


class SlowReader(Exchange):
    """Its connection takes the beginning of an answer and so many parts."""

    def __init__(self, parts: int) -> None:
        super().__init__()
        self.room = 1 + parts

    async def send(self, message: Message) -> None:
        if len(self.sent) == self.room:
            await asyncio.Event().wait()
        self.sent.append(message)


@pytest.mark.parametrize("size", [0, 1, WHOLE_ANSWER_BYTES])
async def test_who_reads_slowly_holds_no_place_for_an_answer_of_usual_size(wired: Wired, size: int) -> None:
    wired.upstream.answer = answering(b"x" * size, (b"content-length", str(size).encode()))
    readers = [SlowReader(0) for _ in range(65)]
    reading = [asyncio.create_task(reader.through(wired.forwarder)) for reader in readers]
    await until(lambda: all(reader.sent for reader in readers))
    # There were places for 64.
    exchange = await Exchange().through(wired.forwarder)
    assert (exchange.status, exchange.body) == (200, b"x" * size)
    for task in reading:
        task.cancel()
    await asyncio.wait(reading)


async def test_who_does_not_read_a_long_answer_is_cut_off(wired: Wired) -> None:
    ended = asyncio.Event()

    async def endless(scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        sending = asyncio.create_task(_send_for_ever(send))
        while (await receive())["type"] != "http.disconnect":
            pass
        sending.cancel()
        ended.set()

    wired.upstream.answer = endless
    reader = SlowReader(2)
    await reader.through(wired.forwarder_with(silence_seconds=0.01))
    assert wired.closed == [(reader.peer, 50_000)]
    await ended.wait()
    assert len(reader.sent) == 3


async def _send_for_ever(send: Send) -> None:
    while True:
        await send({"type": "http.response.body", "body": b"x" * 65_536, "more_body": True})


async def test_an_api_process_that_ends_before_a_whole_answer_is_away(wired: Wired) -> None:
    async def break_off(scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"100")]})
        await send({"type": "http.response.body", "body": b"half", "more_body": True})
        raise OSError

    wired.upstream.answer = break_off
    exchange = await Exchange().through(wired.forwarder)
    assert (exchange.status, exchange.body) == (503, b"api-away")
