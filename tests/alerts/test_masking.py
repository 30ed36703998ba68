"""Nothing private leaves by accident: through no card, push text, thread line, table, or webhook body."""

from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alerts import card as cards
from alerts import chart, lines, masking, tables
from alerts.channels import slack_blocks
from alerts.masking import Shows, masked
from alerts.payload import payload
from monitor.model import Author, Incident, Reason
from tests.alerts.private_texts import PRIVATE
from tests.builders import NOON, a_mention, a_post, a_sentiment, an_incident

DIGITS = {
    "plain": "0123456789",
    "wide": "０１２３４５６７８９",
    "chinese": "零一二三四五六七八九",
    "circled": "⓪①②③④⑤⑥⑦⑧⑨",
    "capital": "零壹贰叁肆伍陆柒捌玖",
}
GAPS = ("", " ", "-", "—", ".", "·", " - ")
AROUND = st.text(alphabet="奶茶店里有虫子，。！ ", max_size=12)


def about(text: str) -> Incident:
    """An incident that tells this text wherever it can: as the post, its title, its words, another post of it, its product."""
    post = a_post(text=text, title=text, product=text, region=text, url="https://weibo.com/1/a")
    reasons = (
        Reason(code="aimed", facts={"aimed": 0.9, "evidence": [text]}),
        Reason(
            code="red_line", facts={"zh": ["人身伤害"], "en": ["injury"], "words": [text], "now": 3, "unit": "reposts"}
        ),
        Reason(code="same_event", facts={"incident": 3, "words": [text]}),
        Reason(code="hot_list", facts={"lists": [["weibo", 12]], "topic": text}),
    )
    others = (a_mention(id=2, post=a_post(native_id="2", text=text)),)
    lead = a_mention(post=post, sentiment=a_sentiment(evidence=(text,)))
    return an_incident(lead=lead, reasons=reasons, posts=3, others=others, paged_at=NOON)


def everything(incident: Incident, text: str, shows: Shows) -> str:
    """All that leaves, as one string."""
    left: list[Any] = []
    for language in ("zh", "en"):
        told = [
            cards.card(incident, language, NOON, shows=shows),
            lines.repeat(incident, language, NOON, shows=shows),
            tables.storm([incident], language, NOON, total=1, shows=shows),
            tables.digest([incident], language, NOON, total=1, shows=shows),
        ]
        left += [[slack_blocks.message(card), slack_blocks.plain(card), card.push] for card in told]
        left.append(payload(incident, language, NOON, kind="root", shows=shows))
        left += [
            lines.line(
                code, {"evidence": [text], "topic": text, "lists": [["weibo", 12]], "aimed": 0.9}, language, shows
            )
            for code in ("aimed", "hot_list")
        ]
        left.append(lines.line("confirmed_elsewhere", {"receiver": text, "at": NOON.isoformat()}, language, shows))
        left.append(chart.alt(incident, language, NOON))
    return orjson.dumps(left).decode()


def test_there_are_a_hundred_texts() -> None:
    assert len(PRIVATE) >= 100


@pytest.mark.parametrize(("text", "secret"), PRIVATE, ids=range(len(PRIVATE)))
def test_what_is_private_leaves_in_no_way(text: str, secret: str) -> None:
    assert secret in text
    incident = about(text)
    for shows in ("masked", "link"):
        assert secret not in everything(incident, text, shows)
    assert secret in everything(incident, text, "full")


@pytest.mark.parametrize(("text", "secret"), PRIVATE, ids=range(len(PRIVATE)))
def test_masking_twice_is_masking_once(text: str, secret: str) -> None:
    once = masked(text)
    assert masked(once) == once


