"""What people read of an incident, in Chinese and in English."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

import alerts
from alerts import card as cards
from alerts import words
from alerts.buttons import Button
from alerts.channels import slack_blocks
from monitor.errors import ConfigError
from monitor.model import (
    NOTHING_TO_DO,
    Author,
    Availability,
    Count,
    Counts,
    Incident,
    Look,
    Precision,
    Reason,
    Severity,
)
from tests.builders import NOON, a_forecast, a_mention, a_post, an_incident

NOW = NOON + timedelta(minutes=11)


def a_look(**given: Any) -> Look:
    counts = Counts(reposts=Count(61), comments=Count(24), likes=Count(12_000, Precision.ROUNDED))
    return Look(**{"seen_at": NOW, "age": 660.0, "counts": counts, **given})


def the_incident(**given: Any) -> Incident:
    lead = a_mention(
        post=a_post(
            text="星禾的奶茶里喝出半只虫，店员说是正常现象",
            url="https://weibo.com/1/abc?x=1&y=2",
            author=Author(name="小禾苗", followers=12_345, verified=True),
            product="芋泥奶茶",
            region="上海",
        ),
        first_seen=NOON + timedelta(minutes=3),
        seen=(a_look(),),
    )
    fields: dict[str, Any] = {
        "lead": lead,
        "forecast": a_forecast(now=61, median=5210.0, low=1930.0, high=14_200.0, sentence="预计 24 小时 4100 次转发"),
        "posts": 4,
        "platforms": (("weibo", 3), ("xiaohongshu", 1)),
        "born": NOON,
        "risk": 0.72,
        "paged_at": NOW,
        "reasons": (Reason(code="risk", facts={"risk": 0.72, "threshold": 0.6}),),
    }
    return an_incident(**{**fields, **given})


GOLDEN_ZH = cards.Card(
    push="🟠橙 · 星禾 · 现有 61 次转发，7 天内约 5200 · 「星禾的奶茶里喝出半只虫，店员说是正常现象」 · 13:00 前要有第一次回应 · 微博",
    headline="🟠 橙 · 星禾 · 现有 61 次转发，7 天内约 5200",
    colour="#e8710a",
    number=12,
    edition=1793592660,
    byline="小禾苗 ✓认证 · 1.2 万粉丝 · 微博 · 上海",
    quote="星禾的奶茶里喝出半只虫，店员说是正常现象",
    quote_url="https://weibo.com/1/abc?x=1&y=2",
    quote_label="查看原文",
    now="61 次转发（每分钟 +8） · 24 条评论 · 1.2 万个赞",
    ahead="八成可能闹大：7 天内 1900–1.4 万次转发",
    deadlines=("13:00 前要有第一次回应（还剩 49 分钟）",),
    owner="12:11 呼叫，还没有人认领",
    buttons=(
        Button("langyan.ack", "认领", "12", "primary"),
        Button("langyan.false", "误报", "12"),
        Button("langyan.snooze", "早上 8 点再叫我", "12"),
        Button(
            "langyan.more",
            "更多",
            "12",
            "overflow",
            (
                ("silence", "静默…"),
                ("reassign", "转派…"),
                ("merge", "并入另一事件…"),
                ("split", "拆出几条…"),
                ("export", "导出"),
            ),
        ),
    ),
    outlook="预计 24 小时 4100 次转发",
    facts=(("相似帖", "4 帖：微博 3 · 小红书 1"), ("产品", "芋泥奶茶")),
    reasons_label="为什么是橙色",
    reasons=("对品牌不利，又会传开：七成可能",),
    row_label="查看原文",
    times="发布 12:00 · 首见 12:03 · 呼叫 12:11 · 更新 12:11（发布后 11 分钟）",
    footer="事件 #12 · 狼烟",
    link="https://board.example/incidents/12",
    link_label="在看板上打开",
)

GOLDEN_EN = cards.Card(
    push="🟠orange · 星禾 · 61 reposts now, about 5200 within 7 days · “星禾的奶茶里喝出半只虫，店员说是正常现象” · Weibo",
    headline="🟠 Orange · 星禾 · 61 reposts now, about 5200 within 7 days",
    colour="#e8710a",
    number=12,
    edition=1793592660,
    byline="小禾苗 ✓verified · 12.3k followers · Weibo · 上海",
    quote="星禾的奶茶里喝出半只虫，店员说是正常现象",
    quote_url="https://weibo.com/1/abc?x=1&y=2",
    quote_label="Open the post",
    now="61 reposts (+8 a minute) · 24 comments · 12k likes",
    ahead="Enough to hurt: 8 in 10 (1900–14k within 7 days)",
    deadlines=("First response by 13:00 (49 min left)",),
    owner="paged at 12:11, nobody has it yet",
    buttons=(
        Button("langyan.ack", "Acknowledge", "12", "primary"),
        Button("langyan.false", "False alarm", "12"),
        Button("langyan.snooze", "Wake me at 8", "12"),
        Button(
            "langyan.more",
            "More",
            "12",
            "overflow",
            (
                ("silence", "Silence…"),
                ("reassign", "Reassign…"),
                ("merge", "Merge…"),
                ("split", "Split…"),
                ("export", "Export"),
            ),
        ),
    ),
    outlook="预计 24 小时 4100 次转发",
    facts=(("Similar posts", "4 posts: Weibo 3 · Xiaohongshu 1"), ("Product", "芋泥奶茶")),
    reasons_label="Why orange",
    reasons=("bad for the brand and spreading: 7 in 10",),
    row_label="Open the post",
    times="Published 12:00 · first seen 12:03 · paged 12:11 · as of 12:11 (11 min after publication)",
    footer="Incident #12 · Langyan",
    link="https://board.example/incidents/12",
    link_label="Open on the board",
)


@pytest.mark.parametrize(("language", "golden"), [("zh", GOLDEN_ZH), ("en", GOLDEN_EN)])
def test_the_golden_card(language: Any, golden: cards.Card) -> None:
    assert cards.card(the_incident(), language, NOW, board_url="https://board.example") == golden


def test_without_a_public_address_no_card_carries_a_link_to_the_board() -> None:
    assert cards.card(the_incident(), "zh", NOW).link == ""


def test_an_incident_found_late_says_so_first() -> None:
    told = cards.card(the_incident(found_late=True), "zh", NOW)
    assert told.push.startswith("发现较晚 · 🟠橙")
    assert told.notices == ("发现较晚：发布 3 分钟后才首次看到。",)


def test_what_may_be_told_twice_says_so_first() -> None:
    told = cards.card(the_incident(), "zh", NOW, repeat=True)
    assert told.push.startswith("可能重复 · ")
    assert told.notices[0].startswith("可能重复")


def test_a_post_that_is_gone_is_not_said_to_have_calmed() -> None:
    incident = the_incident()
    assert incident.lead is not None
    gone = replace(incident.lead, looks=(a_look(availability=Availability.GONE),))
    assert any("不等于平息" in line for line in cards.card(replace(incident, lead=gone), "zh", NOW).notices)


def test_where_there_are_no_curves_no_number_is_promised() -> None:
    told = cards.card(the_incident(forecast=a_forecast(p_viral=None, now=61)), "zh", NOW)
    assert told.headline == "🟠 橙 · 星禾 · 现有 61 次转发"
    assert told.ahead == ""


def test_an_incident_of_which_little_is_known_still_makes_a_card() -> None:
    bare = an_incident(lead=None, forecast=None)
    for language in ("zh", "en"):
        told = cards.card(bare, language, NOW)
        assert "星禾" in told.push
        assert told.quote == ""


def test_the_push_drops_what_does_not_fit_and_never_half_of_it() -> None:
    told = cards.card(the_incident(found_late=True, brand="很长的品牌" * 10), "en", NOW, repeat=True)
    assert len(told.push) <= 100
    assert told.push.startswith("may be a repeat · found late · 🟠orange · 很长的品牌")
    assert "61 reposts now" in cards.card(the_incident(), "en", NOW, repeat=True).push


@pytest.mark.parametrize("severity", list(Severity))
def test_each_severity_has_its_colour(severity: Severity) -> None:
    told = cards.card(the_incident(severity=severity), "zh", NOW)
    assert told.headline[:3] == {1: "🔵 蓝", 2: "🟡 黄", 3: "🟠 橙", 4: "🔴 红"}[severity.value]


SENTENCES = [
    ("forecast", {"p_viral": 0.82, "unit": "reposts", "median": 5210}, "八成可能闹大，预计约 5200 次转发"),
    ("count_ceiling", {"now": 512, "threshold": 500, "unit": "reposts"}, "已有 512 次转发，过了 500 这条线"),
    (
        "shoved",
        {"now": 512, "threshold": 500, "unit": "reposts", "shoved": 360},
        "已有 512 次转发，过了 500 这条线；其中 360 次转发是一下子涌来的，像是刷的，先不计入",
    ),
    ("risk", {"risk": 0.9, "threshold": 0.6}, "对品牌不利，又会传开：九成可能"),
    ("by_hand", {"by": "李娜"}, "李娜请大家留意"),
    ("split", {"by": "李娜", "from": 7}, "由李娜从事件 #7 拆出"),
    ("came_back", {"was": "resolved", "from": "orange", "to": "red"}, "关闭之后又涨起来了"),
    ("aimed", {"aimed": 0.71, "evidence": ["虫", "恶心"]}, "七成可能对品牌不利：「虫」「恶心」"),
    ("aimed", {"aimed": 0.71, "evidence": []}, "七成可能对品牌不利"),
    ("growth", {"per_minute": 8.25, "unit": "likes", "now": 12000}, "还在涨：每分钟 8.2 个赞，现有 1.2 万"),
    ("found_late", {"first_seen_age_min": 95, "now": 800}, "发现较晚：首次看到时已发布 1 小时 35 分，现有 800"),
    ("near_duplicates", {"posts": 7}, "同样的说法已有 7 帖"),
    ("raised", {"from": "yellow", "to": "orange"}, "由黄升为橙"),
    ("views", {"now": 120000, "threshold": 50000, "unit": "views"}, "已有 12 万次阅读，过了 5 万这条线"),
    ("low_confidence", {"confidence": 0.6}, "六成可能在说本品牌，请先核对"),
    ("lowered", {"from": "orange", "to": "yellow", "calm_min": 120}, "由橙降为黄：已平稳 2 小时"),
    ("official", {"author": "杭州市场\u202e监管"}, "官方账号发声：「杭州市场监管」"),
    (
        "red_line",
        {
            "zh": ["人身伤害", "未成年人"],
            "en": ["injury", "minors"],
            "words": ["缝了六针"],
            "now": 3,
            "unit": "reposts",
        },
        "触及红线：人身伤害、未成年人（缝了六针），转发仅 3",
    ),
    (
        "red_line",
        {"zh": ["起火爆炸"], "en": ["fire"], "words": [], "now": 1200, "unit": "likes"},
        "触及红线：起火爆炸，赞已 1200",
    ),
    (
        "red_line",
        {"zh": ["记者采访"], "en": ["a journalist is asking"], "words": [], "now": None},
        "触及红线：记者采访",
    ),
]


def test_a_red_line_is_named_on_the_locked_phone_in_both_languages() -> None:
    facts = {"zh": ["人身伤害"], "en": ["injury"], "words": ["缝了六针"], "now": 3, "unit": "reposts"}
    touched = the_incident(
        reasons=(Reason(code="red_line", facts=facts),), forecast=a_forecast(now=4, per_minute=0.1, p_viral=0.02)
    )
    assert cards.card(touched, "zh", NOW).push.startswith("🟠橙 · 星禾 · 触及红线：人身伤害，转发仅 4")
    assert cards.card(touched, "en", NOW).push.startswith("🟠orange · 星禾 · red line: injury, only 4 reposts")


@pytest.mark.parametrize(("code", "facts", "said"), SENTENCES)
def test_every_reason_is_a_sentence(code: str, facts: dict[str, Any], said: str) -> None:
    assert cards.sentence(Reason(code=code, facts=facts), "zh") == said
    english = cards.sentence(Reason(code=code, facts=facts), "en")
    assert english != code
    assert "{" not in english


def test_an_unknown_reason_stands_for_itself() -> None:
    assert cards.sentence(Reason(code="sunspots", facts={"n": 3}), "zh") == "sunspots"


def test_a_reason_without_its_facts_stands_for_itself() -> None:
    assert cards.sentence(Reason(code="risk", facts={}), "en") == "risk"


@pytest.mark.parametrize(
    ("p", "zh", "en"),
    [(0.0, "几乎不可能", "very unlikely"), (0.34, "三成可能", "3 in 10"), (0.8, "八成可能", "8 in 10"), (0.97, "几乎一定", "almost certain")],
)  # fmt: skip
def test_a_chance_is_said_in_words(p: float, zh: str, en: str) -> None:
    assert words.chance(p, "zh") == zh
    assert words.chance(p, "en") == en


@pytest.mark.parametrize(
    ("value", "zh", "en"),
    [(0, "0", "0"), (0.25, "0.2", "0.2"), (8.0, "8", "8"), (9999, "9999", "9999"), (12_000, "1.2 万", "12k"), (1_234_567, "123 万", "1.2M"), (230_000_000, "2.3 亿", "230M")],
)  # fmt: skip
def test_a_number_is_said_as_people_say_it(value: float, zh: str, en: str) -> None:
    assert words.number(value, "zh") == zh
    assert words.number(value, "en") == en


def test_a_counter_says_how_far_it_may_be_trusted() -> None:
    assert words.count(Count(100_000, Precision.LOWER_BOUND), "zh") == "10 万+"
    assert words.count(Count(1732), "zh") == "1732"


def test_times_are_those_of_shanghai_with_the_day_where_it_is_not_today() -> None:
    moment = datetime(2026, 11, 2, 17, 30, tzinfo=UTC)
    assert words.clock(moment, moment) == "01:30"
    assert words.clock(moment, moment - timedelta(hours=2)) == "11-03 01:30"
    assert words.clock(moment, moment + timedelta(days=90)) == "2026-11-03 01:30"


@pytest.mark.parametrize(
    ("minutes", "zh", "en"),
    [
        (0.5, "不到 1 分钟", "less than a minute"),
        (37, "37 分钟", "37 min"),
        (125, "2 小时 5 分", "2 h 5 min"),
        (1440, "1 天", "1 day"),
        (1500, "1 天 1 小时", "1 day 1 h"),
        (10_080, "7 天", "7 days"),
    ],
)
def test_a_span_is_said_as_people_say_it(minutes: float, zh: str, en: str) -> None:
    assert words.span(timedelta(minutes=minutes), "zh") == zh
    assert words.span(timedelta(minutes=minutes), "en") == en


def test_a_word_to_the_operators_says_what_where_and_what_to_do() -> None:
    body = {
        "what": "auth_expired: no",
        "where": "feed weibo-search",
        "fix": "Renew it",
        "zh": {"what": "凭证失效：no", "where": "数据源 weibo-search", "fix": "换新凭证"},
    }
    told = cards.ops_card(body, "zh")
    assert told.headline == "🔧 需要处理 · 数据源 weibo-search"
    assert told.facts == (("发生了什么", "凭证失效：no"), ("怎么办", "换新凭证"))
    told = cards.ops_card(body, "en")
    assert told.headline == "🔧 Needs an operator · feed weibo-search"
    assert told.facts == (("What", "auth_expired: no"), ("What to do", "Renew it"))


def test_a_word_from_before_there_were_two_languages_is_still_told() -> None:
    told = cards.ops_card({"what": "auth_expired: no", "where": "feed weibo-search", "fix": "Renew it"}, "zh")
    assert told.headline == "🔧 需要处理 · feed weibo-search"


def test_an_all_clear_asks_nobody_for_anything() -> None:
    body = {
        "what": "all clear: it answers again",
        "where": "feed weibo-search",
        "fix": NOTHING_TO_DO.en,
        "zh": {"what": "又能正常返回了", "where": "数据源 weibo-search", "fix": NOTHING_TO_DO.zh},
    }
    told = cards.ops_card(body, "zh")
    assert told.headline == "✅ 已恢复 · 数据源 weibo-search"
    assert told.facts == (("发生了什么", "又能正常返回了"),)
    assert "🔧" not in told.push
    assert cards.ops_card(body, "en").facts == (("What", "it answers again"),)


def test_a_kind_of_receiver_is_loaded_by_name_or_written_out() -> None:
    assert alerts.load("slack") is alerts.load("alerts.channels.slack:Slack")


@pytest.mark.parametrize("name", ["", "slak", "nowhere.at_all:Thing", "alerts.channels.slack:Nothing", "slack:"])
def test_an_unknown_kind_of_receiver_says_what_to_do(name: str) -> None:
    with pytest.raises(ConfigError) as caught:
        alerts.load(name)
    assert caught.value.fix


def test_more_posts_of_it_are_rows_that_strangers_cannot_dress_up() -> None:
    others = (
        a_mention(id=2, post=a_post(native_id="2", text="我也是 <!channel> *真的*", url="https://m.weibo.cn/status/2")),
        a_mention(id=3, post=a_post(native_id="3", text="一\n二\u202e三", url="javascript:alert(1)")),
    )
    said = cards.card(an_incident(posts=14, others=others), "zh", NOON)
    assert said.rows_label == "还有这些帖子"
    assert ("相似帖", "14 帖") in said.facts
    assert said.rows[0][1] == "https://m.weibo.cn/status/2"
    assert said.rows[1][1] == ""
    assert said.rows[1][0].endswith("一 二三")
    shown = slack_blocks.message(said)
    listed = str(shown["attachments"][0]["blocks"])
    assert "https://m.weibo.cn/status/2" in listed
    assert "javascript" not in listed
    assert "<!channel>" not in slack_blocks.plain(said)["text"]


def test_an_incident_of_one_post_has_no_rows() -> None:
    assert cards.card(an_incident(), "zh", NOON).rows == ()


@pytest.mark.parametrize(
    ("code", "facts", "zh", "en"),
    [
        ("surge", {"posts": 14, "low": 0, "high": 3}, "过去 1 小时 14 条负面，平时这个时候 0–3 条", "14 bad posts in the last hour; 0–3 are usual at this time"),
        ("surge_echo", {"posts": 20, "of_it": 18, "low": 0, "high": 3}, "过去 1 小时 20 条负面（平时这个时候 0–3 条），其中 18 条说的是这件事", "20 bad posts in the last hour (0–3 are usual), 18 of them about this"),
        ("voices", {"authors": 4, "own": 0.17}, "转发的人里有 4 位在骂", "4 of those who pass it on speak badly of the brand"),
        ("same_event", {"incident": 12, "words": ["异物", "珍珠奶茶"]}, "与 #12 是同一件事：都说「异物」「珍珠奶茶」", "the same event as #12: both say “异物”, “珍珠奶茶”"),
        ("same_event", {"incident": None, "words": ["异物"]}, "与另一帖是同一件事：都说「异物」", "the same event as another post: both say “异物”"),
        ("ratings", {"low_reviews": 9, "rated": 12, "usual_share": 0.13}, "一天里 12 条评价有 9 条是一两星，平时占 13%", "9 of 12 reviews within a day give one or two stars; 13% is usual"),
        ("hot_list", {"topic": "星禾异物", "lists": [["weibo", 12]]}, "上榜：微博热搜第 12 位「星禾异物」", "on a hot list: Weibo’s hot searches, place 12 “星禾异物”"),
        ("hot_list", {"topic": "星禾异物", "lists": [["douyin", 3], ["mine", None]]}, "上榜：抖音热榜第 3 位、mine热榜「星禾异物」", "on a hot list: Douyin’s hot list, place 3; mine hot list “星禾异物”"),
        ("surge_rise", {"now": 64, "low": 0, "high": 18, "unit": "reposts"}, "这一小时的负面合起来 64 次转发，平时这个时候 0–18", "the bad posts of this hour have 64 reposts together; 0–18 are usual at this time"),
        ("surge_reach", {"now": 720, "threshold": 500, "unit": "reposts"}, "合起来已有 720 次转发，过了 500 这条线", "together 720 reposts already, over the line of 500"),
    ],
)  # fmt: skip
def test_what_many_posts_say_together(code: str, facts: dict[str, Any], zh: str, en: str) -> None:
    reason = Reason(code=code, facts=facts)
    assert (cards.sentence(reason, "zh"), cards.sentence(reason, "en")) == (zh, en)


@pytest.mark.parametrize(("code", "zh"), [("surge", "1 小时 14 条负面"), ("ratings", "一天 9 条差评")])
def test_the_headline_of_a_crowd_says_how_many(code: str, zh: str) -> None:
    reason = Reason(code=code, facts={"posts": 14, "low_reviews": 9})
    assert zh in cards.card(an_incident(reasons=(reason,)), "zh", NOON).headline
    worse = (Reason(code="risk", facts={"risk": 0.9, "threshold": 0.7}), reason)
    assert zh not in cards.card(an_incident(reasons=worse), "zh", NOON).headline
