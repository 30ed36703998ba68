"""The sandbox's Slack as a person sees it in a browser: rendered well, and never anybody else's markup."""

import re
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from html.parser import HTMLParser
from typing import Any

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.clock import VirtualClock
from monitor.sandbox.slack import FakeSlack
from monitor.sandbox.slack_mrkdwn import Mrkdwn

pytestmark = pytest.mark.anyio
NOW = datetime(2025, 11, 24, 16, 0, tzinfo=UTC)
ROOM = "C0CRISIS01"
HOSTILE = "<script>alert(1)</script><img src=x onerror=alert(1)>\"><b onmouseover=x>'--> <!channel> {{7*7}} {% x %}"
ZH, EN = Mrkdwn("zh", NOW), Mrkdwn("en", NOW)


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
def slack() -> FakeSlack:
    return FakeSlack(VirtualClock(NOW), burst=50)


@pytest.fixture
async def browser(slack: FakeSlack) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(app=slack.app)
    async with httpx.AsyncClient(transport=transport, base_url="http://sandbox") as client:
        yield client


async def post(browser: httpx.AsyncClient, **message: Any) -> str:
    headers = {"authorization": "Bearer xoxb-sandbox"}
    method = "chat.update" if "ts" in message else "chat.postMessage"
    answer = await browser.post(f"/slack/api/{method}", json={"channel": ROOM, **message}, headers=headers)
    assert answer.json()["ok"], answer.json()
    return str(answer.json()["ts"])


async def shown(browser: httpx.AsyncClient) -> list[dict[str, Any]]:
    answer = await browser.get(f"/slack/{ROOM}/messages")
    return list(answer.json()["messages"])


