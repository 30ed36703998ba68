"""One HTTP exchange: a checked address, a deadline, a body under its caps. It neither waits nor tries again.

It speaks httpx's Request and Response on httpcore's pools: httpx 0.28 has no way to give a transport its own network
backend short of its private `_pool`, and of httpx's client (cookies, redirects, authentication, proxies from the
environment, bodies inflated without a limit) nothing is wanted here.
"""

import asyncio
import ipaddress
import ssl
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from http import HTTPStatus

import httpcore
import httpx

from monitor.address import Guard, Resolve
from monitor.body import NoAnswer, body_of
from monitor.errors import Failure, FeedError
from monitor.lookups import Lookups
from monitor.model import Words
from monitor.ports import Flow, Limits

CONNECT = 10.0
"""Real seconds for name, socket and handshake."""

IDLE = 65.0
"""Real seconds an unused connection is kept: a feed polled every minute finds it still open."""

AT_ONCE = 64
"""Exchanges under way together; below the pools' size, so that nobody queues inside a pool."""

USER_AGENT = "langyan"


def place(url: httpx.URL) -> str:
    """Where a request went, fit for logs: host and path, without user, query or fragment."""
    path = url.raw_path.partition(b"?")[0].decode("ascii")
    return url.netloc.decode("ascii") + (path if len(path) <= 80 else path[:79] + "…")


class Wire:
    """The sockets of the feeds: one pool for each way out (proxy, certificate authority, allowed addresses)."""

    def __init__(self, resolve: Resolve | None = None) -> None:
        self._lookups = Lookups()
        self._resolve = resolve or self._lookups
        self._pools: dict[tuple[str | None, str | None, frozenset[str], bool], httpcore.AsyncConnectionPool] = {}
        self._contexts: dict[str | None, ssl.SSLContext] = {}
        self._places = asyncio.Semaphore(AT_ONCE)

    async def exchange(self, request: httpx.Request, limits: Limits) -> httpx.Response:
        """Sends a request once and reads the whole answer, whatever its status, body inflated, within `limits`.

        Raises NoAnswer when the other side gave none, FeedError when asking again would change nothing.
        """
        pool = self._pool(request.url.host, limits)
        with _told(request, limits.total):
            async with self._places, asyncio.timeout(limits.total):
                return await _exchange(pool, request, limits)

    @asynccontextmanager
    async def stream(self, request: httpx.Request, limits: Limits, silence: float) -> AsyncIterator[Flow]:
        """Sends a request whose answer goes on; it is closed when left. `silence`: real seconds that may pass between two pieces.

        Anything but a 200 is read to its end like any answer. Raises as `exchange` does, also while its pieces are read.
        """
        pool = self._pool(request.url.host, limits, streams=True)
        async with AsyncExitStack() as held:
            with _told(request, silence):
                async with asyncio.timeout(limits.total):
                    answer = await held.enter_async_context(_asked(pool, request, "identity", limits.total, silence))
                    response = await _ended(answer, request, limits) if answer.status != HTTPStatus.OK else None
            yield Flow(response or _head(answer, request), _pieces(answer, request, silence))

    async def aclose(self) -> None:
        for pool in self._pools.values():
            await pool.aclose()
        self._pools.clear()
        self._lookups.close()

    def _pool(self, host: str, limits: Limits, *, streams: bool = False) -> httpcore.AsyncConnectionPool:
        """Answers that go on have pools of their own: they hold a connection for hours."""
        guard = Guard(limits.allow_private, self._resolve)
        if limits.proxy:
            # The operator wrote the proxy; what lies behind it is the proxy's to resolve, unless it is plainly private.
            try:
                address = ipaddress.ip_address(host)
            except ValueError:
                pass
            else:
                guard.check(host, str(address))
        way = (limits.proxy, limits.ca_file, limits.allow_private, streams)
        if way not in self._pools:
            context = self._context(limits.ca_file)
            proxy = _proxy(limits.proxy, context) if limits.proxy else None
            self._pools[way] = httpcore.AsyncConnectionPool(
                ssl_context=context,
                proxy=proxy,
                max_connections=AT_ONCE + 1,
                max_keepalive_connections=AT_ONCE + 1,
                keepalive_expiry=IDLE,
                network_backend=guard if proxy is None else Guard([proxy.url.host.decode("ascii")], self._resolve),
            )
        return self._pools[way]

    def _context(self, ca_file: str | None) -> ssl.SSLContext:
        """Made once each: reading the authorities takes tens of milliseconds."""
        if ca_file not in self._contexts:
            try:
                self._contexts[ca_file] = (
                    ssl.create_default_context(cafile=ca_file) if ca_file else httpx.create_ssl_context(trust_env=False)
                )
            except (OSError, ssl.SSLError):
                raise FeedError(
                    Failure.MISCONFIGURED,
                    f"ca_file {ca_file} holds no certificates that can be read",
                    fix=Words("检查路径、属主，以及它是不是 PEM", "Check the path, its owner, and that it is PEM"),
                ) from None
        return self._contexts[ca_file]


async def _exchange(pool: httpcore.AsyncConnectionPool, request: httpx.Request, limits: Limits) -> httpx.Response:
    async with _asked(pool, request, "gzip", limits.total, limits.total) as answer:
        return await _ended(answer, request, limits)


