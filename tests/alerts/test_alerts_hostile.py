"""Whatever strangers write, nothing reaches Slack as markup, and Slack takes the message."""

import json
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from slack_sdk.models.blocks import Block

from alerts import card as cards
from alerts import lines, tables
from alerts.card import Picture
from alerts.channels import slack_blocks
from alerts.links import web_address
from alerts.payload import payload
from alerts.words import Language, clean, cut
from monitor.clock import VirtualClock
from monitor.model import Author, Incident, IncidentState, Notification, NotificationKind, Outcome, Reason
from monitor.sandbox import slack_blocks as slacks_rules
from tests.alerts.conftest import ROOM, OpenSlack
from tests.builders import NOON, a_mention, a_post, a_sentiment, an_incident

HOSTILE = [
    "<!channel>", "<!here>", "<!everyone>", "<@U012ABCDEF>", "<!subteam^S012PRTEAM>", "<!subteam^S012|@pr>",
    "<!channel|nothing to see>", "<#C0CRISIS01>", "@channel 快看", "@here", "＠everyone @everyone", "@Channel @HERE",
    "<https://evil.example|weibo.com>", "https://evil.example/login", "<javascript:alert(1)|查看原文>", "<mailto:a@b.example>",
    "&lt;!channel&gt;", "&amp;lt;!channel&amp;gt;", "&#60;!channel&#62;", "<<!channel>>", "<!chan\u200bnel>", "<\u202e!channel>",
    "*粗体* _斜体_ ~删除~ `代码`", "```\n整段\n```", "> 引用\n> 引用", "&gt;&gt;&gt; 引用", "• 假的理由\n• 风险 0.00",
    ":fire: :warning: :rotating_light:", "<!date^1764000000^{date}|今天>", "\u202e倒过来写\u202c", "\u2066隔离\u2069\u2067x",
    "\x00\x01\x1b[31m红\x1b[0m\x7f\x85", "零\u200b宽\u200c字\u2060符\ufeff", "一行\u2028二行\u2029三行\r\n四行\r五行",
    "z\u0351\u0352\u0353\u0354\u0355\u0356\u0357algo", "标\U000e0041\U000e0042签", "半个\ud83d字", "私用\ue000区", "👨‍👩‍👧‍👦" * 30,
    "'; DROP TABLE incident; --", "<script>alert(1)</script><img src=x onerror=alert(1)>", "{colour} {0} %s %(x)s",
    "&" * 500, "<" * 5000, "虫" * 40_000, "a" * 40_000, "\n" * 1000 + "末尾", " \t ", "", "@channel" * 2000,
    "\\u003c!channel\\u003e", "<!channel", "channel>", "**", "_" * 400, "https://a.example/?x=<!here>&y=*1*", ":" * 300,
]  # fmt: skip

WRAPPED = [
    form.format(text[:3000]) for form in ("{0}", "星禾<{0}>奶茶", "//@{0}:{0}", "&lt;{0}|{0}&gt;") for text in HOSTILE
]
"""More than two hundred: each by itself, in brackets, as a name, as an entity."""

OUR_MARKUP = re.compile(r"^\*[^*<>]+\*\n")
"""The one thing that mrkdwn is used for: a fact's bold label on a line of its own."""


def about(text: str) -> Incident:
    """An incident in which a stranger had every say that a stranger can have."""
    post = a_post(
        text=text,
        title=text[:200],
        url=text,
        author=Author(name=text, followers=10, verified=True),
        region=text,
        product=text,
        platform=text[:50] or "weibo",
    )
    reasons = (
        Reason(code="aimed", facts={"aimed": 0.9, "evidence": [text, text[:10]]}),
        Reason(code="growth", facts={"per_minute": 3, "unit": text, "now": 4}),
        Reason(code=text[:80] or "x", facts={}),
    )
    lead = a_mention(post=post, sentiment=a_sentiment(evidence=(text,)))
    return an_incident(lead=lead, reasons=reasons, posts=3, risk=0.7)


