"""Incidents as a crisis lead meets them: fresh, on a red line, found late, a surge, acknowledged, overdue, closed, on trial."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from alerts.card import Card, Picture, card
from alerts.words import Language
from monitor.model import (
    Act,
    Actor,
    Author,
    Count,
    Counts,
    Incident,
    IncidentEvent,
    IncidentState,
    Look,
    Precision,
    Reach,
    Reason,
    Severity,
)
from tests.builders import NOON, a_forecast, a_mention, a_post, a_sentiment, an_incident

LI, WANG = Actor("slack:U01", "李雷"), Actor("slack:U02", "王芳")
BUG = (
    "今天下午在星禾南京西路店点了一杯芋泥奶茶，喝到一半从吸管里吸出半只蟑螂！找店员理论，店员王丽说是正常现象，让我别闹，还说可以再送一杯。"
    "我当场吐了，回家以后一直拉肚子，已经去医院挂了急诊，医生说是急性肠胃炎。打客服电话 13812345678 没有人接，投诉到 12315 也没有回音。"
    "发票和小票都留着，就诊记录也拍了照片，欢迎媒体来采访。各位以后千万别去这家店了，求扩散，求转发，让更多人看到！"
)


def at(minutes: float) -> datetime:
    return NOON + timedelta(minutes=minutes)


def seen(minutes: float, reposts: int, comments: int = 0, likes: int = 0) -> Look:
    counts = Counts(
        reposts=Count(reposts),
        comments=Count(comments) if comments else None,
        likes=Count(likes, Precision.ROUNDED if likes >= 10_000 else Precision.EXACT) if likes else None,
    )
    return Look(seen_at=at(minutes), age=minutes * 60, counts=counts)


def reaches(*of: tuple[int, float, float, float]) -> tuple[Reach, ...]:
    return tuple(Reach(timedelta(hours=hours), *rest) for hours, *rest in of)


def fresh(**given: Any) -> Incident:
    """Paged eleven minutes after publication."""
    post = a_post(
        text=BUG,
        url="https://weibo.com/1700000001/Nabcdef12",
        author=Author(name="小禾苗爱喝奶茶", followers=12_345),
        product="芋泥奶茶",
        region="上海",
    )
    looks = (seen(3, 3, 1, 5), seen(6, 17, 6, 30), seen(9, 38, 14, 77), seen(11, 61, 24, 130))
    others = (
        a_mention(
            id=2,
            post=a_post(
                native_id="5341",
                text="同一家店！上周我也喝出过头发，店长说报警也没用",
                url="https://weibo.com/1700000003/Nabcdef14",
                author=Author(name="路过的风", followers=320),
            ),
            seen=(seen(10, 4, 2, 9),),
        ),
        a_mention(
            id=3,
            post=a_post(
                platform="xiaohongshu",
                native_id="65f1",
                text="避雷星禾南京西路店，奶茶里有虫",
                url="https://www.xiaohongshu.com/explore/65f1",
                author=Author(name="一颗小桃子", followers=2100),
            ),
            seen=(Look(seen_at=at(10), age=400, counts=Counts(likes=Count(86), collects=Count(12))),),
        ),
    )
    fields: dict[str, Any] = {
        "id": 128,
        "born": NOON,
        "lead": a_mention(
            post=post, first_seen=at(3), seen=looks, sentiment=a_sentiment(evidence=("蟑螂", "拉肚子", "没有人接"))
        ),
        "forecast": a_forecast(
            now=61,
            per_minute=8.0,
            median=5210.0,
            low=1930.0,
            high=14_200.0,
            p_viral=0.83,
            reaches=reaches((1, 420, 190, 900), (3, 1500, 600, 3600), (6, 2700, 1000, 6800), (24, 4100, 1500, 11_200)),
            sentence="按现在的速度，预计 24 小时后 4100 次转发（八成把握 1500–1.1万）；现在 61，每分钟 +8；20 条走势相近的旧帖里，有 16 条超过 500",
        ),
        "posts": 4,
        "platforms": (("weibo", 3), ("xiaohongshu", 1)),
        "others": others,
        "risk": 0.88,
        "paged_at": at(11),
        "opened_at": at(11),
        "reasons": (
            Reason(code="risk", facts={"risk": 0.88, "threshold": 0.85}),
            Reason(code="forecast", facts={"p_viral": 0.83, "unit": "reposts", "median": 5210}),
            Reason(code="aimed", facts={"aimed": 0.97, "evidence": ["蟑螂", "拉肚子", "没有人接"]}),
        ),
    }
    return an_incident(**{**fields, **given})


def red_line() -> Incident:
    """A harm with three reposts: small, and red."""
    post = a_post(
        text="孩子在星禾店里被掉下来的吊灯砸到头，缝了六针，店家只肯赔 500 块。",
        url="https://weibo.com/1700000001/Nabcdef13",
        author=Author(name="安安妈妈", followers=86),
    )
    facts = {
        "zh": ["人身伤害", "未成年人"],
        "en": ["injury", "minors"],
        "words": ["缝了六针", "孩子"],
        "now": 3,
        "unit": "reposts",
    }
    return fresh(
        severity=Severity.RED,
        lead=a_mention(post=post, first_seen=at(2), seen=(seen(2, 1), seen(5, 3, 1)), sentiment=a_sentiment(evidence=("缝了六针",))),
        forecast=a_forecast(now=3, per_minute=0.4, p_viral=0.12, median=40.0, low=6.0, high=320.0, reaches=reaches((1, 9, 4, 30), (3, 18, 5, 90), (6, 25, 6, 160), (24, 35, 6, 280)), sentence="按现在的速度，预计 24 小时后 35 次转发（八成把握 6–280）；现在 3"),
        posts=1,
        platforms=(),
        others=(),
        reasons=(Reason(code="red_line", facts=facts), Reason(code="aimed", facts={"aimed": 0.91, "evidence": ["缝了六针"]})),
        paged_at=at(5),
    )  # fmt: skip


def found_late() -> Incident:
    """First seen five hours after publication, without a curve of its platform."""
    incident = fresh()
    assert incident.lead is not None
    looks = tuple(
        Look(seen_at=at(m), age=m * 60, counts=Counts(likes=Count(n), comments=Count(n // 9), collects=Count(n // 20)))
        for m, n in ((300, 1800), (310, 2100), (320, 2500))
    )
    post = replace(incident.lead.post, platform="xiaohongshu", url="https://www.xiaohongshu.com/explore/65f2")
    return replace(
        incident,
        lead=replace(incident.lead, post=post, looks=looks, first_seen=at(300), background=True),
        forecast=a_forecast(
            unit="likes",
            now=2500,
            per_minute=35.0,
            p_viral=None,
            sentence="现在 2500 个赞，每分钟 +35；照此再过 1 小时约 4600",
        ),
        found_late=True,
        paged_at=at(320),
        reasons=(
            Reason(code="count_ceiling", facts={"now": 2500, "threshold": 2000, "unit": "likes"}),
            Reason(code="aimed", facts={"aimed": 0.97, "evidence": ["蟑螂"]}),
            Reason(code="found_late", facts={"first_seen_age_min": 300, "now": 2500}),
        ),
    )


def surge() -> Incident:
    """Many small posts in an hour."""
    facts = {"posts": 23, "low": 0, "high": 3}
    return fresh(
        posts=23,
        platforms=(("weibo", 17), ("xiaohongshu", 5), ("appstore", 1)),
        reasons=(Reason(code="surge", facts=facts), Reason(code="aimed", facts={"aimed": 0.8, "evidence": ["退款", "不发货"]})),
        forecast=a_forecast(now=6, per_minute=0.1, p_viral=0.05, median=20.0, low=8.0, high=60.0, reaches=reaches((1, 8, 6, 12), (3, 10, 6, 20), (6, 13, 7, 30), (24, 18, 7, 50)), sentence="按现在的速度，预计 24 小时后 18 次转发"),
        paged_at=at(58),
    )  # fmt: skip


def taken() -> Incident:
    return fresh(state=IncidentState.ACKNOWLEDGED, owner=LI, acknowledged_at=at(14), version=3)


def overdue() -> Incident:
    return fresh(state=IncidentState.ACKNOWLEDGED, owner=LI, acknowledged_at=at(14), missed=1, version=4)


def resolved() -> Incident:
    return fresh(
        state=IncidentState.RESOLVED,
        owner=LI,
        acknowledged_at=at(14),
        responding_at=at(41),
        resolved_at=at(380),
        version=6,
    )


def false_alarm() -> Incident:
    return fresh(state=IncidentState.FALSE_ALARM, false_by=WANG, resolved_at=at(19), version=3)


def came_back() -> Incident:
    return fresh(severity=Severity.RED, version=5)


def event(act: Act, minutes: float, actor: Actor = LI, reason: str = "", **facts: Any) -> IncidentEvent:
    return IncidentEvent(
        id=1,
        incident_id=128,
        at=at(minutes),
        act=act,
        before=IncidentState.OPEN,
        after=IncidentState.OPEN,
        actor=actor,
        source="slack",
        reason=reason,
        facts=facts,
        key=f"k{act.value}",
    )


def scenes(language: Language = "zh", picture: Picture | None = None, board_url: str = "") -> Mapping[str, Card]:
    """Each as a card, at the moment it is looked at."""

    def shown(incident: Incident, minutes: float, **given: Any) -> Card:
        return card(incident, language, at(minutes), picture=picture, board_url=board_url, **given)

    closed = (event(Act.RESOLVE, 380, reason="已退款，门店停业整顿，并在微博公开道歉"),)
    wrong = (event(Act.FALSE_ALARM, 19, WANG),)
    back = (event(Act.REIGNITE, 95, was="false_alarm", closed_by="王芳"),)
    return {
        "fresh": shown(fresh(), 11),
        "red line": shown(red_line(), 5),
        "found late": shown(found_late(), 320),
        "surge": shown(surge(), 58),
        "taken": shown(taken(), 14),
        "overdue": shown(overdue(), 72),
        "resolved": shown(resolved(), 381, events=closed),
        "false alarm": shown(false_alarm(), 20, events=wrong),
        "came back": shown(came_back(), 96, events=back),
        "trial": shown(fresh(), 11, mode="trial"),
        "repeat": shown(fresh(), 11, repeat=True),
        "link": shown(fresh(), 11, shows="link"),
    }
