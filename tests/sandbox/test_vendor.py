"""The sandbox's vendor, desk and crawler as the real doors and the real connector meet them."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from pydantic import SecretStr
from starlette.applications import Starlette

from connectors.markup import plain
from connectors.mediacrawler import MediaCrawler
from monitor.doors import Door, Doors, DoorTable
from monitor.importing import pieces
from monitor.model import Sighting
from monitor.sandbox.crawler import FORMS, Form, crawl
from monitor.sandbox.crawler import routes as crawler_routes
from monitor.sandbox.faults import SENDS, Order
from monitor.sandbox.stage import Stage, StageClock
from monitor.sandbox.vendor import LINES, PLATFORMS, Vendor
from monitor.store import Store
from monitor.watch.query import Brand, Matcher, Query
from monitor.web import ingest

pytestmark = pytest.mark.anyio

START = datetime(2026, 11, 2, 1, 0, tzinfo=UTC)
SECRET = "sandbox-secret-of-the-vendor"
URL = "http://127.0.0.1:9733/ingest/desk"


class Standing(StageClock):
    """A clock that is moved by hand."""

    def move(self, minutes: float) -> None:
        self._start += timedelta(minutes=minutes)


class Town:
    """A sandbox that pushes, and the doors it pushes to."""

    def __init__(self) -> None:
        self.stage = Stage("everywhere", 7, START, 75)
        self.clock = Standing(START, 1)
        self.stage.clock = self.clock
        self.store = Store.memory()
        door = Door.of("desk", DoorTable.model_validate({"secret": SecretStr(SECRET), "brand": "星禾"}))
        matcher = Matcher([Brand(name="星禾", match=Query.parse("星禾", place="test"))])
        doors = Doors({"desk": door}, self.store, matcher, self.clock)
        house = Starlette(routes=[ingest.route(doors, self.clock)])
        vendor = Vendor(self.stage, httpx.ASGITransport(house))
        self.sandbox = Starlette(routes=[*vendor.routes, *crawler_routes(self.stage)])

    async def ask(self, path: str, body: Any) -> httpx.Response:
        transport = httpx.ASGITransport(self.sandbox)
        async with httpx.AsyncClient(transport=transport, base_url="http://sandbox") as client:
            return await client.post(path, json=body)

    async def push(self, kind: str = "") -> list[int]:
        if kind:
            self.stage.faults.add(Order(platform="vendor", kind=kind))
        answer = await self.ask("/vendor/push", {"url": URL, "secret": SECRET})
        return [one["status"] for one in answer.json()["answers"]]

    def shown(self) -> int:
        """Posts that the world shows by now at the desks and in notes."""
        return sum(len(self.stage.world.published(platform, self.stage.now())) for platform in PLATFORMS)

    def posts(self) -> int:
        return self.store.totals()["posts"]


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
def town() -> Town:
    return Town()


async def test_what_the_desks_hear_comes_in_as_it_happens(town: Town) -> None:
    assert set(await town.push()) == {202}
    assert town.posts() == town.shown() > 3
    before = town.posts()
    town.clock.move(70)
    await town.push()
    assert town.posts() == town.shown() > before


REFUSED = {"bad_signature": 401, "clock_skew": 401, "bomb": 413, "cut": 400}


@pytest.mark.parametrize("kind", SENDS["vendor"])
async def test_whatever_goes_wrong_with_a_push_nothing_is_lost_and_nothing_comes_twice(town: Town, kind: str) -> None:
    town.clock.move(70)
    statuses = set(await town.push(kind))
    assert statuses == {REFUSED.get(kind, 202)}
    if kind in REFUSED:
        assert town.posts() == 0
    if kind != "damaged":
        await town.push()
    # A line of each delivery.
    lost = -(-town.shown() // LINES) if kind == "damaged" else 0
    assert town.posts() == town.shown() - lost
    totals = town.store.totals()
    if kind == "repeat":
        assert totals["sightings"] <= 2 * totals["posts"]


async def test_one_mother_is_one_customer_on_three_channels(town: Town) -> None:
    town.clock.move(70)
    await town.push()
    named = town.store._db.read(
        lambda c: c.exec_driver_sql(
            "SELECT count(*) AS n, count(DISTINCT platform) AS places FROM post GROUP BY customer_ref ORDER BY n DESC"
        ).all()
    )
    assert (3, 3) in [(row.n, row.places) for row in named]


async def test_the_sandbox_pushes_to_this_machine_alone(town: Town) -> None:
    bodies: tuple[Any, ...] = (
        {"url": "https://example.org/ingest/x", "secret": "s"},
        {"url": 7},
        [],
        {"url": URL, "secret": None},
    )
    for body in bodies:
        assert (await town.ask("/vendor/push", body)).status_code == 400


@pytest.mark.parametrize("old", [False, True], ids=["new columns", "old columns"])
@pytest.mark.parametrize("form", FORMS)
async def test_what_the_crawler_wrote_is_what_the_world_shows(
    town: Town, tmp_path: Path, form: Form, old: bool
) -> None:
    looks = _reading(tmp_path)
    for minutes in (10, 40):
        town.clock.move(minutes)
        answer = await town.ask("/crawler/run", {"folder": str(tmp_path), "form": form, "old": old})
        seen = looks(town.stage.now())
        assert answer.json()["rows"] == len({look.key for look in seen if look.seen_at == town.stage.now()})
        for look in seen:
            post = town.stage.world.find(*look.key)
            assert post is not None
            assert look.post is not None
            assert (look.post.text, look.post.posted_at) == (plain(post.text), post.published_at)
            if look.key.platform == "weibo" and look.seen_at == town.stage.now():
                assert look.counts.reposts is not None
                assert look.counts.reposts.value == post.counts(town.stage.now()).reposts


async def test_an_order_that_makes_no_sense_is_refused(town: Town) -> None:
    bodies: tuple[Any, ...] = ({}, {"folder": "x", "form": "xml"}, [], {"folder": 7})
    for body in bodies:
        assert (await town.ask("/crawler/run", body)).status_code == 400


def _reading(folder: Path) -> Callable[[datetime], list[Sighting]]:
    """Reads what is new with the real connector; every row must be one it can read."""
    crawled, cursor = MediaCrawler(path=str(folder)), dict[str, Any]()

    def new(now: datetime) -> list[Sighting]:
        nonlocal cursor
        refused: list[str] = []
        found: list[Sighting] = []
        for piece in pieces(crawled.files, cursor, refused):
            cursor = dict(piece.cursor)
            for row in piece.rows:
                assert not isinstance(row.said, str)
                said = crawled.row(row.said, f"{piece.path}/{row.part}", now)
                assert isinstance(said, Sighting), said
                found.append(said)
        assert refused == []
        return found

    return new


def test_a_run_of_the_crawler_is_the_same_for_the_same_world(tmp_path: Path) -> None:
    world = Stage("everywhere", 7, START, 75).world
    for name in ("a", "b"):
        crawl(world, START + timedelta(minutes=20), tmp_path / name)
    assert [path.read_bytes() for path in sorted(tmp_path.glob("a/**/*.jsonl"))] == [
        path.read_bytes() for path in sorted(tmp_path.glob("b/**/*.jsonl"))
    ]