def leaves(node: Any, kind: str = "") -> Iterator[tuple[str, str, str]]:
    """Every string that Slack shows: the type of what holds it, its key, the string."""
    if isinstance(node, dict):
        for key, value in node.items():
            if isinstance(value, str) and key not in ("type", "color", "style"):
                yield str(node.get("type", kind)), key, value
            else:
                yield from leaves(value, kind)
    elif isinstance(node, list):
        for item in node:
            yield from leaves(item, kind)


def prove(content: dict[str, Any]) -> None:
    """Slack takes it; markup is ours alone; nothing unseen is left; no entity is cut in two."""
    blocks, under = content["blocks"], [b for item in content["attachments"] for b in item["blocks"]]
    assert [block.to_dict()["type"] for block in Block.parse_all([*blocks, *under])]
    assert slacks_rules.problems(blocks) == []
    assert slacks_rules.problems(under) == []
    assert len(blocks) + len(under) <= 16
    assert slacks_rules.characters(blocks) + slacks_rules.characters(under) < slacks_rules.MOST_CHARACTERS
    assert len(content["text"]) <= 4000
    assert slacks_rules.mentions(content["text"], blocks, content["attachments"], named=True) == ()
    for kind, key, said in [("mrkdwn", "text", content["text"]), *leaves(blocks), *leaves(under)]:
        unseen = {c for c in said if unicodedata.category(c) in ("Cc", "Cf", "Cs", "Co")} - {"\n", "\u200b", "\u200d"}
        assert not unseen, f"{unseen!r} in {said!r}"
        if key == "url":
            assert re.match(r"https?://[^\s<>|\"]+$", said)
            continue
        assert not re.search(r"@(channel|here|everyone)\b", said, re.IGNORECASE)
        if kind == "mrkdwn":
            ours = OUR_MARKUP.sub("", said)
            assert not re.search(r"[<>*_~`]", re.sub(r"<https?://[^\s<>|]+\|[^<>|]+>", "", ours)
                                 if key == "text" and content["blocks"] == [] else ours), said  # fmt: skip
            assert re.sub(r"&(amp|lt|gt);", "", ours).count("&") == 0 or not content["blocks"], said


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_a_hostile_post_becomes_a_message_that_slack_takes_and_that_says_no_more_than_its_words(
    text: str, language: Any
) -> None:
    told = cards.card(about(text), language, NOON, board_url="https://board.example", repeat=True)
    assert 0 < len(told.push) <= 100
    prove(slack_blocks.message(told))
    body = {"what": text, "where": text, "fix": text}
    prove(slack_blocks.message(cards.ops_card(body, language)))


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_plain_text_holds_no_markup_of_a_stranger_either(text: str) -> None:
    told = cards.card(about(text), "zh", NOON, repeat=True)
    said = slack_blocks.plain(told)["text"]
    assert 0 < len(said) <= 4000
    assert slacks_rules.mentions(said, [], [], named=True) == ()
    without_ours = re.sub(r"^> |<https?://[^\s<>|]+\|查看原文>", "", said, flags=re.MULTILINE)
    assert not re.search(r"[<>*_~`]", without_ours)


def test_two_hundred_hostile_texts_ping_nobody_break_nothing_and_cut_no_entity() -> None:
    assert len(WRAPPED) >= 200
    for number, text in enumerate(WRAPPED):
        language: Language = "en" if number % 2 else "zh"
        incident = about(text)
        for told in (
            cards.card(
                incident,
                language,
                NOON,
                shows="full",
                board_url="https://board.example",
                picture=Picture("F012", clean(text)),
            ),
            cards.card(replace(incident, state=IncidentState.RESOLVED, resolved_at=NOON), language, NOON),
            lines.repeat(incident, language, NOON, shows="full", code="resolved", facts={"by": text, "reason": text}),
            tables.storm([incident] * 20, language, NOON, total=500, shows="full"),
        ):
            prove(slack_blocks.message(told))
            assert 0 < len(told.push) <= 100
        for code in ("acknowledged", "resolved", "official", "confirmed_elsewhere", text[:40]):
            facts = {"by": text, "reason": text, "author": text, "receiver": text, "at": NOON.isoformat()}
            said = slack_blocks.mrkdwn(lines.line(code, facts, language, "full"), 2000)
            assert slacks_rules.mentions(said, [], [], named=True) == ()
            assert re.sub(r"&(amp|lt|gt);", "", said).count("&") == 0
            assert not re.search(r"[<>*_~`]", said)
        body = payload(incident, language, NOON, kind="root", shows="full")
        assert json.loads(json.dumps(body)) == body