@asynccontextmanager
async def _asked(
    pool: httpcore.AsyncConnectionPool, request: httpx.Request, encoding: str, total: float, silence: float
) -> AsyncIterator[httpcore.Response]:
    """An answer whose head is there."""
    headers = request.headers.copy()
    headers["accept-encoding"] = encoding
    for name, value in (("accept", "*/*"), ("user-agent", USER_AGENT)):
        headers.setdefault(name, value)
    async with pool.stream(
        request.method,
        httpcore.URL(
            scheme=request.url.raw_scheme,
            host=request.url.raw_host,
            port=request.url.port,
            target=request.url.raw_path,
        ),
        headers=headers.raw,
        content=await request.aread(),
        extensions={"timeout": {"connect": CONNECT, "read": silence, "write": total, "pool": None}},
    ) as answer:
        yield answer


async def _ended(answer: httpcore.Response, request: httpx.Request, limits: Limits) -> httpx.Response:
    """The whole answer."""
    if answer.status == HTTPStatus.PROXY_AUTHENTICATION_REQUIRED and limits.proxy:
        raise _proxy_wants_credentials()
    received = httpx.Headers(answer.headers)
    body = await body_of(answer.aiter_stream(), received, limits, place(request.url))
    return _head(answer, request, body)


def _head(answer: httpcore.Response, request: httpx.Request, body: bytes = b"") -> httpx.Response:
    received = httpx.Headers(answer.headers)
    for name in ("content-encoding", "content-length", "transfer-encoding"):
        received.pop(name, None)
    return httpx.Response(answer.status, headers=received, content=body, request=request)


async def _pieces(answer: httpcore.Response, request: httpx.Request, silence: float) -> AsyncIterator[bytes]:
    """The pieces of an answer as they come; none after one that was read to its end."""
    if answer.status != HTTPStatus.OK:
        return
    if httpx.Headers(answer.headers).get("content-encoding", "identity").strip().lower() not in ("", "identity"):
        raise FeedError(Failure.SCHEMA_DRIFT, f"{place(request.url)} answers in an encoding that was not asked for")
    pieces = aiter(answer.aiter_stream())
    while True:
        with _told(request, silence):
            piece = await anext(pieces, None)
        if piece is None:
            return
        yield piece


@contextmanager
def _told(request: httpx.Request, total: float) -> Iterator[None]:
    """What httpcore raises, in our words. `total`: the seconds that a timeout means."""
    try:
        yield
    except TimeoutError:
        raise NoAnswer(f"no whole answer within {total:g} s", sent=True, slow=True) from None
    except (httpcore.ConnectTimeout, httpcore.ConnectError) as error:
        if _certificate_refused(error):
            raise FeedError(
                Failure.MISCONFIGURED,
                f"the certificate of {request.url.host} cannot be verified",
                fix=Words(
                    "检查本机时钟；用自建证书的，在 [[feed]] 里写 ca_file",
                    "Check this machine's clock; for a private authority set ca_file in the [[feed]] table",
                ),
            ) from None
        raise NoAnswer(f"no connection ({str(error)[:120] or 'timed out'})", sent=False) from None
    except httpcore.ProxyError as error:
        if str(error).startswith("407"):
            raise _proxy_wants_credentials() from None
        raise NoAnswer("the proxy cannot reach it", sent=False) from None
    except httpcore.TimeoutException:
        raise NoAnswer(f"silent for {total:g} s", sent=True, slow=True) from None
    except httpcore.LocalProtocolError:
        raise FeedError(
            Failure.MISCONFIGURED,
            f"the request to {place(request.url)} holds characters that HTTP does not allow",
            fix=Words("看令牌或 cookie 里是不是混进了换行", "Look for a line break in a token or cookie"),
        ) from None
    except (httpcore.NetworkError, httpcore.ProtocolError):
        raise NoAnswer("the connection broke off", sent=True) from None
    except httpcore.UnsupportedProtocol:
        raise FeedError(Failure.MISCONFIGURED, f"{place(request.url)} is not http or https") from None


def _proxy(text: str, context: ssl.SSLContext) -> httpcore.Proxy:
    # The text may hold a password, so none of it is said again.
    wrong = FeedError(
        Failure.MISCONFIGURED,
        "the proxy is not one we can use",
        fix=Words("proxy 要写成 http://用户:密码@主机:端口", 'Write proxy as "http://user:password@host:port"'),
    )
    try:
        url = httpx.URL(text)
    except httpx.InvalidURL:
        raise wrong from None
    if url.scheme not in ("http", "https") or not url.host:
        raise wrong
    return httpcore.Proxy(
        httpcore.URL(scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=b"/"),
        auth=(url.username.encode(), url.password.encode()) if url.username else None,
        ssl_context=context if url.scheme == "https" else None,
    )


def _proxy_wants_credentials() -> FeedError:
    return FeedError(
        Failure.MISCONFIGURED,
        "the proxy wants other credentials",
        fix=Words("检查数据源 proxy 里的用户名和密码", "Check user and password in the feed's proxy"),
    )


def _certificate_refused(error: BaseException | None) -> bool:
    while error is not None:
        if isinstance(error, ssl.SSLCertVerificationError):
            return True
        error = error.__cause__ or error.__context__
    return False