@pytest.mark.parametrize(
    "text",
    [
        "店员态度很差，12315 投诉也没用", "400-820-8888 打不通", "客服马上处理，老板高兴地说方便面", "李女士说店里有虫", "王先生要求退款 1280 元",
        "2026-11-02 12:30:45 已有 1234567 次阅读", "南京西路店", "地铁2号线坐到静安寺", "一天三次，每次两粒", "新Galaxy24 手机发热", "5号楼门口", "消费者投诉多",
        "五折券发了八张", "孩子发烧了", "价格 1999 元，涨到 2999", "三里屯太古里南区", "星禾 95555 客服", "10 万+ 转发", "110 已经来了", "百分之八十的人",
        "小程序下单 3 杯芋泥奶茶", "左边袜子是湿的", "接孩子时发现", "黄牛票 380 一张", "http://weibo.com/hot",
    ],
)  # fmt: skip
def test_what_is_nobodys_stays(text: str) -> None:
    assert masked(text) == text


@given(
    AROUND,
    st.sampled_from(["13", "14", "15", "16", "17", "18", "19"]),
    st.text(alphabet="0123456789", min_size=9, max_size=9),
    st.sampled_from(list(DIGITS)),
    st.sampled_from(GAPS),
    st.sampled_from([(11,), (3, 7, 11), (3, 6, 11), tuple(range(1, 12))]),
    st.sampled_from(["", "+86", "86 ", "+86-", "0086"]),
    AROUND,
)
@settings(max_examples=150)
def test_a_mobile_number_is_found_however_it_is_written(
    before: str, head: str, rest: str, kind: str, gap: str, ends: tuple[int, ...], prefix: str, after: str
) -> None:
    number = head + rest
    pieces = [number[start:end] for start, end in zip((0, *ends[:-1]), ends, strict=True)]
    written = gap.join(pieces).translate(str.maketrans("0123456789", DIGITS[kind]))
    left = masked(f"{before}{prefix if kind == 'plain' else ''}{written}{after}")
    assert written not in left
    assert pieces[-1].translate(str.maketrans("0123456789", DIGITS[kind])) not in left or len(pieces[-1]) == 1


@given(AROUND, st.text(alphabet="0123456789", min_size=16, max_size=16), st.sampled_from("0123456789Xx"), AROUND)
@settings(max_examples=80)
def test_so_is_an_identity_number(before: str, middle: str, last: str, after: str) -> None:
    number = "3" + middle + last
    assert number[4:14] not in masked(before + number + after)


@given(st.text(max_size=300))
@settings(max_examples=100)
def test_masking_survives_any_text_and_settles(text: str) -> None:
    assert masked(masked(text)) == masked(text)


@pytest.mark.parametrize(
    "text", ["1" * 40_000, "一" * 40_000, "张" * 40_000, "路" * 40_000, "a" * 40_000, "微信" * 20_000, "1 " * 20_000]
)
def test_a_heap_of_one_letter_is_cut_before_it_is_read(text: str) -> None:
    assert len(masked(text)) <= masking.LONGEST + 1


def test_names_of_private_accounts_are_shortened_and_public_ones_stay() -> None:
    assert masking.name(Author(name="小禾苗爱喝奶茶")) == "小*"
    assert masking.name(Author(name="杭州市场监管", verified=True)) == "杭州市场监管"
    assert masking.name(Author(name="小禾苗"), "link") == ""
    assert masking.name(Author(name="小禾苗"), "full") == "小禾苗"


def test_an_address_that_tells_of_somebody_loses_what_tells() -> None:
    assert masking.address("https://a.example/p?id=7&tel=13812345678") == "https://a.example/p"
    assert masking.address("https://a.example/u/13812345678") == ""
    assert masking.address("https://m.weibo.cn/status/5340123456789012") == "https://m.weibo.cn/status/5340123456789012"
    assert masking.address("https://a.example/p?%74el=1381234%35678") == "https://a.example/p"


def test_who_is_shown_a_link_alone_is_shown_no_word_of_the_post_and_no_link_but_ours() -> None:
    told = cards.card(about("奶茶里有虫"), "zh", NOON, shows="link", board_url="https://board.example")
    said = orjson.dumps(slack_blocks.message(told)).decode()
    assert "奶茶里有虫" not in said
    assert "weibo.com" not in said
    assert "https://board.example/incidents/12" in said
    assert "60 次转发" in said
