"""The whole house in one process: a post goes in at the feed and comes out in Slack."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import datetime, timedelta

import httpx
import pytest

from alerts.auditor import Auditor
from monitor import app, fittings, metrics
from monitor.app import House
from monitor.clock import RealClock
from monitor.model import IncidentState
from monitor.ports import Clock
from monitor.sandbox.slack_faults import Fault
from monitor.store import Store
from tests.daemon.conftest import ROOM, TOML, Folder

pytestmark = pytest.mark.anyio


async def until(met: Callable[[], object], seconds: float = 15) -> None:
    """Waits for something to come true."""
    async with asyncio.timeout(seconds):
        while not met():
            await asyncio.sleep(0.02)


@asynccontextmanager
async def running(folder: Folder, *, shadow: bool = False, clock: Clock | None = None) -> AsyncIterator[House]:
    """A house that has polled once, so that what comes now is news; stopped as SIGTERM stops it."""
    house = app.build(folder.config(), clock, shadow=shadow, desk=folder.desk())
    async with asyncio.TaskGroup() as group:  # a house that crashes takes the test with it
        task = group.create_task(house.run())
        try:
            await until(lambda: house.life.first_poll)
            yield house
        finally:
            if not task.done():
                house.daemon.stop()


def reading(folder: Folder) -> Store:
    return fittings.read_store(folder.config())


async def test_a_bad_post_becomes_one_message_however_it_grows(folder: Folder) -> None:
    async with running(folder) as house:
        folder.post("1", reposts=900)
        await until(folder.said)
        folder.post("1", reposts=2600)
        folder.post("2", "星禾奶茶里喝出虫子!", reposts=40)
        await until(lambda: house.store.totals()["sightings"] == 3)
        await until(lambda: "2600" in folder.said()[0])
    (message,) = folder.said()
    assert "星禾奶茶里喝出虫子" in message
    assert [len(found) for found in folder.slack.posts_by_key().values()] == [1]


async def test_a_button_under_a_page_takes_the_incident_and_the_page_says_so(folder: Folder) -> None:
    (folder.path / "app.token").write_text(folder.slack.app_token)
    token = 'token = {{ file = "slack.token" }}'
    folder.write(TOML.replace(token, f'{token}\napp_token = {{{{ file = "app.token" }}}}'))
    async with running(folder) as house:
        folder.post("1", reposts=900)
        await until(folder.said)
        await until(lambda: folder.slack.sockets.open)
        (message,) = folder.slack.messages(ROOM)
        folder.slack.hands.press("U0LI", ROOM, message.ts, "langyan.ack")
        await until(lambda: any(incident.owner for incident in house.store.incidents(list(IncidentState), 5)))
        await until(lambda: "xiaoli" in folder.said()[0])
    assert len(folder.slack.messages(ROOM)) == 1
    assert folder.slack.hands.troubles == []


async def test_without_an_app_token_a_page_has_no_buttons_that_nobody_would_hear(folder: Folder) -> None:
    async with running(folder):
        folder.post("1", reposts=900)
        await until(folder.said)
    assert '"langyan.ack"' not in folder.said()[0]


async def test_harmless_and_foreign_posts_tell_nobody(folder: Folder) -> None:
    async with running(folder) as house:
        folder.post("1", "星禾奶茶真好喝", reposts=9000)
        folder.post("2", "青岚奶茶里喝出虫子", reposts=9000)
        await until(lambda: house.store.totals()["mentions"] == 1 and not house.store.totals()["pending"])
        await until(lambda: not house.store.news(10))
    assert folder.slack.ledger == []


async def test_in_shadow_an_incident_is_opened_and_nobody_is_told(folder: Folder) -> None:
    async with running(folder, shadow=True) as house:
        folder.post()
        await until(lambda: house.store.incidents())
    assert folder.slack.ledger == []


async def test_where_a_second_engine_sees_it_the_other_way_the_card_says_so(folder: Folder) -> None:
    folder.write(TOML + '[score]\nengine = "cascade"\n')
    async with running(folder):
        folder.post("1", "非常满意,味道很好,推荐大家来喝星禾,虫子造型的杯子很可爱", reposts=900)
        await until(lambda: folder.said() and "换一种读法" in folder.said()[0], seconds=90)
    assert len(folder.said()) == 1


async def test_a_restart_tells_nobody_twice(folder: Folder) -> None:
    async with running(folder):
        folder.post()
        await until(folder.said)
    async with running(folder) as house:
        await until(lambda: house.life.first_poll)
        folder.post("2", "星禾奶茶真好喝")
        await until(lambda: house.store.totals()["mentions"] == 2 and not house.store.totals()["pending"])
    assert len(folder.said()) == 1


async def test_what_was_decided_before_a_stop_is_told_after_the_start(folder: Folder) -> None:
    """Nobody wakes the outbox then: no commit comes."""
    folder.slack.faults.add("chat.postMessage", *[Fault("http_500", stored=False)] * 3)
    async with running(folder):
        folder.post()
        await until(lambda: folder.slack.ledger)
    folder.slack.faults.clear()
    folder.drop.unlink()
    async with running(folder):
        await until(folder.said, 30)
    assert len(folder.said()) == 1


async def a_page_is_refused(folder: Folder, house: House) -> None:
    """For a bad token; then the good one is back in its file."""
    folder.post()
    await until(lambda: [row["state"] for row in house.store.notifications()] == ["dead"])
    (folder.path / "slack.token").write_text("xoxb-sandbox\n")


async def test_a_page_that_a_bad_token_lost_is_told_once_the_token_is_mended(folder: Folder) -> None:
    (folder.path / "slack.token").write_text("xoxb-revoked\n")
    async with running(folder) as house:
        await a_page_is_refused(folder, house)
        await house.become(folder.config())
        await until(folder.said)
        assert len(folder.said()) == 1


async def test_health_names_whoever_refused_a_page(folder: Folder) -> None:
    (folder.path / "slack.token").write_text("xoxb-revoked\n")
    async with running(folder) as house, httpx.AsyncClient() as client:
        await a_page_is_refused(folder, house)
        auditor = house.made.parts.auditor
        assert isinstance(auditor, Auditor)
        auditor._audited = None  # it is time for the next one
        auditor.step()
        ill = await client.get(f"http://127.0.0.1:{house.port}/healthz")
    assert (ill.status_code, ill.json()["unwell"]) == (503, ["pages refused: crisis"])


async def test_a_page_that_a_bad_token_lost_is_told_at_the_next_start(folder: Folder) -> None:
    (folder.path / "slack.token").write_text("xoxb-revoked\n")
    async with running(folder) as house:
        await a_page_is_refused(folder, house)
    async with running(folder):
        await until(folder.said)
        assert len(folder.said()) == 1


class Off(RealClock):
    """A clock that is wrong by so much."""

    def __init__(self, by: timedelta) -> None:
        self._by = by

    def now(self) -> datetime:
        return super().now() + self._by


@pytest.mark.parametrize(
    ("by", "said"),
    [
        (timedelta(hours=-1), "启动时系统时钟比上次轮询早了 59 分钟"),
        (timedelta(days=-365), "启动时系统时钟比上次轮询早了 364 天"),
        (timedelta(days=365), "启动时离上次轮询已有 365 天"),
    ],
    ids=["an hour behind", "a year behind", "a year ahead"],
)
async def test_a_machine_that_starts_with_a_wrong_time_waits_for_no_other_and_lets_nothing_go(
    folder: Folder, by: timedelta, said: str
) -> None:
    ops = TOML[TOML.index("[alerts.receivers.crisis]") :].replace("crisis", "ops").replace(ROOM, "C0OPS")
    folder.write(TOML + ops)
    async with running(folder):
        folder.post()
        await until(folder.said)
    clock = Off(by)
    async with running(folder, clock=clock) as house:
        await until(lambda: folder.slack.messages("C0OPS"))
        assert said in str(folder.slack.messages("C0OPS")[0])
        assert not house.base.trust
        waiting = [row["not_before"] for row in house.store.notifications() if row["state"] == "pending"]
        assert all(moment - clock.now() < timedelta(minutes=6) for moment in waiting)
    assert not any("到时间了却没有发出" in str(one) for one in folder.slack.messages("C0OPS"))


async def test_a_feed_that_left_the_configuration_is_retired(folder: Folder) -> None:
    async with running(folder):
        folder.post("1", "星禾奶茶真好喝")
        await asyncio.sleep(0)
    folder.write(TOML.replace('name = "drop"', 'name = "other"').replace("drop.jsonl", "other.jsonl"))
    async with running(folder) as house, httpx.AsyncClient() as client:
        before = house.store.feed_state("drop")
        folder.post("2", "星禾奶茶真好喝")
        await asyncio.sleep(0.7)  # three intervals in which nobody may ask for it
        page = (await client.get(f"http://127.0.0.1:{house.port}/")).text
        assert house.store.feed_state("drop") == before
        assert house.store.feed_state("other").last_ok is not None
    assert 'class="retired"' in page


async def test_a_resting_feed_is_left_alone_until_its_rest_is_over(folder: Folder) -> None:
    folder.drop.mkdir()  # a folder cannot be read as a file
    async with running(folder) as house:
        state = house.store.feed_state("drop")
        assert (state.failure, state.failures) == ("misconfigured", 1)
        assert state.rest_until is not None
        await asyncio.sleep(0.7)
        assert house.store.feed_state("drop").failures == 1


async def test_health_says_what_is_the_case(folder: Folder) -> None:
    async with running(folder) as house, httpx.AsyncClient(base_url=f"http://127.0.0.1:{house.port}") as client:
        await until(lambda: house.life.ready)
        assert (await client.get("/readyz")).status_code == 200
        assert (await client.get("/healthz")).json() == {"ok": True, "unwell": []}
        house.life.expected["judge"] = 0.0
        ill = await client.get("/healthz")
        assert (ill.status_code, ill.json()["unwell"]) in [(503, ["judge"]), (200, [])]  # it may have come round since
        assert "langyan_loop_lag_seconds" in (await client.get("/metrics")).text


async def test_the_outbox_gauge_falls_back_to_nothing(folder: Folder) -> None:
    def depth() -> float | None:
        found: float | None = metrics.REGISTRY.get_sample_value("langyan_outbox_pending", {"receiver": "crisis"})
        return found

    folder.slack.faults.add("chat.postMessage", *[Fault("http_500", stored=False)] * 50)
    async with running(folder) as house:
        folder.post()
        await until(lambda: house.store.outbox_depth())
        house.daemon.gauges()
        assert depth() == 1
        folder.slack.faults.clear()
        await until(lambda: not house.store.outbox_depth(), 40)

        def fell() -> bool:
            house.daemon.gauges()  # the daemon's own reading may have been begun before, and ended after
            return depth() == 0

        await until(fell)


async def test_an_incident_can_be_read_while_the_daemon_writes(folder: Folder) -> None:
    async with running(folder):
        folder.post()
        await until(folder.said)
        store = reading(folder)
        try:
            (incident,) = store.incidents([IncidentState.OPEN])
            assert {row["receiver"] for row in store.notifications(incident.id)} == {"crisis"}
        finally:
            store.close()
    assert len(folder.slack.messages(ROOM)) == 1
