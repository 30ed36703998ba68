"""A configuration read anew: what changes, what goes on undisturbed, and what a bad one does not break."""

import asyncio
import os
from collections import Counter
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, cast

import pytest

from monitor.causes import Causes
from monitor.clock import RealClock
from monitor.config import Config, load
from monitor.daemon import Daemon, Parts, Work
from monitor.feeds import Source
from monitor.renewal import MEND_SECRET, Renewal, secret_files
from monitor.store import Store
from tests.daemon.conftest import TOML, Ear, Folder
from tests.daemon.test_daemon import Feed, Polls, daemon, until
from tests.daemon.test_house import running

pytestmark = pytest.mark.anyio


# ── the daemon ──────────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass
class Busy:
    """Feeds that take their time, and what became of every poll."""

    begun: Counter[str] = field(default_factory=Counter)
    ended: Counter[str] = field(default_factory=Counter)
    under_way: Counter[str] = field(default_factory=Counter)
    most: int = 0

    async def poll(self, feed: Any) -> None:
        self.begun[feed.name] += 1
        self.under_way[feed.name] += 1
        self.most = max(self.most, self.under_way[feed.name])
        await asyncio.sleep(0.02)
        self.under_way[feed.name] -= 1
        self.ended[feed.name] += 1


def parts(house: Daemon, polls: Polls, every: float, works: list[Work]) -> Parts:
    feeds = [cast(Source, Feed(name=name, every=every)) for name in ("a", "b", "c")]
    return Parts(
        feeds=feeds, watch=lambda aside: cast(Any, polls), purses={}, works=works, deliveries=(), listeners=(), auditor=None
    )  # fmt: skip


async def test_a_hundred_reloads_under_load_lose_no_poll() -> None:
    busy, steps = Busy(), Counter[int]()
    house = daemon(poll=busy.poll)
    task = asyncio.create_task(house.run())
    await until(lambda: house.life.ready)
    for number in range(100):
        step = lambda number=number: bool(steps.update([number]))  # noqa: E731
        works = [Work(name="judge", topic="news", step=step)]
        house.become(parts(house, Polls(busy.poll), 0.05 + number % 2 / 100, works))
        await asyncio.sleep(0.005)
    last = busy.begun.copy()
    await until(lambda: all(busy.ended[name] > last[name] for name in "abc"))
    await until(lambda: steps[99])
    house.stop()
    await task
    assert busy.begun == busy.ended
    assert busy.most == 1
    assert min(busy.ended[name] for name in "abc") > 1


async def test_a_loop_that_is_the_same_goes_on_and_another_waits_for_the_step_under_way() -> None:
    order: list[str] = []
    goes_on = asyncio.Event()
    loop = asyncio.get_running_loop()

    def slow() -> bool:
        order.append("old begins")
        asyncio.run_coroutine_threadsafe(goes_on.wait(), loop).result(10)
        order.append("old ends")
        return False

    same = Work(name="clock", topic="clock", step=lambda: False)
    house = daemon(Work(name="judge", topic="news", step=slow), same)
    task = asyncio.create_task(house.run())
    await until(lambda: order)
    kept = next(one for one in house._loops.running if one.name == "clock")
    new = Work(name="judge", topic="news", step=lambda: bool(order.append("new")))  # type: ignore[func-returns-value]
    house.become(parts(house, Polls(Busy().poll), 60, [new, same]))
    assert order == ["old begins"]
    assert kept in house._loops.running
    goes_on.set()
    await until(lambda: "new" in order)
    assert order[:3] == ["old begins", "old ends", "new"]
    house.stop()
    await task


async def test_systemd_hears_of_a_reload_and_when_it_is_done(systemd_ear: Ear) -> None:
    told: list[bool] = []
    words: list[str] = []

    async def renew(by_somebody: bool) -> None:
        told.append(by_somebody)

    house = daemon(renew=renew)
    task = asyncio.create_task(house.run())
    await until(lambda: house.life.ready)
    os.kill(os.getpid(), 1)
    await until(lambda: told)
    house.stop()
    await task
    await until(lambda: words.extend(systemd_ear()) or "STOPPING=1" in words)  # type: ignore[func-returns-value]
    reloading = next(n for n, word in enumerate(words) if word.startswith("RELOADING=1\nMONOTONIC_USEC="))
    assert words[0] == "READY=1"
    assert "READY=1" in words[reloading:]
    assert told[0]


# ── what is read ────────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass
class Bench:
    """A renewal on a file, with what it put into force and said."""

    path: Path
    store: Store = field(default_factory=Store.memory)
    force: list[Config] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.write(match="星禾")
        (self.path / "slack.token").write_text("xoxb-old")
        self.restart()

    def restart(self) -> None:
        causes = Causes(book=self.store, ops=lambda: ["ops"], clock=RealClock())
        self.renewal = Renewal(load(self.path / "langyan.toml"), self._become, causes)

    async def _become(self, config: Config) -> None:
        self.force.append(config)

    def write(self, match: str, more: str = "", state: str = "state") -> None:
        toml = TOML.format(port=1, folder=self.path, slack="http://127.0.0.1:1")
        toml = toml.replace('match = "星禾"', f'match = "{match}"').replace('"state"', f'"{state}"')
        (self.path / "langyan.toml").write_text(more + toml, encoding="utf-8")

    def told(self) -> list[str]:
        return [row["body"]["what"] for row in self.store.notifications() if row["kind"] == "ops"]

    def token(self) -> str:
        token: str = self.force[-1].receivers[0].options.token.get_secret_value()
        return token


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path)


