"""Sends the feeds' requests: in turn, at a pace, within budgets, and away from hosts that are in trouble.

`monitor.wire` knows how one exchange is made, `monitor.budget` what an account may spend; here is when to ask at all.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack, asynccontextmanager
from random import Random
from typing import Any

import httpx

from monitor import metrics
from monitor.address import Resolve
from monitor.body import NoAnswer
from monitor.budget import Book, Budget, Spending
from monitor.errors import Failure, FeedError
from monitor.lanes import Lane
from monitor.ports import Clock, Flow, Limits
from monitor.wire import Wire, place

__all__ = ["Budget", "Fetcher", "quiet_loggers"]

TRIES = 3
BACKOFF = 2.0
"""Clock seconds; before try n+1 a wait anywhere between 0 and BACKOFF * 2**n."""

REDIRECTS = 3
GRACE = 1.0
"""Clock seconds by which a request may come early to the end of a rest: feed and account rest until the same moment."""

_GATEWAY = (502, 503, 504)
_SAFE = ("GET", "HEAD")


def quiet_loggers() -> None:
    """httpx logs whole URLs at INFO and httpcore headers at DEBUG, tokens and cookies included: neither may speak."""
    for name in ("httpx", "httpcore"):
        logging.getLogger(name).setLevel(logging.WARNING)


class Fetcher:
    """`ports.Fetch`: the only socket for feeds. Returns any answer, raises FeedError when there is none to be had.

    `Limits.total` bounds each of at most `tries`, from the socket to the last byte; waiting for a turn is not in it.
    A 429, and a 503 that says when to come back, is handed to the caller at once: the connector knows what it means.
    `budgets` are per account; what is spent is written to `book` before the request leaves, so a restart refills
    nothing (`book` None: forgotten with the process, for one-off checks).
    """

    def __init__(
        self,
        *,
        clock: Clock,
        rng: Random,
        budgets: Mapping[str, Budget] | None = None,
        book: Book | None = None,
        resolve: Resolve | None = None,
        tries: int = TRIES,
    ) -> None:
        self._clock, self._rng, self._tries = clock, rng, tries
        self._budgets, self._book = dict(budgets or {}), book
        self._wire = Wire(resolve)
        self._lanes: dict[str, Lane] = {}
        self._homes: dict[tuple[str, str], str] = {}
        self._rests: dict[str, tuple[float, Failure]] = {}
        self._spendings: dict[str, Spending] = {}
        self._purse = asyncio.Lock()
        self._writer = ThreadPoolExecutor(1, thread_name_prefix="budget")

    async def __call__(self, request: httpx.Request, limits: Limits) -> httpx.Response:
        lane = self._lane(request.url, limits)
        async with lane.lock:
            response = await self._ask(lane, request, limits)
            for _ in range(REDIRECTS):
                onward = _onward(response)
                if onward is None:
                    break
                response = await self._ask(lane, onward, limits)
            return response

    @asynccontextmanager
    async def stream(self, request: httpx.Request, limits: Limits, silence: float) -> AsyncIterator[Flow]:
        """`ports.Open`: opened in turn as any request is, once; then the host is free for others while the answer goes on."""
        lane = self._lane(request.url, limits)
        async with AsyncExitStack() as held:
            async with lane.lock:
                self._refuse_at_rest(lane, request.url, limits)
                await self._charge(limits)
                await lane.turn(self._clock, limits.pace)
                try:
                    flow = await held.enter_async_context(self._wire.stream(request, limits, silence))
                except NoAnswer as nothing:
                    lane.circuit.failed(self._clock.elapsed())
                    raise FeedError(Failure.TRANSIENT, f"{place(request.url)}: {nothing.problem}") from None
                self._heard(lane, flow.response)
            yield Flow(flow.response, _plainly(flow.pieces, request.url))

    def rest(self, key: str, seconds: float, failure: Failure) -> None:
        """Leaves an account, or a host, alone for so many clock seconds; requests meanwhile raise `failure`.

        A rest in force is not prolonged: what is refused because of it must not keep it going. 0 seconds ends it.
        """
        if seconds <= 0:
            self._rests.pop(key, None)
        elif not self._resting(key):
            self._rests[key] = (self._clock.elapsed() + seconds, failure)

    async def allow(self, budgets: Mapping[str, Budget]) -> None:
        """Other budgets from now on; what was spent under the old ones counts."""
        async with self._purse:
            self._budgets, self._spendings = dict(budgets), {}

    async def aclose(self) -> None:
        """Closes the connections; what was spent is written down by then."""
        await self._wire.aclose()
        self._writer.shutdown()

    async def _ask(self, lane: Lane, request: httpx.Request, limits: Limits) -> httpx.Response:
        """One request, tried again where that may help. The lane is held, so a host in trouble hears from nobody else."""
        tries = 0
        while True:
            tries += 1
            self._refuse_at_rest(lane, request.url, limits)
            await self._charge(limits)
            await lane.turn(self._clock, limits.pace)
            try:
                response = await self._exchange(lane, request, limits)
            except NoAnswer as nothing:
                if not nothing.sent:
                    await self._refund(limits)
                again = not nothing.sent or (request.method in _SAFE and not nothing.slow)
                if not again or tries == self._tries or self._left_alone(lane):
                    raise FeedError(Failure.TRANSIENT, f"{place(request.url)}: {nothing.problem}") from None
            else:
                again = response.status_code in _GATEWAY and "retry-after" not in response.headers
                if not again or request.method not in _SAFE or tries == self._tries or self._left_alone(lane):
                    return response
            await self._clock.sleep(self._rng.uniform(0, BACKOFF * 2**tries))

    async def _exchange(self, lane: Lane, request: httpx.Request, limits: Limits) -> httpx.Response:
        """One exchange, and what it says about the host."""
        try:
            with metrics.STAGE_SECONDS.labels("fetch").time():
                response = await self._wire.exchange(request, limits)
        except NoAnswer:
            lane.circuit.failed(self._clock.elapsed())
            raise
        except FeedError as error:
            if error.failure in (Failure.REFUSED, Failure.MISCONFIGURED):
                await self._refund(limits)
            else:
                lane.circuit.answered()
            raise
        self._heard(lane, response)
        return response

    def _heard(self, lane: Lane, response: httpx.Response) -> None:
        if response.status_code >= 500:
            lane.circuit.failed(self._clock.elapsed())
        else:
            lane.circuit.answered()

    def _lane(self, url: httpx.URL, limits: Limits) -> Lane:
        """A feed's first request comes from its configuration; hosts that answers led it to share one lane.

        So there are never more lanes, and values of a metric's label, than the configuration allows for.
        """
        host = url.netloc.decode("ascii")
        home = self._homes.setdefault((limits.feed, limits.purpose), host)
        if host != home and host not in self._lanes:
            host = f"other:{limits.feed}"
        if host not in self._lanes:
            self._lanes[host] = Lane(host)
        return self._lanes[host]

    def _left_alone(self, lane: Lane) -> bool:
        return lane.circuit.left(self._clock.elapsed()) > 0

    def _resting(self, key: str) -> tuple[float, Failure] | None:
        until, failure = self._rests.get(key, (0.0, Failure.TRANSIENT))
        left = until - self._clock.elapsed()
        return (left, failure) if left > GRACE else None

    def _refuse_at_rest(self, lane: Lane, url: httpx.URL, limits: Limits) -> None:
        host = url.netloc.decode("ascii")
        for what, key in (("account", limits.account), ("host", host), ("host", url.host)):
            if key and (resting := self._resting(key)):
                left, failure = resting
                raise FeedError(failure, f"{what} {key} rests for {left:.0f} s more", retry_after=left)
        left = lane.circuit.left(self._clock.elapsed())
        if left:
            raise FeedError(
                Failure.TRANSIENT,
                f"{host} is left alone for {left:.0f} s more after {lane.circuit.failures} failures in a row",
                retry_after=left,
            )

    async def _charge(self, limits: Limits) -> None:
        budget = self._budgets.get(limits.account)
        if budget is None:
            return
        async with self._purse:
            spending = await self._spending(limits.account, budget)
            now = self._clock.now().timestamp()
            wait = spending.wait(limits.purpose, now)
            if wait > 0:
                raise FeedError(
                    Failure.OVER_BUDGET,
                    f"account {limits.account} has made its {budget.ceiling(limits.purpose)} {limits.purpose} requests "
                    f"(or all {budget.limit}) of {budget.window:g} s",
                    retry_after=wait,
                )
            spending.charge(limits.purpose, now)
            await self._write_down(limits.account, spending)

    async def _refund(self, limits: Limits) -> None:
        """A request that never left does not count: a night without network must not eat the day's budget."""
        if limits.account in self._spendings:
            async with self._purse:
                spending = self._spendings.get(limits.account)
                if spending is None:
                    return  # another budget since: it counts as spent
                spending.refund(limits.purpose)
                await self._write_down(limits.account, spending)

    async def _spending(self, account: str, budget: Budget) -> Spending:
        if account not in self._spendings:
            state = await self._aside(self._book.budget, account) if self._book else None
            self._spendings[account] = Spending(budget, state)
        return self._spendings[account]

    async def _write_down(self, account: str, spending: Spending) -> None:
        metrics.QUOTA.labels(account).set(spending.left(self._clock.now().timestamp()))
        if self._book:
            await self._aside(self._book.save_budget, account, spending.state())

    async def _aside(self, call: Callable[..., Any], *arguments: Any) -> Any:
        """The book waits for the disk, so it is asked in a thread of its own."""
        return await asyncio.get_running_loop().run_in_executor(self._writer, call, *arguments)


async def _plainly(pieces: AsyncIterator[bytes], url: httpx.URL) -> AsyncIterator[bytes]:
    """The pieces of an answer that goes on; a cut is a FeedError."""
    try:
        async for piece in pieces:
            yield piece
    except NoAnswer as nothing:
        raise FeedError(Failure.TRANSIENT, f"{place(url)}: {nothing.problem}") from None


def _onward(response: httpx.Response) -> httpx.Request | None:
    """The next request, if a redirect stays on its host (from http to https at most). Others are the connector's to judge:

    the way to a login page says that a credential has ended, and what we send must not follow to strangers.
    """
    request = response.request
    if not response.has_redirect_location or request.method not in _SAFE:
        return None
    try:
        url = request.url.join(response.headers["location"])
    except httpx.InvalidURL:
        return None
    steady = url.scheme == request.url.scheme or (request.url.scheme, url.scheme) == ("http", "https")
    if not steady or (url.host, url.port) != (request.url.host, request.url.port):
        return None
    return httpx.Request(request.method, url, headers=request.headers)