@given(st.text(max_size=400))
@settings(max_examples=60)
def test_so_does_any_text(text: str) -> None:
    prove(slack_blocks.message(cards.card(about(text), "zh", NOON)))


@given(st.text(alphabet="<>&!@|*_~`:channelhere^ \n\u202e\u200b", max_size=200))
@settings(max_examples=60)
def test_so_does_any_heap_of_markup(text: str) -> None:
    prove(slack_blocks.message(cards.card(about(text), "en", NOON)))


def test_the_whole_corpus_wakes_nobody_but_whom_we_named(workspace: OpenSlack, clock: VirtualClock) -> None:
    fake, slack = workspace(mention="<!subteam^S012PRTEAM>", burst=200)
    for number, text in enumerate(HOSTILE):
        note = Notification(id=number, key=f"k{number}", receiver="crisis", kind=NotificationKind.ROOT, incident_id=1)
        receipt = slack.send(note, about(text))
        assert receipt.outcome is Outcome.SENT
        assert receipt.error is None, text
        clock.advance(1)
    assert fake.pings() == ["!subteam^S012PRTEAM"] * len(HOSTILE)
    assert len(fake.messages(ROOM)) == len(HOSTILE)


@pytest.mark.parametrize(
    "url",
    [
        "javascript:alert(1)", "data:text/html,x", "file:///etc/passwd", "//evil.example", "weibo.com/1", "", "http://",
        "https://weibo.com@evil.example/", "https://user:pw@evil.example/", "https://[::1", "ftp://a.example", "https:/a",
    ],
)  # fmt: skip
def test_an_address_that_a_browser_should_not_follow_is_no_link(url: str) -> None:
    assert web_address(url) == ""


def test_an_address_keeps_its_meaning_and_loses_what_could_break_out_of_a_link() -> None:
    assert web_address("https://weibo.com/1/abc?x=1&y=2#c") == "https://weibo.com/1/abc?x=1&y=2#c"
    assert web_address("https://a.example/x|y>z <w>") == "https://a.example/x%7Cy%3Ez%20%3Cw%3E"
    assert web_address("https://a.example/" + "a" * 5000) == ""


def test_what_people_write_is_shown_as_they_wrote_it() -> None:
    told = cards.card(about("奶茶里喝出 <半只虫> & 店员说*正常*\n已打 12315"), "zh", NOON)
    shown = [said for _, _, said in leaves(slack_blocks.message(told)["blocks"])]
    assert any("奶茶里喝出 <半只虫> & 店员说*正常*\n已打 12315" in said for said in shown)


def test_cleaning_keeps_what_can_be_seen() -> None:
    assert clean("👨‍👩‍👧 é ｆｕｌｌ　宽 العربية") == "👨‍👩‍👧 é ｆｕｌｌ 宽 العربية"
    assert clean("一\n\n\n二\t三") == "一 二 三"
    assert clean("一\n\n\n二", lines=True) == "一\n二"
    assert clean(None) == "None"


def test_what_is_cut_is_as_long_as_allowed_and_says_that_it_was_cut() -> None:
    assert cut("甲乙丙丁", 4) == "甲乙丙丁"
    assert cut("甲乙丙丁戊", 4) == "甲乙丙…"
    assert slack_blocks.mrkdwn("&" * 100, 10) == "&amp;" * 9 + "…"