async def test_a_valid_file_is_put_into_force_when_somebody_says_so_and_not_before(bench: Bench) -> None:
    bench.write("星禾 OR xinghe")
    await bench.renewal.renew(False)
    assert bench.force == []
    await bench.renewal.renew(True)
    assert "xinghe" in bench.force[0].brands[0].match.terms
    assert bench.told() == []


async def test_a_bad_file_changes_nothing_and_is_said_once_until_it_is_mended(bench: Bench) -> None:
    bench.write("星禾", more='colour = "red"\n')
    await bench.renewal.renew(True)
    await bench.renewal.renew(True)
    assert bench.force == []
    (said,) = bench.told()
    assert "colour: unknown key" in said
    bench.write("星禾")
    await bench.renewal.renew(True)
    await bench.renewal.renew(True)
    assert len(bench.force) == 2
    assert [what.startswith("all clear") for what in bench.told()] == [False, True]


async def test_another_mistake_in_the_place_of_the_first_is_said_too(bench: Bench) -> None:
    for more in ('colour = "red"\n', 'size = "big"\n', 'size = "big"\n'):
        bench.write("星禾", more=more)
        await bench.renewal.renew(True)
    first, second = bench.told()
    assert "colour: unknown key" in first
    assert "size: unknown key" in second
    bench.write("星禾")
    await bench.renewal.renew(True)
    assert len(bench.told()) == 3


async def test_a_mistake_that_a_restart_mended_is_over_and_the_next_one_is_said(bench: Bench) -> None:
    bench.write("星禾", more='colour = "red"\n')
    await bench.renewal.renew(True)
    bench.write("星禾")
    bench.restart()
    await bench.renewal.renew(False)
    assert [what.startswith("all clear") for what in bench.told()] == [False, True]
    bench.write("星禾", more='colour = "red"\n')
    await bench.renewal.renew(True)
    assert len(bench.told()) == 3


@pytest.mark.parametrize("key", ["state", "listen", "score", "log"])
async def test_what_needs_a_restart_is_refused_by_its_name(bench: Bench, key: str) -> None:
    bench.write("青岚", state="elsewhere" if key == "state" else "state")
    text = (bench.path / "langyan.toml").read_text()
    text = text.replace('127.0.0.1:1"\nlog', '127.0.0.1:2"\nlog') if key == "listen" else text
    text = text.replace('log = "json"', 'log = "console"') if key == "log" else text
    text += "[score]\nbase_rate = 0.3\n" if key == "score" else ""
    (bench.path / "langyan.toml").write_text(text)
    await bench.renewal.renew(True)
    assert bench.force == []
    assert f"{key}: has changed, and that needs a restart" in bench.told()[0]


async def test_a_renewed_token_is_taken_without_a_word_and_without_what_else_stands_in_the_file_now(
    bench: Bench,
) -> None:
    bench.write("half an edit (")
    (bench.path / "new").write_text("xoxb-new")
    (bench.path / "new").rename(bench.path / "slack.token")
    await bench.renewal.renew(False)
    assert bench.token() == "xoxb-new"
    await bench.renewal.renew(False)
    assert len(bench.force) == 1


async def test_a_token_that_vanished_is_said_once_and_the_old_one_stays(bench: Bench) -> None:
    (bench.path / "slack.token").unlink()
    await bench.renewal.renew(False)
    assert bench.told() == []
    for _ in range(3):
        await bench.renewal.renew(False)
    assert bench.force == []
    assert len(bench.told()) == 1
    (fix,) = [row["body"]["fix"] for row in bench.store.notifications() if row["kind"] == "ops"]
    assert fix == MEND_SECRET.en
    (bench.path / "slack.token").write_text("xoxb-back")
    await bench.renewal.renew(False)
    assert bench.token() == "xoxb-back"
    assert bench.told()[-1].startswith("all clear")


async def test_a_token_that_is_only_half_written_at_one_look_troubles_nobody(bench: Bench) -> None:
    (bench.path / "slack.token").write_text("")
    await bench.renewal.renew(False)
    (bench.path / "slack.token").write_text("xoxb-whole")
    await bench.renewal.renew(False)
    assert bench.token() == "xoxb-whole"
    assert bench.told() == []


def test_every_secret_of_a_file_is_watched(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", "/run/credentials")
    raw = {"a": {"b": {"file": "one"}}, "feed": [{"token": {"credential": "two"}, "key": {"env": "THREE"}}]}
    assert [str(path) for path in secret_files(raw, tmp_path)] == [f"{tmp_path}/one", "/run/credentials/two"]


# ── the house ───────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_a_running_house_takes_a_new_brand_and_a_new_threshold(folder: Folder) -> None:
    async with running(folder) as house:
        folder.write(TOML.replace('name = "星禾"\nmatch = "星禾"', 'name = "青岚"\nmatch = "青岚"'))
        before = house.made
        house.daemon.reload()
        await until(lambda: house.made is not before)
        folder.post("1", "青岚奶茶里喝出虫子", reposts=900)
        await until(folder.said)
    assert "青岚" in folder.said()[0]


async def test_what_a_reload_leaves_as_it_was_is_the_same(folder: Folder) -> None:
    async with running(folder) as house:
        before = house.made
        await house.become(load(folder.toml))
        same = house.made.parts
        assert same.watch is before.parts.watch
        assert same.deliveries is before.parts.deliveries
        assert same.listeners is before.parts.listeners
        await house.become(replace(load(folder.toml), settle=2.0))
        assert house.made.parts.deliveries is not before.parts.deliveries
        folder.post("1", reposts=900)
        await until(folder.said)
