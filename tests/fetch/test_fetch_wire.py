"""One exchange: caps, bombs, addresses, proxies, certificates, and what is never said aloud."""

import asyncio
import gzip
import logging
import tracemalloc
import zlib
from collections.abc import Awaitable, Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import httpx
import pytest
import structlog
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.address import public
from monitor.body import NoAnswer, body_of
from monitor.errors import Failure, FeedError
from monitor.fetch import Fetcher, quiet_loggers
from monitor.ports import Limits
from monitor.wire import place

pytestmark = pytest.mark.anyio

LimitsOf = Callable[..., Limits]
Reply = Callable[..., bytes]
Site = Any
Make = Callable[..., Fetcher]
OpenSite = Callable[..., Awaitable[Site]]

MIB = 1024 * 1024


async def failing(fetch: Fetcher, request: httpx.Request, limits: Limits) -> FeedError:
    with pytest.raises(FeedError) as caught:
        await fetch(request, limits)
    return caught.value


def bomb(size: int) -> bytes:
    squeeze = zlib.compressobj(9, zlib.DEFLATED, zlib.MAX_WBITS | 16)
    zeros = bytes(MIB)
    return b"".join([squeeze.compress(zeros) for _ in range(size // MIB)] + [squeeze.flush()])


async def test_a_gzip_body_arrives_inflated_and_says_so(
    fetcher: Fetcher, site: Site, limits: LimitsOf, reply: Reply
) -> None:
    text = "星禾的新杯子漏水。" * 10_000
    site.answers = [reply(gzip.compress(text.encode()), content_encoding="gzip", content_type="text/plain")]
    response = await fetcher(site.get(), limits())
    assert response.text == text
    assert "content-encoding" not in response.headers
    assert response.headers["content-length"] == str(len(text.encode()))


async def test_a_bomb_costs_no_more_than_the_cap(fetcher: Fetcher, site: Site, limits: LimitsOf, reply: Reply) -> None:
    site.answers = [reply(bomb(512 * MIB), content_encoding="gzip")]
    tracemalloc.start()
    error = await failing(fetcher, site.get("/bomb?token=x"), limits(body=5 * MIB))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert error.failure is Failure.TOO_LARGE
    assert "/bomb answers with a body of more than 5120 KiB when inflated" in error.problem
    assert peak < 14 * MIB  # the body under its cap while it grows, and the 0.5 MB that the site itself holds
    site.answers = [reply()]
    assert (await fetcher(site.get(), limits())).text == "ok"


async def test_a_body_over_the_wire_cap_is_not_read(
    fetcher: Fetcher, site: Site, limits: LimitsOf, reply: Reply
) -> None:
    async def endless(_: Any, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n")
        while True:
            writer.write(b"1000\r\n" + bytes(4096) + b"\r\n")
            await writer.drain()

    site.answers = [endless]
    error = await failing(fetcher, site.get(), limits(wire=100_000, body=400_000))
    assert (error.failure, "on the wire" in error.problem) == (Failure.TOO_LARGE, True)


async def test_a_declared_length_over_the_cap_is_believed(fetcher: Fetcher, site: Site, limits: LimitsOf) -> None:
    site.answers = [b"HTTP/1.1 200 OK\r\ncontent-length: 99999999\r\n\r\n"]
    assert (await failing(fetcher, site.get(), limits())).failure is Failure.TOO_LARGE


async def test_a_plain_body_is_held_to_the_body_cap_too(
    fetcher: Fetcher, site: Site, limits: LimitsOf, reply: Reply
) -> None:
    site.answers = [reply(bytes(2000))]
    assert (await failing(fetcher, site.get(), limits(body=1999))).failure is Failure.TOO_LARGE
    assert len((await fetcher(site.get(), limits(body=2000))).content) == 2000


async def test_half_a_gzip_body_is_not_an_answer(fetcher: Fetcher, site: Site, limits: LimitsOf, reply: Reply) -> None:
    whole = gzip.compress(b'{"items": []}' * 1000)
    for broken in (whole[:-9], whole[:-20] + bytes(20), b"<html>not gzip</html>", whole + b"rest"):
        site.answers = [reply(broken, content_encoding="gzip")]
        error = await failing(fetcher, httpx.Request("POST", site.url), limits())
        assert error.failure is Failure.TRANSIENT
        site.answers = [reply()]
        await fetcher(site.get(), limits())


async def test_several_gzip_members_are_one_body_but_thousands_are_an_attack(
    fetcher: Fetcher, site: Site, limits: LimitsOf, reply: Reply
) -> None:
    site.answers = [reply(gzip.compress(b"one ") + gzip.compress(b"two"), content_encoding="gzip")]
    assert (await fetcher(site.get(), limits())).content == b"one two"
    site.answers = [reply(gzip.compress(b"") * 5000, content_encoding="gzip")]
    assert "damaged" in str(await failing(fetcher, site.get(), limits()))


async def test_an_encoding_nobody_asked_for_is_drift(
    fetcher: Fetcher, site: Site, limits: LimitsOf, reply: Reply
) -> None:
    site.answers = [reply(b"\x0b\x02\x80", content_encoding="br")]
    assert (await failing(fetcher, site.get(), limits())).failure is Failure.SCHEMA_DRIFT


async def test_an_empty_304_may_call_itself_gzip(fetcher: Fetcher, site: Site, limits: LimitsOf) -> None:
    site.answers = [b"HTTP/1.1 304 Not Modified\r\ncontent-encoding: gzip\r\netag: x\r\n\r\n"]
    response = await fetcher(site.get(), limits())
    assert (response.status_code, response.content, response.headers["etag"]) == (304, b"", "x")


@settings(max_examples=60)
@given(body=st.binary(max_size=3000), size=st.integers(1, 500), cap=st.integers(0, 4000), cut=st.integers(0, 30))
async def test_whatever_way_it_is_chopped_a_body_is_whole_or_refused(
    body: bytes, size: int, cap: int, cut: int
) -> None:
    packed = gzip.compress(body)
    packed = packed[: len(packed) - cut]

    async def chunks() -> Any:
        for start in range(0, len(packed), size):
            yield packed[start : start + size]

    headers = httpx.Headers({"content-encoding": "gzip"})
    try:
        got = await body_of(chunks(), headers, Limits(feed="x", body=cap), "x")
    except (FeedError, NoAnswer) as error:
        assert (isinstance(error, FeedError) and len(body) > cap) or cut  # noqa: PT017 (either error, or none, is right)
    else:
        assert len(got) <= cap
        assert got == body or len(packed) == 0


async def test_a_connection_is_kept_for_the_next_request(fetcher: Fetcher, site: Site, limits: LimitsOf) -> None:
    for _ in range(3):
        await fetcher(site.get(), limits())
    assert site.connections == 1


async def test_feeds_with_other_permissions_never_share_a_connection(
    fetcher: Fetcher, site: Site, limits: LimitsOf
) -> None:
    await fetcher(site.get(), limits(feed="allowed"))
    error = await failing(fetcher, site.get(), limits(feed="other", allow_private=frozenset()))
    assert error.failure is Failure.REFUSED


# ── addresses ───────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "10.0.0.5",
        "172.16.9.9",
        "192.168.1.1",
        "169.254.169.254",
        "100.64.0.1",
        "100.100.100.200",
        "0.0.0.0",  # noqa: S104 (nobody listens here)
        "224.0.0.1",
        "240.0.0.1",
        "255.255.255.255",
        "::1",
        "::",
        "fe80::1",
        "fe80::1%1",
        "fc00::1",
        "fec0::1",
        "ff02::1",
        "::ffff:127.0.0.1",
        "::ffff:10.0.0.1",
        "::127.0.0.1",
        "64:ff9b::7f00:1",
        "64:ff9b:1::1",
        "2002:7f00:1::",
        "2001:0:1::1",
        "2001:db8::1",
    ],
)
def test_an_address_inside_is_not_public(address: str) -> None:
    assert not public(address)


@pytest.mark.parametrize("address", ["1.1.1.1", "36.51.254.1", "2400:3200::1", "2606:4700::1111", "::ffff:1.1.1.1"])
def test_an_address_outside_is_public(address: str) -> None:
    assert public(address)


async def test_a_private_address_is_refused_with_the_key_to_set(
    fetcher: Fetcher, site: Site, limits: LimitsOf, clock: Any
) -> None:
    error = await failing(fetcher, site.get(), limits(allow_private=frozenset()))
    assert error.failure is Failure.REFUSED
    assert 'allow_private = ["127.0.0.1"]' in str(error)
    assert site.connections == 0
    assert clock.slept == []


@pytest.mark.parametrize("host", ["2130706433", "0x7f.1", "127.1", "localhost"])
async def test_other_spellings_of_loopback_are_refused_too(fetcher: Fetcher, limits: LimitsOf, host: str) -> None:
    error = await failing(fetcher, httpx.Request("GET", f"http://{host}:1/"), limits(allow_private=frozenset()))
    assert error.failure is Failure.REFUSED


@pytest.mark.parametrize("allowed", ["site.test", "SITE.test", "127.0.0.1", "127.0.0.0/8"])
async def test_what_the_operator_wrote_is_allowed(make: Make, site: Site, limits: LimitsOf, allowed: str) -> None:
    async def resolve(host: str, port: int) -> Sequence[str]:
        return ["127.0.0.1"]

    request = httpx.Request("GET", site.url.replace("127.0.0.1", "site.test"))
    response = await make(resolve=resolve)(request, limits(allow_private=frozenset({allowed})))
    assert response.text == "ok"


async def test_a_name_is_resolved_once_and_every_address_counts(make: Make, site: Site, limits: LimitsOf) -> None:
    asked: list[str] = []

    async def rebinding(host: str, port: int) -> Sequence[str]:
        asked.append(host)
        return ["1.1.1.1", "127.0.0.1"]

    request = httpx.Request("GET", "http://site.test/")
    error = await failing(make(resolve=rebinding), request, limits(allow_private=frozenset()))
    assert error.failure is Failure.REFUSED
    assert "site.test is at the private address 127.0.0.1" in error.problem
    assert asked == ["site.test"]


async def test_the_next_address_is_tried_when_one_does_not_listen(make: Make, site: Site, limits: LimitsOf) -> None:
    async def resolve(host: str, port: int) -> Sequence[str]:
        return ["127.0.0.2", "127.0.0.1"]

    request = httpx.Request("GET", site.url.replace("127.0.0.1", "site.test"))
    assert (await make(resolve=resolve)(request, limits(allow_private=frozenset({"site.test"})))).text == "ok"


async def test_a_name_without_an_address_is_transient(make: Make, limits: LimitsOf) -> None:
    async def resolve(host: str, port: int) -> Sequence[str]:
        raise OSError("no such name")

    error = await failing(make(resolve=resolve), httpx.Request("GET", "http://site.test/"), limits())
    assert (error.failure, "the name has no address" in error.problem) == (Failure.TRANSIENT, True)


# ── proxies and certificates ────────────────────────────────────────────────────────────────────────────────────────


async def test_a_proxy_is_asked_for_its_destination_only(
    fetcher: Fetcher, site: Site, open_site: OpenSite, limits: LimitsOf
) -> None:
    proxy = await open_site()
    through = limits(feed="far", proxy=proxy.url.replace("//", "//me:secret@"), allow_private=frozenset())
    await fetcher(httpx.Request("GET", "http://far.example/feed"), through)
    (received,) = proxy.received
    assert received.target == "http://far.example/feed"
    assert received.headers["proxy-authorization"] == "Basic bWU6c2VjcmV0"
    await fetcher(site.get(), limits())
    assert len(proxy.received) == len(site.received) == 1


async def test_a_proxy_is_no_way_in(fetcher: Fetcher, open_site: OpenSite, limits: LimitsOf) -> None:
    proxy = await open_site()
    inside = httpx.Request("GET", "http://169.254.169.254/latest")
    error = await failing(fetcher, inside, limits(proxy=proxy.url, allow_private=frozenset()))
    assert error.failure is Failure.REFUSED
    assert proxy.received == []


async def test_a_proxy_that_wants_other_credentials_is_misconfigured(
    fetcher: Fetcher, open_site: OpenSite, limits: LimitsOf, reply: Reply
) -> None:
    proxy = await open_site()
    proxy.answers = [reply(status=407)]
    for url in ("http://far.example/", "https://far.example/"):
        error = await failing(fetcher, httpx.Request("GET", url), limits(proxy=proxy.url))
        assert error.failure is Failure.MISCONFIGURED


@pytest.mark.parametrize("text", ["socks5://me:canary@h:1", "canary", "http://", "http://me:canary@h:port"])
async def test_a_proxy_that_is_none_is_misconfigured(fetcher: Fetcher, limits: LimitsOf, text: str) -> None:
    error = await failing(fetcher, httpx.Request("GET", "http://far.example/"), limits(proxy=text))
    assert error.failure is Failure.MISCONFIGURED
    assert "canary" not in str(error)


async def test_an_unknown_certificate_is_refused_until_ca_file_names_it(
    fetcher: Fetcher, open_site: OpenSite, limits: LimitsOf
) -> None:
    site = await open_site(tls=True)
    error = await failing(fetcher, site.get(), limits())
    assert error.failure is Failure.MISCONFIGURED
    assert "ca_file" in str(error)
    assert site.received == []
    authority = str(Path(__file__).with_name("site.pem"))
    assert (await fetcher(site.get(), limits(ca_file=authority))).text == "ok"


async def test_a_certificate_must_be_for_the_name_asked_not_for_the_address(
    make: Make, open_site: OpenSite, limits: LimitsOf
) -> None:
    async def resolve(host: str, port: int) -> Sequence[str]:
        return ["127.0.0.1"]

    site, fetch = await open_site(tls=True), make(resolve=resolve)
    trusting = limits(ca_file=str(Path(__file__).with_name("site.pem")))
    for host, good in (("site.test", True), ("other.test", False)):
        request = httpx.Request("GET", site.url.replace("127.0.0.1", host))
        if good:
            assert (await fetch(request, trusting)).text == "ok"
        else:
            assert (await failing(fetch, request, trusting)).failure is Failure.MISCONFIGURED


async def test_a_ca_file_that_cannot_be_read_is_misconfigured(
    fetcher: Fetcher, site: Site, limits: LimitsOf, tmp_path: Path
) -> None:
    (tmp_path / "empty.pem").write_text("")
    for name in ("none.pem", "empty.pem"):
        error = await failing(fetcher, site.get(), limits(ca_file=str(tmp_path / name)))
        assert (error.failure, name in error.problem) == (Failure.MISCONFIGURED, True)


@pytest.mark.parametrize("url", ["ftp://h/x", "/relative"])
async def test_an_address_that_is_not_http_is_misconfigured(fetcher: Fetcher, limits: LimitsOf, url: str) -> None:
    assert (await failing(fetcher, httpx.Request("GET", url), limits())).failure is Failure.MISCONFIGURED


async def test_a_line_break_in_a_header_is_misconfigured(fetcher: Fetcher, site: Site, limits: LimitsOf) -> None:
    error = await failing(fetcher, site.get(cookie="canary\r\nx: y"), limits())
    assert error.failure is Failure.MISCONFIGURED
    assert "canary" not in str(error)


# ── what is never said aloud ────────────────────────────────────────────────────────────────────────────────────────

CANARY = "canary-5eb63bbb"


@pytest.fixture
def loud(caplog: pytest.LogCaptureFixture) -> Iterator[pytest.LogCaptureFixture]:
    before = {name: logging.getLogger(name).level for name in ("httpx", "httpcore")}
    caplog.set_level(logging.DEBUG)
    quiet_loggers()
    yield caplog
    for name, level in before.items():
        logging.getLogger(name).setLevel(level)


async def test_no_error_and_no_log_line_holds_a_secret(
    fetcher: Fetcher, site: Site, open_site: OpenSite, limits: LimitsOf, reply: Reply, loud: pytest.LogCaptureFixture
) -> None:
    said: list[str] = []

    async def hear(request: httpx.Request, limits: Limits) -> None:
        try:
            await fetcher(request, limits)
        except FeedError as error:
            seen: BaseException | None = error
            while seen is not None:
                said.append(f"{seen!r} {seen}")
                seen = None if seen.__suppress_context__ else (seen.__cause__ or seen.__context__)

    def asking(url: str) -> httpx.Request:
        headers = {"authorization": f"Bearer {CANARY}", "cookie": f"SUB={CANARY}"}
        return httpx.Request("GET", f"{url}/feed?access_token={CANARY}#{CANARY}", headers=headers)

    tls = await open_site(tls=True)
    proxy = f"http://me:{CANARY}@127.0.0.1:1"
    answers = [
        b"",
        b"HTTP/1.1 nonsense " + CANARY.encode() + b"\r\n\r\n",
        reply(b"x", content_encoding=CANARY),
        reply(b"x", content_encoding="gzip"),
        reply(b"x", status=503, set_cookie=CANARY),
        reply(b"x", status=302, location=f"/?t={CANARY}"),
        b"HTTP/1.1 200 OK\r\ncontent-length: 99999999\r\n\r\n",
    ]
    with structlog.testing.capture_logs() as logged:
        for answer in answers:
            site.answers = [answer]
            await hear(asking(site.url), limits(feed="a"))
        for url, how in (
            (tls.url, limits(feed="b")),
            ("http://127.0.0.1:1", limits(feed="c")),
            (site.url.replace("//", f"//me:{CANARY}@"), limits(feed="d", allow_private=frozenset())),
            ("http://far.example", limits(feed="e", proxy=proxy)),
            ("https://far.example", limits(feed="f", proxy=proxy)),
            ("https://far.example", limits(feed="g", proxy=proxy.replace("http:", "ftp:"))),
        ):
            await hear(asking(url), how)
    fetcher.rest("acc", 60.0, Failure.BLOCKED)
    await hear(asking(site.url), limits(account="acc"))
    assert len(said) >= 10
    assert any(line["event"] == "host left alone" for line in logged)
    everything = "\n".join([*said, *(record.getMessage() for record in loud.records), repr(logged)])
    assert CANARY not in everything


def test_a_place_is_host_and_path() -> None:
    assert place(httpx.URL("https://me:pw@api.example:8443/a/b?token=x#y")) == "api.example:8443/a/b"
    assert len(place(httpx.URL("http://h/" + "a" * 500))) <= 81
