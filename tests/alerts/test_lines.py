"""What stands in a thread, and the tables of a storm and a digest."""

import re
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from alerts import lines, tables
from alerts.channels import slack_blocks
from alerts.lines import line
from monitor.model import Severity
from monitor.sandbox import slack_blocks as slacks_rules
from tests.alerts.scenes import at, fresh, red_line
from tests.builders import NOON

UNTIL = (NOON + timedelta(hours=20)).isoformat()
LINES: list[tuple[str, dict[str, Any], str, str]] = [
    ("acknowledged", {"by": "李雷"}, "李雷 认领了。", "李雷 has it."),
    ("taken", {"by": "王芳", "owner": "李雷"}, "王芳 也来认领；李雷 已经认领，由 李雷 负责。", "王芳 wanted it too; 李雷 has it already."),
    ("released", {"by": "李雷", "owner": "李雷"}, "李雷 放回待认领，现在没有人负责。", "李雷 released it; nobody has it now."),
    ("owner_changed", {"by": "李雷", "to": "王芳", "from": "李雷"}, "李雷 转给 王芳，由 王芳 负责。", "李雷 handed it to 王芳, who has it now."),
    ("responding", {"by": "李雷"}, "李雷 开始应对。", "李雷 has begun to respond."),
    ("resolved", {"by": "李雷", "reason": "已退款"}, "李雷 标为已解决：已退款。", "李雷 resolved it: 已退款."),
    ("resolved", {"by": "李雷"}, "李雷 标为已解决。", "李雷 resolved it."),
    ("false_alarm", {"by": "王芳", "reason": "not_about_us"}, "王芳 标为误报：说的不是我们。10 分钟内可以撤销。", "王芳 called it a false alarm: Not about us. It can be undone for 10 minutes."),
    ("undone", {"by": "王芳", "was": "false_alarm"}, "王芳 撤销了「误报」，一切照旧。", "王芳 took back “false alarm”; it stands as before."),
    ("snoozed", {"by": "李雷", "until": UNTIL}, "李雷 静到 11-03 08:00；涨得快会提前叫。", "李雷 wants quiet until 11-03 08:00, unless it speeds up."),
    ("snooze_over", {}, "静默的时间到了，还没有人认领。", "The quiet is over, and nobody has it."),
    ("snooze_broken", {"unit": "reposts", "was": 60, "now": 140}, "提前叫醒：静下来之后涨得快，从 60 到 140 次转发。", "Back early: it has sped up, from 60 to 140 reposts."),
    ("snooze_broken", {"unit": "reposts", "pace_was": 1.5, "pace": 4}, "提前叫醒：静下来之后涨得快，从每分钟 1.5 到 4。", "Back early: it has sped up, from 1.5 to 4 a minute."),
    ("raised", {"from": "orange", "to": "red"}, "由橙升为红。", "Raised from orange to red."),
    ("lowered", {"from": "orange", "to": "yellow"}, "由橙降为黄。", "Lowered from orange to yellow."),
    ("deadline_missed", {"hours": 1}, "已过 1 小时时限，还没有第一次回应，也没有人认领。", "The 1-hour limit has passed: no first response yet, and nobody has it."),
    ("deadline_missed", {"hours": 4, "owner": "李雷"}, "已过 4 小时时限，还没有正式回应（李雷 负责）。", "The 4-hour limit has passed: no full response yet (李雷 has it)."),
    ("dormant", {"hours": 24}, "24 小时没有新变化，先放一放；再涨会在这里叫。", "Nothing new for 24 h, so it rests. If it grows again, this thread says so."),
    ("reignited", {"from": "orange", "to": "red"}, "复燃：平静之后又涨起来了，由橙升为红。", "It flares up again after a quiet time, from orange to red."),
    ("came_back", {"was": "false_alarm", "from": "orange", "to": "red", "closed_by": "王芳"}, "王芳 标为误报，现在又涨起来了，由橙升为红。", "王芳 called it a false alarm; now it grows again, from orange to red."),
    ("came_back", {"was": "resolved", "owner": "李雷"}, "李雷 已经结束，现在又涨起来了。", "李雷 had closed it; now it grows again."),
    ("follow_up", {}, "该回访了：当时投诉的人，现在怎么样？", "Time to follow up: how are those who complained?"),
    ("reviewed", {"by": "李雷"}, "李雷 写好了复盘。", "李雷 wrote the review."),
    ("merged", {"by": "李雷", "from": 7}, "李雷 把事件 #7 并了进来。", "李雷 merged incident #7 into this one."),
    ("merged_into", {"by": "李雷", "into": 9}, "李雷 把这里并入事件 #9，后续在那里。", "李雷 merged this into incident #9; it goes on there."),
    ("split", {"by": "李雷", "into": 13}, "李雷 拆出了几条，另成一起（事件 #13）。", "李雷 made an incident of its own of some posts (incident #13)."),
    ("milestone", {"now": 10_000, "unit": "reposts"}, "到了 1 万次转发。", "10k reposts now."),
    ("platform", {"platform": "xiaohongshu"}, "小红书上也有人说了。", "It is on Xiaohongshu now, too."),
    ("gone", {}, "原帖看不到了，可能已删除；这不等于平息。", "The post is not shown any more; gone is not calmed."),
    ("near_duplicates", {"posts": 7}, "同样的说法已有 7 帖。", "7 posts say the same."),
    ("official", {"author": "杭州市场监管"}, "官方账号发声：「杭州市场监管」。", "an official account speaks: “杭州市场监管”."),
]  # fmt: skip


