"""When a request is sent at all: pace, tries, circuit, rests, redirects."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import pytest

from monitor import metrics
from monitor.errors import Failure, FeedError
from monitor.fetch import Fetcher
from monitor.lanes import OPEN_FIRST, OPEN_LONGEST
from monitor.ports import Limits

pytestmark = pytest.mark.anyio

LimitsOf = Callable[..., Limits]
Reply = Callable[..., bytes]
Site = Any


def circuit(host: str) -> float | None:
    return metrics.REGISTRY.get_sample_value("langyan_circuit_open", {"host": host})


async def failing(fetch: Fetcher, request: httpx.Request, limits: Limits) -> FeedError:
    with pytest.raises(FeedError) as caught:
        await fetch(request, limits)
    return caught.value


async def test_an_answer_comes_back_whole_with_its_request(fetcher: Fetcher, site: Site, limits: LimitsOf) -> None:
    request = site.get("/feed?q=1", authorization="Bearer x")
    response = await fetcher(request, limits())
    assert (response.status_code, response.text) == (200, "ok")
    assert response.request is request
    (received,) = site.received
    assert received.target == "/feed?q=1"
    assert received.headers["authorization"] == "Bearer x"
    assert received.headers["accept-encoding"] == "gzip"


async def test_any_status_is_an_answer(fetcher: Fetcher, site: Site, limits: LimitsOf, reply: Reply) -> None:
    for status in (304, 401, 418, 432, 500):
        site.answers = [reply(b"", status)]
        assert (await fetcher(site.get(), limits())).status_code == status
    assert len(site.received) == 5


async def test_a_host_hears_one_request_at_a_time_at_its_pace(fetcher: Fetcher, site: Site, limits: LimitsOf) -> None:
    await asyncio.gather(*(fetcher(site.get(f"/{n}"), limits(pace=5.0)) for n in range(4)))
    assert [received.at for received in site.received] == [0.0, 5.0, 10.0, 15.0]
    assert site.most_busy == 1
    assert site.connections == 1


async def test_hosts_do_not_wait_for_each_other(
    fetcher: Fetcher, open_site: Callable[[], Awaitable[Site]], limits: LimitsOf, clock: Any
) -> None:
    one, two = await open_site(), await open_site()
    await fetcher(one.get(), limits(feed="one", pace=60.0))
    await fetcher(two.get(), limits(feed="two", pace=60.0))
    assert clock.slept == []


async def test_a_bad_gateway_is_asked_three_times_with_growing_pauses(
    fetcher: Fetcher, site: Site, limits: LimitsOf, reply: Reply, clock: Any
) -> None:
    site.answers = [reply(status=502), reply(status=504), reply(b"there")]
    assert (await fetcher(site.get(), limits())).text == "there"
    assert len(site.received) == 3
    first, second = clock.slept
    assert 0 < first <= 4
    assert 0 < second <= 8


async def test_after_three_tries_the_last_answer_is_handed_on(
    fetcher: Fetcher, site: Site, limits: LimitsOf, reply: Reply
) -> None:
    site.answers = [reply(status=503)]
    assert (await fetcher(site.get(), limits())).status_code == 503
    assert len(site.received) == 3


@pytest.mark.parametrize("status", [429, 503])
async def test_who_says_when_to_come_back_is_not_asked_again(
    fetcher: Fetcher, site: Site, limits: LimitsOf, reply: Reply, status: int
) -> None:
    site.answers = [reply(status=status, retry_after="120")]
    response = await fetcher(site.get(), limits())
    assert (response.status_code, response.headers["retry-after"]) == (status, "120")
    assert len(site.received) == 1


async def test_a_429_without_a_time_is_not_asked_again_either(
    fetcher: Fetcher, site: Site, limits: LimitsOf, reply: Reply
) -> None:
    site.answers = [reply(status=429)]
    await fetcher(site.get(), limits())
    assert len(site.received) == 1


async def test_a_post_that_may_have_arrived_is_not_sent_twice(
    fetcher: Fetcher, site: Site, limits: LimitsOf, reply: Reply
) -> None:
    site.answers = [b"", reply(status=502)]
    error = await failing(fetcher, httpx.Request("POST", site.url + "/search"), limits())
    assert error.failure is Failure.TRANSIENT
    assert (await fetcher(httpx.Request("POST", site.url + "/search"), limits())).status_code == 502
    assert len(site.received) == 2


async def test_a_lost_connection_is_tried_again(fetcher: Fetcher, site: Site, limits: LimitsOf, reply: Reply) -> None:
    site.answers = [b"", reply(b"there")]
    assert (await fetcher(site.get(), limits())).text == "there"


async def test_a_closed_port_is_transient(fetcher: Fetcher, limits: LimitsOf, clock: Any) -> None:
    error = await failing(fetcher, httpx.Request("GET", "http://127.0.0.1:1/x"), limits())
    assert error.failure is Failure.TRANSIENT
    assert "127.0.0.1:1/x: no connection" in str(error)
    assert len(clock.slept) == 2


async def test_a_silent_host_costs_its_time_once(fetcher: Fetcher, site: Site, limits: LimitsOf, reply: Reply) -> None:
    async def silent(_: Any, writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(0.2)

    site.answers = [reply(), silent]
    await fetcher(site.get(), limits())
    error = await failing(fetcher, site.get(), limits(total=0.03))
    assert error.failure is Failure.TRANSIENT
    assert len(site.received) == 2


async def test_a_host_that_drips_is_cut_off_at_the_total(fetcher: Fetcher, site: Site, limits: LimitsOf) -> None:
    async def drip(_: Any, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n")
        for _tick in range(100):
            writer.write(b".")
            await writer.drain()
            await asyncio.sleep(0.005)

    site.answers = [drip]
    error = await failing(fetcher, site.get(), limits(total=0.03))
    assert "no whole answer within 0.03 s" in str(error)


async def test_a_host_that_keeps_failing_is_left_alone(
    fetcher: Fetcher, site: Site, limits: LimitsOf, reply: Reply
) -> None:
    site.answers = [reply(status=500)]
    for _ in range(5):
        await fetcher(site.get(), limits())
    error = await failing(fetcher, site.get(), limits())
    assert (error.failure, len(site.received)) == (Failure.TRANSIENT, 5)
    assert error.retry_after == pytest.approx(OPEN_FIRST)
    assert circuit(httpx.URL(site.url).netloc.decode()) == 1


async def test_the_circuit_opens_in_the_middle_of_tries(
    fetcher: Fetcher, site: Site, limits: LimitsOf, reply: Reply
) -> None:
    site.answers = [reply(status=503)]
    await fetcher(site.get(), limits())
    await fetcher(site.get(), limits())
    assert len(site.received) == 5


async def test_one_probe_closes_the_circuit_or_doubles_its_time(
    fetcher: Fetcher, site: Site, limits: LimitsOf, reply: Reply, clock: Any
) -> None:
    site.answers = [reply(status=500)]
    for _ in range(5):
        await fetcher(site.get(), limits())
    pause = OPEN_FIRST
    for _ in range(8):
        clock.advance(pause)
        both = await asyncio.gather(*(fetcher(site.get(), limits()) for _ in range(2)), return_exceptions=True)
        assert [isinstance(one, FeedError) for one in both] == [False, True]
        pause = min(OPEN_LONGEST, pause * 2)
        assert both[1].retry_after == pytest.approx(pause)  # type: ignore[union-attr]
    assert len(site.received) == 5 + 8
    clock.advance(pause)
    site.answers = [reply()]
    for _ in range(2):
        assert (await fetcher(site.get(), limits())).status_code == 200
    assert circuit(httpx.URL(site.url).netloc.decode()) == 0


async def test_an_answer_forgives_earlier_failures(
    fetcher: Fetcher, site: Site, limits: LimitsOf, reply: Reply
) -> None:
    site.answers = [reply(status=s) for s in (500, 500, 500, 500, 404, 500, 500, 500, 500, 200)]
    for _ in range(10):
        await fetcher(site.get(), limits())
    assert len(site.received) == 10


async def test_hosts_that_answers_lead_to_share_one_lane_and_one_label(
    make: Callable[..., Fetcher], site: Site, limits: LimitsOf
) -> None:
    async def resolve(host: str, port: int) -> list[str]:
        if host.startswith("stranger"):
            raise OSError("no such name")
        return [host]

    fetcher = make(resolve=resolve)
    await fetcher(site.get(), limits(feed="led"))
    for n in range(50):
        stranger = httpx.Request("GET", f"http://stranger-{n}.invalid/")
        await failing(fetcher, stranger, limits(feed="led"))
    labels = {sample.labels["host"] for metric in metrics.CIRCUIT.collect() for sample in metric.samples}
    assert not [label for label in labels if "stranger" in label]
    assert "other:led" in labels


async def test_an_account_at_rest_is_left_alone(fetcher: Fetcher, site: Site, limits: LimitsOf, clock: Any) -> None:
    fetcher.rest("weibo-main", 600.0, Failure.AUTH_EXPIRED)
    error = await failing(fetcher, site.get(), limits(account="weibo-main"))
    assert (error.failure, error.retry_after) == (Failure.AUTH_EXPIRED, 600.0)
    await fetcher(site.get(), limits(account="another"))
    clock.advance(600.0)
    await fetcher(site.get(), limits(account="weibo-main"))
    assert len(site.received) == 2


async def test_a_host_at_rest_is_left_alone(fetcher: Fetcher, site: Site, limits: LimitsOf) -> None:
    fetcher.rest("127.0.0.1", 60.0, Failure.BLOCKED)
    assert (await failing(fetcher, site.get(), limits())).failure is Failure.BLOCKED
    fetcher.rest("127.0.0.1", 0, Failure.BLOCKED)
    await fetcher(site.get(), limits())


async def test_what_a_rest_refuses_does_not_prolong_it(
    fetcher: Fetcher, site: Site, limits: LimitsOf, clock: Any
) -> None:
    fetcher.rest("rss", 60.0, Failure.RATE_LIMITED)
    fetcher.rest("rss", 3000.0, Failure.RATE_LIMITED)
    clock.advance(60.0)
    await fetcher(site.get(), limits(account="rss"))


async def test_a_rest_that_begins_while_waiting_counts(
    fetcher: Fetcher, site: Site, limits: LimitsOf, reply: Reply
) -> None:
    async def blocked(_: Any, writer: asyncio.StreamWriter) -> None:
        fetcher.rest("weibo-main", 60.0, Failure.BLOCKED)
        writer.write(reply(status=403))

    site.answers = [blocked]
    one, two = await asyncio.gather(
        *(fetcher(site.get(), limits(account="weibo-main")) for _ in range(2)), return_exceptions=True
    )
    assert isinstance(one, httpx.Response)
    assert isinstance(two, FeedError)


async def test_a_redirect_on_the_same_host_is_followed(
    fetcher: Fetcher, site: Site, limits: LimitsOf, reply: Reply
) -> None:
    site.answers = [reply(status=301, location="/new?p=2"), reply(b"moved")]
    response = await fetcher(site.get("/old", cookie="a=b"), limits(pace=3.0))
    assert (response.text, response.request.url.path) == ("moved", "/new")
    assert [(r.target, r.at, r.headers["cookie"]) for r in site.received] == [
        ("/old", 0.0, "a=b"),
        ("/new?p=2", 3.0, "a=b"),
    ]


@pytest.mark.parametrize(
    "location",
    [
        "https://passport.example/login",
        "http://169.254.169.254/latest",
        "http://127.0.0.1:1/x",
        "//evil.invalid/",
        "file:///etc/passwd",
        "http://[bad",
    ],
)
async def test_a_redirect_to_elsewhere_is_the_connectors_to_judge(
    fetcher: Fetcher, site: Site, limits: LimitsOf, reply: Reply, location: str
) -> None:
    site.answers = [reply(status=302, location=location)]
    response = await fetcher(site.get(), limits())
    assert (response.status_code, response.headers["location"]) == (302, location)
    assert len(site.received) == 1


async def test_a_circle_of_redirects_ends(fetcher: Fetcher, site: Site, limits: LimitsOf, reply: Reply) -> None:
    site.answers = [reply(status=302, location="/again")]
    assert (await fetcher(site.get(), limits())).status_code == 302
    assert len(site.received) == 4


async def test_a_post_is_not_redirected(fetcher: Fetcher, site: Site, limits: LimitsOf, reply: Reply) -> None:
    site.answers = [reply(status=307, location="/again")]
    await fetcher(httpx.Request("POST", site.url), limits())
    assert len(site.received) == 1
