"""A site on loopback that answers as it is told, and a clock on which waiting takes no time."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from typing import Any

import httpx
import pytest

from monitor.clock import VirtualClock
from monitor.fetch import Fetcher
from monitor.ports import Limits

START = datetime(2026, 11, 2, 8, 0, tzinfo=UTC)
PEM = Path(__file__).with_name("site.pem")


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


class LeapClock(VirtualClock):
    """Goes forward by itself as far as anybody sleeps, and remembers how far that was."""

    def __init__(self, start: datetime = START) -> None:
        super().__init__(start)
        self.slept: list[float] = []

    async def sleep(self, seconds: float) -> None:
        if seconds > 0:
            self.slept.append(seconds)
            self.advance(seconds)
        await asyncio.sleep(0)


@pytest.fixture
def clock() -> LeapClock:
    return LeapClock()


@dataclass(frozen=True, kw_only=True)
class Received:
    method: str
    target: str
    headers: Mapping[str, str]
    at: float


def reply(body: bytes = b"ok", status: int = 200, **headers: str) -> bytes:
    lines = [f"HTTP/1.1 {status} Whatever", f"content-length: {len(body)}"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


Script = Callable[[Received, asyncio.StreamWriter], Awaitable[None]]


@dataclass(kw_only=True)
class Site:
    """`answers` are given one by one, the last one for ever; b"" closes the connection without a word."""

    clock: LeapClock
    url: str = ""
    answers: list[bytes | Script] = field(default_factory=lambda: [reply()])
    received: list[Received] = field(default_factory=list)
    connections: int = 0
    busy: int = 0
    most_busy: int = 0
    serving: set[asyncio.Task[Any]] = field(default_factory=set)

    def get(self, target: str = "/feed", **headers: str) -> httpx.Request:
        return httpx.Request("GET", self.url + target, headers=headers)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        if task := asyncio.current_task():
            self.serving.add(task)
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                await self._answer(head.decode("latin-1"), writer)
        except (asyncio.IncompleteReadError, ConnectionError, asyncio.CancelledError):
            pass  # whoever ends a connection, here is where it ends
        finally:
            writer.close()

    async def _answer(self, head: str, writer: asyncio.StreamWriter) -> None:
        first, *lines = head.strip().split("\r\n")
        method, target, _ = first.split(" ")
        headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}
        received = Received(method=method, target=target, headers=headers, at=self.clock.elapsed())
        self.received.append(received)
        self.busy += 1
        self.most_busy = max(self.busy, self.most_busy)
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        try:
            if callable(answer):
                await answer(received, writer)
            elif answer:
                writer.write(answer)
                await writer.drain()
            else:
                raise ConnectionResetError
        finally:
            self.busy -= 1


Open = Callable[..., Awaitable[Site]]


@pytest.fixture
async def open_site(clock: LeapClock) -> AsyncIterator[Open]:
    servers: list[tuple[asyncio.Server, Site]] = []

    async def open_site(*, tls: bool = False) -> Site:
        site = Site(clock=clock)
        context = None
        if tls:
            context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
            context.load_cert_chain(PEM)
        server = await asyncio.start_server(site.serve, "127.0.0.1", 0, ssl=context)
        servers.append((server, site))
        site.url = f"http{'s' if tls else ''}://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        return site

    yield open_site
    for server, site in servers:
        server.close()
        for task in site.serving:
            task.cancel()
        await asyncio.gather(*site.serving)


@pytest.fixture
async def site(open_site: Open) -> Site:
    return await open_site()


Make = Callable[..., Fetcher]


@pytest.fixture
async def make(clock: LeapClock) -> AsyncIterator[Make]:
    made: list[Fetcher] = []

    def make(**options: Any) -> Fetcher:
        made.append(Fetcher(clock=clock, rng=Random(7), **options))
        return made[-1]

    yield make
    for fetcher in made:
        await fetcher.aclose()


@pytest.fixture
def fetcher(make: Make) -> Fetcher:
    return make()


def limits(**changes: Any) -> Limits:
    given: dict[str, Any] = {"feed": "demo", "allow_private": frozenset({"127.0.0.1"}), "pace": 0.0}
    return Limits(**(given | changes))


@pytest.fixture(name="limits")
def limits_fixture() -> Callable[..., Limits]:
    return limits


@pytest.fixture(name="reply")
def reply_fixture() -> Callable[..., bytes]:
    return reply
