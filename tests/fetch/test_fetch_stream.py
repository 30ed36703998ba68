"""An answer that goes on: opened by the rules of every request, read piece by piece, and never in another's way."""

import asyncio

import pytest

from monitor.errors import Failure, FeedError
from monitor.fetch import Fetcher
from tests.fetch.conftest import Make, Received, Site, limits, reply

pytestmark = pytest.mark.anyio

HEAD = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n"


def chunk(data: bytes) -> bytes:
    return f"{len(data):x}\r\n".encode() + data + b"\r\n"


async def endless(_: Received, writer: asyncio.StreamWriter) -> None:
    writer.write(HEAD + chunk(b"1\r\n"))
    await writer.drain()
    await asyncio.Event().wait()


async def cut(_: Received, writer: asyncio.StreamWriter) -> None:
    writer.write(HEAD + chunk(b"1\r\n2"))
    await writer.drain()
    raise ConnectionResetError


async def ended(_: Received, writer: asyncio.StreamWriter) -> None:
    for piece in (b"1\r\n", b"2\r\n", b""):
        writer.write((HEAD if piece == b"1\r\n" else b"") + chunk(piece))
        await writer.drain()


async def test_pieces_come_as_they_are_sent_until_the_other_side_ends(site: Site, fetcher: Fetcher) -> None:
    site.answers = [ended]
    async with fetcher.stream(site.get(), limits(), 5) as flow:
        assert b"".join([piece async for piece in flow.pieces]) == b"1\r\n2\r\n"
    assert site.received[0].headers["accept-encoding"] == "identity"


async def test_a_host_is_free_for_others_while_its_stream_goes_on(site: Site, fetcher: Fetcher) -> None:
    site.answers = [endless, reply(b"another")]
    async with fetcher.stream(site.get("/push"), limits(), 5) as flow:
        assert await anext(flow.pieces) == b"1\r\n"
        assert (await fetcher(site.get("/poll"), limits())).content == b"another"
    assert site.connections == 2


@pytest.mark.parametrize(("script", "says"), [(cut, "broke off"), (endless, "silent for 0.1 s")])
async def test_a_cut_and_a_silence_are_told_after_what_came(
    site: Site, fetcher: Fetcher, script: object, says: str
) -> None:
    site.answers = [script]  # type: ignore[list-item]
    async with fetcher.stream(site.get(), limits(), 0.1) as flow:
        assert (await anext(flow.pieces)).startswith(b"1")
        with pytest.raises(FeedError, match=says) as caught:
            await anext(flow.pieces)
    assert caught.value.failure is Failure.TRANSIENT


async def test_a_refusal_is_read_to_its_end_and_has_no_pieces(site: Site, fetcher: Fetcher) -> None:
    site.answers = [reply(b"no", 403)]
    async with fetcher.stream(site.get(), limits(), 5) as flow:
        assert (flow.response.status_code, flow.response.content) == (403, b"no")
        assert [piece async for piece in flow.pieces] == []


async def test_a_private_address_is_refused_for_a_stream_as_for_any_request(site: Site, fetcher: Fetcher) -> None:
    with pytest.raises(FeedError) as caught:
        async with fetcher.stream(site.get(), limits(allow_private=frozenset()), 5):
            pass
    assert caught.value.failure is Failure.REFUSED
    assert site.received == []


async def test_an_encoding_that_was_not_asked_for_is_refused(site: Site, fetcher: Fetcher) -> None:
    site.answers = [reply(b"x", content_encoding="gzip")]
    async with fetcher.stream(site.get(), limits(), 5) as flow:
        with pytest.raises(FeedError) as caught:
            await anext(flow.pieces)
    assert caught.value.failure is Failure.SCHEMA_DRIFT


async def test_no_connection_is_an_outage_that_the_host_is_counted_for(site: Site, make: Make) -> None:
    site.answers = [b""]
    fetcher = make()
    for _ in range(5):
        with pytest.raises(FeedError, match="broke off"):
            async with fetcher.stream(site.get(), limits(), 5):
                pass
    with pytest.raises(FeedError, match="left alone"):
        async with fetcher.stream(site.get(), limits(), 5):
            pass
