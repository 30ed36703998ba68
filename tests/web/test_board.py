"""The board: what is open, whether every feed is well, the metrics, two health checks."""

import shutil
import subprocess
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from types import MappingProxyType
from typing import Any

import anyio
import httpx
import pytest
from prometheus_client import Histogram
from starlette.applications import Starlette

from monitor import metrics
from monitor.clock import VirtualClock
from monitor.model import (
    MACHINE,
    Act,
    Actor,
    Author,
    FeedHealth,
    Incident,
    IncidentEvent,
    IncidentState,
    Mention,
    Reason,
    Severity,
)
from monitor.ports import Refusal
from monitor.web import board
from monitor.web.words import WORDS
from tests.alerts.private_texts import PRIVATE
from tests.builders import NOON, a_mention, a_post, an_incident

HOSTILE = "<script>alert(1)</script>\u202egnp.exe\x07 <!channel> </p></div>\"'" + "长" * 40_000


class Books:
    """What a store would say."""

    def __init__(
        self,
        incidents: Sequence[Incident] = (),
        feeds: Sequence[FeedHealth] = (),
        events: Sequence[IncidentEvent] = (),
        refusals: Mapping[int, Refusal] = MappingProxyType({}),
    ) -> None:
        self._incidents, self._feeds, self._events, self._refusals = incidents, feeds, events, refusals

    def events(self, incident_id: int) -> list[IncidentEvent]:
        return [event for event in self._events if event.incident_id == incident_id]

    def states(self) -> Mapping[tuple[IncidentState, Severity], int]:
        return {}

    def incidents(self, states: Iterable[IncidentState] = (), limit: int = 100) -> list[Incident]:
        return [incident for incident in self._incidents if incident.state in states][:limit]

    def incident(self, incident_id: int) -> Incident | None:
        return next((incident for incident in self._incidents if incident.id == incident_id), None)

    def incident_posts(self, incident_id: int) -> list[Mention]:
        incident = self.incident(incident_id)
        return [incident.lead] if incident and incident.lead else []

    def newest(self, brand: str, limit: int) -> list[Mention]:
        return []

    def feeds(self) -> list[FeedHealth]:
        return list(self._feeds)

    def totals(self) -> Mapping[str, int]:
        return {"posts": 9, "mentions": 8, "pending": 1, "failed": 0, "tracked": 4, "sightings": 90}

    def notifications(self, incident_id: int | None = None) -> list[Mapping[str, Any]]:
        return []

    def refusals(self, incident_ids: Collection[int]) -> Mapping[int, Refusal]:
        return {number: one for number, one in self._refusals.items() if number in incident_ids}


class Browser:
    """Asks the application, without a network."""

    def __init__(self, app: Starlette) -> None:
        self._app = app

    def get(self, path: str) -> httpx.Response:
        async def ask() -> httpx.Response:
            transport = httpx.ASGITransport(self._app)
            async with httpx.AsyncClient(transport=transport, base_url="http://board") as client:
                return await client.get(path)

        return anyio.run(ask)


def site(books: Books | None = None, *, unwell: Sequence[str] = (), ready: bool = True, **given: Any) -> Browser:
    options: dict[str, Any] = {"language": "zh", "intervals": {"weibo-search": 180.0}, **given}
    return Browser(
        board.app(
            reading=books or Books(), clock=VirtualClock(NOON), unwell=lambda: unwell, ready=lambda: ready, **options
        )
    )


@pytest.mark.parametrize(("language", "said"), [("zh", "没有消息不等于没有事"), ("en", "Silence is not good news")])
def test_where_nothing_is_open_it_says_so_and_that_silence_is_no_good_news(language: str, said: str) -> None:
    page = site(language=language).get("/")
    assert page.status_code == 200
    assert said in page.text


def test_an_open_incident_shows_what_is_said_how_far_it_is_and_how_far_it_goes() -> None:
    said = site(Books([an_incident()])).get("/").text
    for part in ("橙", "星禾", "奶茶里喝出虫子", "现在 60 次转发", "预计 900", "/incidents/12"):
        assert part in said


@pytest.mark.parametrize("path", ["/", "/incidents/12"])
def test_a_page_that_was_refused_is_not_shown_as_one_that_arrived(path: str) -> None:
    for heard, language, said in (
        (False, "zh", "被 crisis、hook 拒收，没有人收到"),
        (True, "zh", "被 crisis、hook 拒收</b>"),
        (False, "en", "refused by crisis, hook, nobody got it"),
    ):
        books = Books([an_incident(paged_at=NOON)], refusals={12: Refusal(by=("crisis", "hook"), heard=heard)})
        assert said in site(books, language=language).get(path).text