class Tags(HTMLParser):
    """Every tag and attribute that a browser would see."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.seen: set[str] = set()
        self.attributes: dict[str, list[str]] = {}
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.add(tag)
        for name, value in attrs:
            self.attributes.setdefault(name, []).append(value or "")


# ── markup ──


@pytest.mark.parametrize(
    ("mrkdwn", "html"),
    [
        ("*粗* _斜_ ~删~ `码`", "<b>粗</b> <i>斜</i> <s>删</s> <code>码</code>"),
        ("是*这样*的 snake_case_name", "是*这样*的 snake_case_name"),
        ("*粗 _又斜_*", "<b>粗 <i>又斜</i></b>"),
        ("a\nb", "a<br>b"),
        ("1 &lt; 2 &amp;&amp; &lt;b&gt;", "1 &lt; 2 &amp;&amp; &lt;b&gt;"),
        ("&gt; 引\n&gt; 文\n后", "<blockquote>引<br>文</blockquote>后"),
        ("前\n```\na*b*\n```\n后", "前<pre>a*b*</pre>后"),
        (":fire: :no_such_thing:", "🔥 :no_such_thing:"),
        ("<@U1> <!here> <!subteam^S1|@crisis>", '<span class="mention">@U1</span> <span class="mention">@here</span> <span class="mention">@crisis</span>'),
        ("<https://e.example/?a=1&amp;b=2|看>", '<a href="https://e.example/?a=1&amp;b=2" target="_blank" rel="noopener noreferrer">看</a>'),
        ("<javascript:alert(1)|看>", "&lt;javascript:alert(1)|看&gt;"),
        ('<https://e.example/"onclick=x|看>', "看"),
    ],
)  # fmt: skip
def test_mrkdwn_reads_as_it_does_in_slack(mrkdwn: str, html: str) -> None:
    assert str(ZH.render(mrkdwn)) == html


@pytest.mark.parametrize(
    ("pattern", "zh", "en"),
    [
        ("{time}", "00:10", "00:10"),
        ("{date_short_pretty} {time_secs}", "今天 00:10:00", "today 00:10:00"),
        ("{date_num}", "2025-11-25", "2025-11-25"),
        ("{date}", "11月25日", "Nov 25"),
        ("{never}", "{never}", "{never}"),
    ],
)
def test_dates_are_told_in_the_readers_words(pattern: str, zh: str, en: str) -> None:
    token = f"<!date^1764000600^{pattern}|fallback>"
    assert str(ZH.render(token)) == f"<time>{zh}</time>"
    assert str(EN.render(token)) == f"<time>{en}</time>"


def test_an_impossible_date_falls_back() -> None:
    assert str(ZH.render("<!date^99999999999^{date}|很久以后>")) in (
        "<time>很久以后</time>",
        "<time>5138年11月16日</time>",
    )
    assert "很久以后" in str(ZH.render("<!date^soon^{date}|很久以后>"))


@settings(max_examples=200)
@given(st.text(alphabet=st.sampled_from(list("<>&;\"'*_~`|!@#^:/= \nabU1中script.{}")), max_size=120))
def test_no_text_becomes_a_tag_that_is_not_slacks(text: str) -> None:
    tags = Tags(str(ZH.render(text)))
    assert tags.seen <= {"b", "i", "s", "code", "pre", "blockquote", "br", "a", "span", "time"}
    assert tags.attributes.keys() <= {"href", "target", "rel", "class"}
    assert all(re.match(r"https?://|mailto:", href) for href in tags.attributes.get("href", []))


def test_forty_thousand_stars_are_rendered_in_no_time() -> None:
    assert "<b>" not in str(ZH.render(" *a" * 13_000))
    ZH.render("*_~" * 13_000)


# ── the page ──


async def test_the_page_says_in_both_languages_that_nobody_was_told(browser: httpx.AsyncClient) -> None:
    for path in ("/slack", f"/slack/{ROOM}"):
        html = (await browser.get(path)).text
        assert "没有真的通知任何人" in html
        assert "nobody was really told" in html


async def test_the_index_lists_the_channels(browser: httpx.AsyncClient) -> None:
    await post(browser, text="x")
    html = (await browser.get("/slack")).text
    assert f'href="/slack/{ROOM}"' in html
    assert 'href="/slack/C0OPS"' in html
    assert (await browser.get("/slack/C0LOUNGE")).status_code == 404


async def test_nothing_is_loaded_from_elsewhere_and_no_foreign_script_may_run(browser: httpx.AsyncClient) -> None:
    answer = await browser.get(f"/slack/{ROOM}")
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "script-src 'nonce-" in policy
    assert not re.search(r"(?:src|href)=\"(?:https?:)?//", answer.text)


async def test_every_kind_of_block_is_shown(browser: httpx.AsyncClient) -> None:
    button = {"type": "button", "text": {"type": "plain_text", "text": "看"}, "action_id": "a"}
    blocks = [
        {"type": "header", "text": {"type": "plain_text", "text": "橙 :fire:"}},
        {"type": "section", "text": {"type": "mrkdwn", "text": "*粗*"}, "accessory": {**button, "url": "https://e.example/"}},
        {"type": "section", "fields": [{"type": "mrkdwn", "text": "*作者*"}, {"type": "plain_text", "text": "*甲*"}]},
        {"type": "divider"},
        {"type": "context", "elements": [{"type": "mrkdwn", "text": "小字"}]},
        {"type": "actions", "elements": [{**button, "style": "primary"}]},
        {"type": "image", "image_url": "https://cdn.example/a.png", "alt_text": "曲线"},
        {"type": "image", "image_url": "http://127.0.0.1:1/a.png", "alt_text": "近处"},
        {"type": "rich_text", "elements": [{"type": "rich_text_quote", "elements": [{"type": "text", "text": "*原话*"}]}]},
    ]  # fmt: skip
    await post(browser, text="t", attachments=[{"color": "#ff7700", "blocks": blocks}])
    html = (await shown(browser))[0]["html"]
    for piece in (
        ">橙 🔥</h3>",
        "<b>粗</b>",
        'href="https://e.example/"',
        "<b>作者</b>",
        "<div>*甲*</div>",
        "<hr",
        "<span>小字</span>",
        'class="button primary" type="button" data-press',
        "🖼 曲线",
        'src="http://127.0.0.1:1/a.png" alt="近处"',
        "<blockquote>*原话*</blockquote>",
        "border-color: #ff7700",
    ):
        assert piece in html
    assert "cdn.example" not in html


async def test_an_update_gives_the_message_a_new_version_and_a_mark(
    browser: httpx.AsyncClient, slack: FakeSlack
) -> None:
    ts = await post(browser, text="旧")
    before = await shown(browser)
    await post(browser, ts=ts, text="新")
    (after,) = await shown(browser)
    assert [m["ts"] for m in before] == [after["ts"]]
    assert before[0]["version"] != after["version"]
    assert "已编辑 00:00" in after["html"]
    assert "已编辑" not in before[0]["html"]
    assert after["day"] == "今天"


async def test_hostile_text_is_text_in_every_element_and_in_a_modal(
    browser: httpx.AsyncClient, slack: FakeSlack
) -> None:
    words: dict[str, Any] = {"type": "plain_text", "text": HOSTILE[:24]}
    option = {"text": {"type": "plain_text", "text": HOSTILE[:70]}, "value": HOSTILE}
    sure = {"title": words, "text": {"type": "mrkdwn", "text": HOSTILE}, "confirm": words, "deny": words}
    select = {"type": "static_select", "options": [option], "placeholder": words, "initial_option": option}
    groups = {"type": "static_select", "option_groups": [{"label": words, "options": [option]}]}
    typed = {"type": "plain_text_input", "initial_value": HOSTILE, "placeholder": words}
    elements: list[dict[str, Any]] = [select, groups, {"type": "overflow", "options": [option], "confirm": sure}]
    elements += [{"type": kind, "options": [option]} for kind in ("radio_buttons", "checkboxes")]
    elements = [{**item, "action_id": f"{index}{HOSTILE}"} for index, item in enumerate(elements)]
    await post(browser, text="x", blocks=[{"type": "actions", "block_id": HOSTILE, "elements": elements}])
    slack.hands.press("U0LI", ROOM, slack.messages(ROOM)[0].ts, f"2{HOSTILE}", value=HOSTILE)
    inputs: list[dict[str, Any]] = [select, typed, {**typed, "multiline": True}]
    blocks = [{"type": "input", "label": words, "hint": words, "element": item} for item in inputs]
    view = {"type": "modal", "title": words, "submit": words, "close": words, "blocks": blocks}
    headers = {"authorization": "Bearer xoxb-sandbox"}
    body = {"trigger_id": slack.grants.trigger("U0LI"), "view": view}
    opened = await browser.post("/slack/api/views.open", json=body, headers=headers)
    assert opened.json()["ok"], opened.json()
    seen = (await browser.get(f"/slack/{ROOM}/messages?as=U0LI")).json()
    for html in (seen["messages"][0]["html"], seen["view"]["html"]):
        tags = Tags(html)
        assert not [name for name in tags.attributes if name.startswith("on")]
        assert not tags.seen & {"script", "style", "img"}
        assert "<script>" not in html
        assert "<img" not in html
        assert "{{7*7}} {% x %}" in html
        assert "select" in tags.seen


async def test_hostile_text_is_text_wherever_it_stands(browser: httpx.AsyncClient) -> None:
    plain, mrkdwn = {"type": "plain_text", "text": HOSTILE}, {"type": "mrkdwn", "text": HOSTILE}
    button = {"type": "button", "text": {"type": "plain_text", "text": HOSTILE[:70]}, "action_id": HOSTILE}
    leaf = {"type": "text", "text": HOSTILE}
    await post(browser, text=HOSTILE)
    await post(
        browser,
        text=HOSTILE,
        blocks=[
            {"type": "header", "text": {"type": "plain_text", "text": HOSTILE[:150]}},
            {"type": "section", "text": mrkdwn, "fields": [plain, mrkdwn], "accessory": button},
            {"type": "context", "elements": [plain, mrkdwn]},
            {"type": "image", "image_url": "http://127.0.0.1/x?" + HOSTILE, "alt_text": HOSTILE, "title": plain},
            {"type": "rich_text", "elements": [{"type": "rich_text_section", "elements": [leaf]}]},
        ],
        attachments=[
            {"color": 'red;} </style>"', "text": HOSTILE, "title": HOSTILE, "pretext": HOSTILE, "footer": HOSTILE},
            {"text": "x", "fields": [{"title": HOSTILE, "value": HOSTILE}]},
        ],
    )
    page = (await browser.get(f"/slack/{ROOM}")).text
    for html in (*(message["html"] for message in await shown(browser)), page):
        tags = Tags(html)
        assert not [name for name in tags.attributes if name.startswith("on")]
        assert all(re.fullmatch("border-color: #[0-9a-f]{6}", style) for style in tags.attributes.get("style", []))
        assert "alert(1)</script>" not in html
    for message in await shown(browser):
        assert not Tags(message["html"]).seen & {"script", "style", "img"}
        assert "{{7*7}} {% x %}" in message["html"]
    assert len(re.findall(r"<script", page)) == 2
