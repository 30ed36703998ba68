"""One HTTP exchange: a checked address, a deadline, a body under its caps. It neither waits nor tries again.

It speaks httpx's Request and Response on httpcore's pools: httpx 0.28 has no way to give a transport its own network
backend short of its private `_pool`, and of httpx's client (cookies, redirects, authentication, proxies from the
environment, bodies inflated without a limit) nothing is wanted here.
"""

import asyncio
import ipaddress
import socket
import ssl
import zlib
from collections.abc import AsyncIterator, Sequence
from concurrent.futures import ThreadPoolExecutor

import httpcore
import httpx

from monitor.address import Guard, Resolve
from monitor.errors import Failure, FeedError
from monitor.ports import Limits

CONNECT = 10.0
"""Real seconds for name, socket and handshake."""

IDLE = 65.0
"""Real seconds an unused connection is kept: a feed polled every minute finds it still open."""

AT_ONCE = 64
"""Exchanges under way together; below the pools' size, so that nobody queues inside a pool."""

USER_AGENT = "langyan"

_BLOCK = 64 * 1024
_MEMBERS = 16  # a gzip body may be several in a row; thousands of empty ones only cost time


class NoAnswer(Exception):  # noqa: N818 (it is what happened, and never leaves the fetcher)
    """The exchange came to nothing. `problem` holds nothing the other side said.

    `sent`: the request may have reached the host. `slow`: it took all the time there was; asking again would take more.
    """

    def __init__(self, problem: str, *, sent: bool, slow: bool = False) -> None:
        super().__init__(problem)
        self.problem, self.sent, self.slow = problem, sent, slow


def place(url: httpx.URL) -> str:
    """Where a request went, fit for logs: host and path, without user, query or fragment."""
    path = url.raw_path.partition(b"?")[0].decode("ascii")
    return url.netloc.decode("ascii") + (path if len(path) <= 80 else path[:79] + "…")


class Wire:
    """The sockets of the feeds: one pool for each way out (proxy, certificate authority, allowed addresses)."""

    def __init__(self, resolve: Resolve | None = None) -> None:
        # Names are looked up in threads of their own: a dead resolver must not hold up what others run in threads.
        self._lookups = ThreadPoolExecutor(8, thread_name_prefix="resolve")
        self._resolve = resolve or self._lookup
        self._pools: dict[tuple[str | None, str | None, frozenset[str]], httpcore.AsyncConnectionPool] = {}
        self._contexts: dict[str | None, ssl.SSLContext] = {}
        self._places = asyncio.Semaphore(AT_ONCE)

    async def exchange(self, request: httpx.Request, limits: Limits) -> httpx.Response:
        """Sends a request once and reads the whole answer, whatever its status, body inflated, within `limits`.

        Raises NoAnswer when the other side gave none, FeedError when asking again would change nothing.
        """
        pool = self._pool(request.url.host, limits)
        try:
            async with self._places, asyncio.timeout(limits.total):
                return await _exchange(pool, request, limits)
        except TimeoutError:
            raise NoAnswer(f"no whole answer within {limits.total:g} s", sent=True, slow=True) from None
        except (httpcore.ConnectTimeout, httpcore.ConnectError) as error:
            if _certificate_refused(error):
                raise FeedError(
                    Failure.MISCONFIGURED,
                    f"the certificate of {request.url.host} cannot be verified",
                    fix="Check this machine's clock; for a private authority set ca_file in the [[feed]] table",
                ) from None
            raise NoAnswer(f"no connection ({str(error)[:120] or 'timed out'})", sent=False) from None
        except httpcore.ProxyError as error:
            if str(error).startswith("407"):
                raise _proxy_wants_credentials() from None
            raise NoAnswer("the proxy cannot reach it", sent=False) from None
        except httpcore.TimeoutException:
            raise NoAnswer(f"silent for {limits.total:g} s", sent=True, slow=True) from None
        except httpcore.LocalProtocolError:
            raise FeedError(
                Failure.MISCONFIGURED,
                f"the request to {place(request.url)} holds characters that HTTP does not allow",
                fix="Look for a line break in a token or cookie",
            ) from None
        except (httpcore.NetworkError, httpcore.ProtocolError):
            raise NoAnswer("the connection broke off", sent=True) from None
        except httpcore.UnsupportedProtocol:
            raise FeedError(Failure.MISCONFIGURED, f"{place(request.url)} is not http or https") from None

    async def aclose(self) -> None:
        for pool in self._pools.values():
            await pool.aclose()
        self._pools.clear()
        self._lookups.shutdown(wait=False, cancel_futures=True)

    def _pool(self, host: str, limits: Limits) -> httpcore.AsyncConnectionPool:
        guard = Guard(limits.allow_private, self._resolve)
        if limits.proxy:
            # The operator wrote the proxy; what lies behind it is the proxy's to resolve, unless it is plainly private.
            try:
                address = ipaddress.ip_address(host)
            except ValueError:
                pass
            else:
                guard.check(host, str(address))
        way = (limits.proxy, limits.ca_file, limits.allow_private)
        if way not in self._pools:
            context = self._context(limits.ca_file)
            self._pools[way] = httpcore.AsyncConnectionPool(
                ssl_context=context,
                proxy=_proxy(limits.proxy, context) if limits.proxy else None,
                max_connections=AT_ONCE + 1,
                max_keepalive_connections=AT_ONCE + 1,
                keepalive_expiry=IDLE,
                network_backend=httpcore.AnyIOBackend() if limits.proxy else guard,
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
                    fix="Check the path, its owner, and that it is PEM",
                ) from None
        return self._contexts[ca_file]

    async def _lookup(self, host: str, port: int) -> Sequence[str]:
        loop = asyncio.get_running_loop()
        found = await loop.run_in_executor(
            self._lookups, lambda: socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        )
        return [str(address[0]) for *_, address in found]