def test_a_resolved_incident_is_not_on_the_board_but_has_its_page() -> None:
    client = site(Books([an_incident(state=IncidentState.RESOLVED)]))
    assert "/incidents/12" not in client.get("/").text
    assert client.get("/incidents/12").status_code == 200


def private(text: str) -> Incident:
    """An incident whose post tells of somebody, by an account of nobody's."""
    lead = a_mention(
        post=a_post(text=text, author=Author(name="小禾苗爱喝奶茶"), url="https://example.com/p?tel=13812345678")
    )
    reason = Reason(code="red_line", facts={"line": "food_safety", "words": [text]})
    return replace(an_incident(), lead=lead, reasons=(reason,))


@pytest.mark.parametrize(("text", "secret"), PRIVATE)
def test_whoever_looks_is_shown_nobodys_private_data(text: str, secret: str) -> None:
    client = site(Books([private(text)]))
    for path in ("/", "/incidents/12"):
        shown = client.get(path).text
        assert secret not in shown
        assert "禾苗爱喝奶茶" not in shown
        assert "13812345678" not in shown


def test_an_operator_may_have_it_shown_in_full() -> None:
    client = site(Books([private("打我电话13812345678，随时奉陪")]), shows="full")
    for path in ("/", "/incidents/12"):
        assert "13812345678" in client.get(path).text
    assert "小禾苗爱喝奶茶" in client.get("/incidents/12").text


def test_one_complaint_that_came_in_twice_is_shown_as_one_in_its_order() -> None:
    def told(id_: int, platform: str, text: str, minute: int) -> Mention:
        born = NOON + timedelta(minutes=minute)
        post = a_post(platform=platform, native_id=str(id_), text=text, posted_at=born, order_ref="5f0c")
        return a_mention(id=id_, post=post, first_seen=born)

    class Told(Books):
        def incident_posts(self, incident_id: int) -> list[Mention]:
            return [told(2, "weibo", "等了四天没人管", 9), told(1, "hotline", "客人来电<b>", 0)]

    said = site(Told([an_incident()])).get("/incidents/12").text
    assert "全渠道" in said
    assert said.index("客服热线 · 客人来电&lt;b&gt;") < said.index("微博 · 等了四天没人管")
    assert "5f0c" not in said
    assert "全渠道" not in site(Books([an_incident()])).get("/incidents/12").text


LI = Actor("slack:U1", "李")


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("state", IncidentState)
def test_every_state_has_its_words(state: IncidentState, language: str) -> None:
    page = site(Books([an_incident(state=state)]), language=language).get("/incidents/12")
    assert page.status_code == 200
    words: Any = WORDS[language]
    assert words["state"][state.value] in page.text


def test_every_act_has_its_words() -> None:
    for words in WORDS.values():
        assert set(words["act"]) == {act.value for act in Act}


def an_event(act: Act, after: IncidentState, before: IncidentState | None = None, **given: Any) -> IncidentEvent:
    fields: dict[str, Any] = {"id": 1, "incident_id": 12, "at": NOON, "actor": MACHINE, "source": "judge", "key": "k"}
    return IncidentEvent(**{**fields, "act": act, "before": before, "after": after, **given})


def test_an_incidents_page_tells_what_happened_and_who_did_it() -> None:
    events = [
        an_event(Act.PAGE, IncidentState.OPEN),
        an_event(Act.RAISE, IncidentState.OPEN, IncidentState.OPEN, facts={"from": "orange", "to": "red"}),
        an_event(Act.ACKNOWLEDGE, IncidentState.ACKNOWLEDGED, IncidentState.OPEN, actor=LI),
        an_event(
            Act.FALSE_ALARM, IncidentState.FALSE_ALARM, IncidentState.ACKNOWLEDGED, actor=LI, reason="不是我们的店"
        ),
    ]
    incident = an_incident(owner=LI, state=IncidentState.FALSE_ALARM)
    page = site(Books([incident], events=events)).get("/incidents/12").text
    for part in ("经过", "呼叫 · 狼烟", "升级 🟠 橙 → 🔴 红", "认领 · 李", "误报 · 李 · 不是我们的店", "负责人 李"):
        assert part in page


def test_hostile_names_and_reasons_stay_text_in_the_timeline() -> None:
    hostile = Actor("slack:U9", HOSTILE)
    event = an_event(Act.REASSIGN, IncidentState.OPEN, actor=hostile, reason=HOSTILE, facts={"to_name": HOSTILE})
    page = site(Books([an_incident(owner=hostile)], events=[event])).get("/incidents/12").text
    assert "<script>" not in page
    assert "\u202e" not in page
    assert len(page) < 20_000


