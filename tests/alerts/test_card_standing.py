"""A card as its incident goes through its life: who has it, what is due, what can be pressed, how it ended."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from alerts.card import card
from alerts.channels import slack_blocks
from monitor.model import Act, Incident, IncidentState, Opinion
from monitor.sandbox import slack_blocks as slacks_rules
from tests.alerts.scenes import LI, WANG, at, event, false_alarm, fresh, overdue, resolved, scenes, taken


def actions(incident: Incident, minutes: float, **given: Any) -> list[str]:
    return [button.action.removeprefix("langyan.") for button in card(incident, "zh", at(minutes), **given).buttons]


def test_what_can_be_pressed_follows_how_it_stands() -> None:
    assert actions(fresh(), 11) == ["ack", "false", "snooze", "more"]
    assert actions(taken(), 14) == ["respond", "false", "more"]
    assert actions(replace(taken(), state=IncidentState.RESPONDING, responding_at=at(40)), 41) == [
        "resolve",
        "false",
        "more",
    ]
    assert actions(replace(fresh(), state=IncidentState.DORMANT), 3000) == ["resolve", "false", "more"]
    assert actions(replace(fresh(), state=IncidentState.TRIAGE, paged_at=None), 11) == ["ack", "false", "more"]
    assert actions(replace(fresh(), snoozed_until=at(1200)), 40) == ["ack", "false", "more"]
    assert actions(fresh(), 11, mode="trial") == ["wake_right", "wake_wrong"]


def test_a_closed_one_can_be_taken_back_for_ten_minutes() -> None:
    assert actions(false_alarm(), 28) == ["undo"]
    assert actions(false_alarm(), 30) == []
    assert actions(resolved(), 385) == ["undo"]
    assert actions(replace(resolved(), state=IncidentState.REVIEWED), 385) == []


@pytest.mark.parametrize("state", list(IncidentState))
@pytest.mark.parametrize("owner", [None, LI])
def test_a_menu_holds_as_much_as_slack_takes_and_every_button_says_which_incident(
    state: IncidentState, owner: Any
) -> None:
    for language in ("zh", "en"):
        told = card(fresh(state=state, owner=owner, merged_into=9), language, at(20))
        assert slacks_rules.problems(slack_blocks.message(told)["blocks"]) == []
        for button in told.buttons:
            assert button.value == "128"
            assert len(button.choices) <= 5


def test_what_must_happen_by_when_is_said_before_and_after() -> None:
    assert card(fresh(), "zh", at(18)).deadlines == ("13:00 前要有第一次回应（还剩 42 分钟）",)
    assert card(overdue(), "zh", at(72)).deadlines == (
        "已过 1 小时时限 12 分钟，还没有第一次回应",
        "16:00 前要有正式回应（还剩 2 小时 48 分）",
    )
    assert card(fresh(), "en", at(72)).deadlines[0] == "First response overdue by 12 min"
    assert card(fresh(), "zh", at(60 * 26)).deadlines == ("已过 24 小时时限 2 小时，还没有处理结果",)
    assert "已过 24 小时时限" in card(fresh(), "zh", at(60 * 26)).push


def test_who_responds_has_kept_the_first_limits() -> None:
    responding = replace(taken(), state=IncidentState.RESPONDING, responding_at=at(41))
    assert card(responding, "zh", at(72)).deadlines == ("11-03 12:00 前要有处理结果（还剩 22 小时 48 分）",)


def test_no_clock_runs_for_what_nobody_was_told_of() -> None:
    for state in (IncidentState.DETECTED, IncidentState.TRIAGE, IncidentState.DORMANT):
        assert card(fresh(state=state), "zh", at(72)).deadlines == ()


def test_it_says_who_has_it_and_since_when() -> None:
    assert card(fresh(), "zh", at(11)).owner == "12:11 呼叫，还没有人认领"
    assert card(taken(), "zh", at(14)).owner == "李雷 12:14 认领"
    assert ("负责人", "李雷") in card(taken(), "zh", at(14)).facts
    responding = replace(taken(), state=IncidentState.RESPONDING, responding_at=at(41))
    assert card(responding, "en", at(72)).owner == "李雷 has it since 12:14, responding since 12:41"
    asleep = replace(fresh(), snoozed_until=at(20 * 60))
    assert card(asleep, "zh", at(30)).owner == "12:11 呼叫，还没有人认领，静到 11-03 08:00，涨得快会提前叫"


def test_a_colleague_may_call_themselves_anything() -> None:
    told = card(replace(taken(), owner=LI._replace(name="<!channel>\u202e" * 40)), "zh", at(14))
    assert slacks_rules.mentions("", slack_blocks.message(told)["blocks"], []) == ()
    assert len(told.owner) < 60


def test_a_resolved_one_is_three_lines_and_the_outcome() -> None:
    closed = (event(Act.RESOLVE, 380, WANG, reason="已退款并道歉"),)
    told = card(resolved(), "zh", at(400), events=closed)
    assert told.headline.startswith("✅ 已解决 · 星禾 · 「今天下午")
    assert told.now == "橙级 · 61 次转发 · 24 条评论 · 130 个赞 · 4 帖：微博 3 · 小红书 1"
    assert told.owner == "李雷 12:14 认领，12:41 开始应对，18:20 解决（王芳），发布后 6 小时 20 分"
    assert told.outlook == "结果：已退款并道歉"
    assert (told.quote, told.deadlines, told.reasons, told.rows, told.picture) == ("", (), (), (), None)


def test_a_false_alarm_names_who_called_it_one_and_why() -> None:
    told = card(false_alarm(), "zh", at(20), events=(event(Act.FALSE_ALARM, 19, WANG, reason="not_bad"),))
    assert told.owner == "王芳 12:19 标为误报，发布后 19 分钟"
    assert told.outlook == "原因：不是负面"


def test_one_that_was_merged_says_into_which() -> None:
    told = card(fresh(state=IncidentState.MERGED, merged_into=9, resolved_at=at(20)), "zh", at(21))
    assert told.owner == "已并入事件 #9，后续都在那里。"


def test_what_came_back_names_who_had_closed_it() -> None:
    assert "王芳标为误报后，13:35 又涨起来了。" in scenes()["came back"].notices
    assert (
        "It flared up again 13:35 after a quiet time."
        in card(fresh(), "en", at(96), events=(event(Act.REIGNITE, 95),)).notices
    )


def test_on_trial_it_says_so_first_and_asks() -> None:
    told = scenes()["trial"]
    assert told.push.startswith("试运行 · 🟠橙")
    assert told.notices == ("试运行：没有叫醒任何人。该叫醒你吗？",)


@pytest.mark.parametrize("name", list(scenes()))
@pytest.mark.parametrize("language", ["zh", "en"])
def test_every_scene_fits_a_locked_phone_and_talks_to_people(name: str, language: Any) -> None:
    told = scenes(language)[name]
    assert 0 < len(told.push) <= 100
    assert "http" not in told.push
    assert told.link == ""
    said = str(slack_blocks.message(told)).lower()
    for machine in ("模型", "置信", "p_viral", "0.8", "engine", "score", "'test", "none", "threshold"):
        assert machine not in said, machine


def test_two_readings_that_differ_are_told_in_words() -> None:
    incident = fresh()
    assert incident.lead is not None
    assert incident.lead.sentiment is not None
    second = replace(incident.lead.sentiment, second=Opinion(0.3, "snownlp"))
    told = card(replace(incident, lead=replace(incident.lead, sentiment=second)), "zh", at(11))
    assert "换一种读法，只有三成可能是负面。请先读原文。" in told.notices


def test_buttons_are_left_out_where_no_app_would_answer_them() -> None:
    told = scenes()["fresh"]
    assert "langyan.ack" in str(slack_blocks.message(told))
    assert "langyan.ack" not in str(slack_blocks.message(told, buttons=False))


def test_another_rendering_is_another_block() -> None:
    ids = {
        slack_blocks.message(card(fresh(), "zh", at(11) + timedelta(seconds=s)))["blocks"][2]["block_id"]
        for s in (0, 1)
    }
    assert len(ids) == 2
    assert all(name.startswith("incident-128:buttons:") for name in ids)