@pytest.mark.parametrize(("code", "facts", "zh", "en"), LINES)
def test_a_milestone_is_one_calm_sentence(code: str, facts: dict[str, Any], zh: str, en: str) -> None:
    assert line(code, facts, "zh") == zh
    assert line(code, facts, "en") == en


@pytest.mark.parametrize(
    ("code", "facts"),
    [("acknowledged", {}), ("raised", {"from": "mauve", "to": "red"}), ("snoozed", {"until": "soon"}), ("undone", {"by": "x", "was": "y"}), ("deadline_missed", {"hours": 7})],
)  # fmt: skip
def test_a_milestone_without_its_facts_stands_for_itself(code: str, facts: dict[str, Any]) -> None:
    assert line(code, facts, "zh") == code


def test_an_unknown_milestone_stands_for_itself() -> None:
    assert line("sunspots", {"n": 3}, "zh") == "sunspots"


def test_a_page_once_more_says_for_how_long_nobody_has_had_it() -> None:
    told = lines.repeat(fresh(), "zh", at(23))
    assert told.push.startswith("🟠 已呼叫 12 分钟，没有人认领 · 星禾 · 现有 61 次转发，明天 12 点前约 4100")
    assert told.buttons[0].action == "langyan.ack"
    assert told.deadlines == ("13:00 前要有第一次回应（还剩 37 分钟）",)


def test_a_page_of_another_day_is_told_by_its_moment_for_a_clock_may_have_jumped() -> None:
    told = lines.repeat(fresh(), "zh", at(23) + timedelta(days=365))
    assert told.push.startswith("🟠 2026-11-02 12:11 呼叫，还没有人认领 · 星禾")


def test_a_page_that_comes_back_says_why_in_the_push() -> None:
    facts = {"was": "false_alarm", "closed_by": "王芳", "from": "orange", "to": "red"}
    told = lines.repeat(fresh(severity=Severity.RED), "zh", at(95), code="came_back", facts=facts)
    assert told.push.startswith("🔴 王芳 标为误报，现在又涨起来了，由橙升为红 · 星禾")


def a_storm(count: int) -> list[Any]:
    levels = (Severity.ORANGE, Severity.RED, Severity.YELLOW)
    return [replace(fresh(), id=100 + i, severity=levels[i % 3]) for i in range(count)]


@pytest.mark.parametrize("language", ["zh", "en"])
def test_a_storm_is_one_table_the_worst_first_and_says_what_it_leaves_out(language: Any) -> None:
    told = tables.storm(a_storm(20), language, NOON, total=500, board_url="https://board.example")
    assert "500" in told.push
    assert len(told.push) <= 100
    assert told.rows[0][0].startswith("🔴 #101 星禾")
    assert told.rows[0][1] == "https://board.example/incidents/101"
    assert "480" in told.footer
    content = slack_blocks.message(told)
    under = content["attachments"][0]["blocks"]
    assert slacks_rules.problems(content["blocks"]) == []
    assert slacks_rules.problems(under) == []
    assert slacks_rules.characters(content["blocks"]) + slacks_rules.characters(under) < slacks_rules.MOST_CHARACTERS


def test_a_storm_that_is_told_whole_counts_its_colours() -> None:
    told = tables.storm([*a_storm(3), red_line()], "zh", NOON, total=4)
    assert told.rows_label == "🔴红 2 🟠橙 1 🟡黄 1"
    assert told.footer == ""
    assert told.link == ""


def test_a_digest_wakes_nobody_and_says_so() -> None:
    told = tables.digest(a_storm(3), "zh", NOON, total=3)
    assert told.headline == "🗒 11-02 12:00 汇总：3 起，不急"
    assert not told.buttons
    assert not re.search(r"<!|<@", slack_blocks.message(told)["text"])