def test_an_incidents_page_says_why_and_shows_every_post() -> None:
    reasons = (Reason(code="risk", facts={"risk": 0.82, "threshold": 0.7}),)
    said = site(Books([an_incident(reasons=reasons, found_late=True)])).get("/incidents/12").text
    for part in ("对品牌不利，又会传开：八成可能", "发现较晚", "微博", "奶茶里喝出虫子"):
        assert part in said


def test_an_incident_that_does_not_exist_is_not_found() -> None:
    assert site().get("/incidents/99").status_code == 404
    assert site().get("/incidents/robots.txt").status_code == 404


@pytest.mark.parametrize("path", ["/", "/incidents/12"])
def test_what_strangers_wrote_is_text_and_nothing_else(path: str) -> None:
    post = a_post(text=HOSTILE, title=HOSTILE, author=Author(name=HOSTILE), url="javascript:alert(1)")
    calm = site(Books([an_incident()])).get(path).text
    said = site(Books([an_incident(lead=a_mention(post=post))])).get(path).text
    assert "<script" not in said
    assert "\u202e" not in said
    assert "\x07" not in said
    assert "javascript:" not in said
    assert len(said) < 20_000
    assert said.count("</div") == calm.count("</div")


@pytest.mark.parametrize("url", ["javascript:alert(1)", "data:text/html,x", "//evil", "https://a@b.example/", ""])
def test_only_a_web_address_becomes_a_link(url: str) -> None:
    books = Books([an_incident(lead=a_mention(post=a_post(url=url)))])
    assert "查看原文" not in site(books).get("/incidents/12").text
    fine = Books([an_incident(lead=a_mention(post=a_post(url="https://m.weibo.cn/status/5340")))])
    assert 'href="https://m.weibo.cn/status/5340"' in site(fine).get("/incidents/12").text


@pytest.mark.parametrize("path", ["/", "/incidents/12"])
def test_a_page_loads_nothing_and_runs_nothing(path: str) -> None:
    headers = site(Books([an_incident()])).get(path).headers
    assert headers["content-security-policy"].startswith("default-src 'none'")
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["cache-control"] == "no-store"


@pytest.mark.parametrize(
    ("feed", "said"),
    [
        (FeedHealth(feed="weibo-search", last_ok=NOON - timedelta(minutes=4)), "正常"),
        (FeedHealth(feed="weibo-search", last_ok=NOON - timedelta(minutes=40)), "超时未更新"),
        (FeedHealth(feed="weibo-search"), "等待首次成功"),
        (FeedHealth(feed="weibo-search", last_ok=NOON, failure="auth_expired", detail="Weibo says 21327"), "失败"),
        (FeedHealth(feed="gone-from-the-file", last_ok=NOON), "配置中已无此数据源"),
    ],
)
def test_a_feed_says_how_it_stands(feed: FeedHealth, said: str) -> None:
    page = site(Books(feeds=[feed])).get("/").text
    assert said in page
    assert feed.detail in page


def test_health_names_the_loop_that_hangs() -> None:
    assert site().get("/healthz").json() == {"ok": True, "unwell": []}
    ill = site(unwell=["judge"]).get("/healthz")
    assert (ill.status_code, ill.json()) == (503, {"ok": False, "unwell": ["judge"]})


def test_it_is_ready_only_when_it_is() -> None:
    assert site().get("/readyz").status_code == 200
    assert site(ready=False).get("/readyz").status_code == 503


def test_the_metrics_are_prometheus_text_without_series_nobody_asked_for() -> None:
    answer = site().get("/metrics")
    assert answer.headers["content-type"].startswith("text/plain")
    assert "langyan_mentions_pending" in answer.text
    assert "_created" not in answer.text


def test_promtool_finds_no_fault_with_the_metrics() -> None:
    promtool = shutil.which("promtool")
    if promtool is None:
        pytest.skip("promtool is not installed")
    text = site().get("/metrics").text
    done = subprocess.run([promtool, "check", "metrics"], input=text, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_every_name_is_ours_and_no_histogram_carries_a_feed() -> None:
    every = [value for value in vars(metrics).values() if hasattr(value, "_labelnames")]
    assert len(every) > 20
    for metric in every:
        assert metric._name.startswith("langyan_")
        assert not (isinstance(metric, Histogram) and "feed" in metric._labelnames)


def test_the_board_and_readyz_end_with_what_is_seen_and_what_is_not() -> None:
    told = site(sights=[("微博", "只有 @ 你的帖子 <b>")], coverage=[{"platform": "weibo"}])
    page = told.get("/").text
    assert "看得到什么，看不到什么" in page
    assert "只有 @ 你的帖子 &lt;b&gt;" in page
    assert told.get("/readyz?verbose").json() == {"ready": True, "coverage": [{"platform": "weibo"}]}
    assert told.get("/readyz").json() == {"ready": True}