async def _exchange(pool: httpcore.AsyncConnectionPool, request: httpx.Request, limits: Limits) -> httpx.Response:
    headers = request.headers.copy()
    headers["accept-encoding"] = "gzip"
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
        extensions={"timeout": {"connect": CONNECT, "read": limits.total, "write": limits.total, "pool": None}},
    ) as answer:
        if answer.status == 407 and limits.proxy:
            raise _proxy_wants_credentials()
        received = httpx.Headers(answer.headers)
        body = await _body(answer.aiter_stream(), received, limits, place(request.url))
    for name in ("content-encoding", "content-length", "transfer-encoding"):
        received.pop(name, None)
    return httpx.Response(answer.status, headers=received, content=body, request=request)


def _proxy(text: str, context: ssl.SSLContext) -> httpcore.Proxy:
    # The text may hold a password, so none of it is said again.
    wrong = FeedError(
        Failure.MISCONFIGURED, "the proxy is not one we can use", fix='Write proxy as "http://user:password@host:port"'
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
        Failure.MISCONFIGURED, "the proxy wants other credentials", fix="Check user and password in the feed's proxy"
    )


def _certificate_refused(error: BaseException | None) -> bool:
    while error is not None:
        if isinstance(error, ssl.SSLCertVerificationError):
            return True
        error = error.__cause__ or error.__context__
    return False


async def _body(stream: AsyncIterator[bytes], headers: httpx.Headers, limits: Limits, where: str) -> bytes:
    encoding = headers.get("content-encoding", "identity").strip().lower()
    if encoding not in ("identity", "", "gzip", "x-gzip"):
        raise FeedError(Failure.SCHEMA_DRIFT, f"{where} answers in an encoding that was not asked for")
    declared = headers.get("content-length", "")
    if declared.isdecimal() and int(declared) > limits.wire:
        raise _too_large(where, "on the wire", limits.wire)
    inflate = _Inflate(limits.body, where) if encoding.endswith("gzip") else None
    body = bytearray()
    wired = 0
    async for chunk in stream:
        wired += len(chunk)
        if wired > limits.wire:
            raise _too_large(where, "on the wire", limits.wire)
        if inflate is None:
            body += chunk
            if len(body) > limits.body:
                raise _too_large(where, "long", limits.body)
        else:
            inflate.add(chunk, body)
    if inflate is not None and wired:
        inflate.end()
    return bytes(body)


class _Inflate:
    """Inflates gzip a block at a time, so that a bomb never takes more memory than the cap."""

    def __init__(self, cap: int, where: str) -> None:
        self._cap, self._where = cap, where
        self._member, self._members = zlib.decompressobj(zlib.MAX_WBITS | 16), 1

    def add(self, data: bytes, body: bytearray) -> None:
        try:
            while True:
                if self._member.eof:
                    if not data:
                        return
                    self._member, self._members = zlib.decompressobj(zlib.MAX_WBITS | 16), self._members + 1
                    if self._members > _MEMBERS:
                        raise NoAnswer("the gzip body is damaged", sent=True)
                out = self._member.decompress(data, _BLOCK)
                body += out
                if len(body) > self._cap:
                    raise _too_large(self._where, "when inflated", self._cap)
                data = self._member.unused_data if self._member.eof else self._member.unconsumed_tail
                if not data and len(out) < _BLOCK:
                    return
        except zlib.error:
            raise NoAnswer("the gzip body is damaged", sent=True) from None

    def end(self) -> None:
        if not self._member.eof:
            raise NoAnswer("the gzip body broke off", sent=True)


def _too_large(where: str, how: str, cap: int) -> FeedError:
    return FeedError(
        Failure.TOO_LARGE,
        f"{where} answers with a body of more than {cap / 1024:.0f} KiB {how}",
        fix="Ask for fewer items a page, or report it if the answer is a real one",
    )
