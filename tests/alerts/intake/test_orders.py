"""What people press, fill in, type and reply, and what becomes of incidents by it."""

from datetime import timedelta
from typing import Any

import pytest

from monitor.model import Act, Actor, IncidentState, Outcome, Receipt, Said
from monitor.spread.revisit import AHEAD
from monitor.store import schema
from tests.alerts.intake.conftest import Office, said
from tests.alerts.intake.payloads import AT, a_press, typed
from tests.builders import NOON
from tests.store.seen import CRISIS, SETTLE, US, a_scored_mention, page, pages, rows

LI, WANG = Actor("slack:U0LI", "li"), Actor("slack:U0WANG", "wang")


@pytest.fixture
def number(office: Office) -> int:
    return page(office.store, "5340")


def state(office: Office, number: int) -> IncidentState:
    incident = office.store.incident(number)
    assert incident is not None
    return incident.state


def owner(office: Office, number: int) -> Actor | None:
    incident = office.store.incident(number)
    assert incident is not None
    return incident.owner


def acts(office: Office, number: int) -> list[Act]:
    return [event.act for event in office.store.events(number)]


def labels(office: Office) -> list[str]:
    return [row["verdict"] for row in rows(office.store, schema.label)]


# ── one tap ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_one_tap_takes_it(office: Office, number: int) -> None:
    assert "由你认领" in said(office.press("ack", number))
    assert state(office, number) is IncidentState.ACKNOWLEDGED
    assert owner(office, number) == LI


def test_of_two_people_one_has_it_and_both_are_told(office: Office, number: int) -> None:
    office.press("ack", number)
    assert "li" in said(office.press("ack", number, user="U0WANG"))
    assert owner(office, number) == LI
    assert "本来就在你手上" in said(office.press("ack", number))


def test_the_same_press_again_changes_nothing(office: Office, number: int) -> None:
    office.press("ack", number, at=AT)
    before = acts(office, number)
    assert office.press("ack", number, at=AT).outcome == "known"
    assert acts(office, number) == before


def test_a_press_that_was_carried_out_before_a_kill_gives_the_same_answer_after_it(office: Office, number: int) -> None:
    envelope = office.again("interactive", a_press("ack", number))
    first = office.orders.carry_out(envelope)
    before = acts(office, number)
    assert office.orders.carry_out(envelope) == first
    assert acts(office, number) == before


def test_a_press_that_comes_after_what_was_pressed_later_changes_nothing(office: Office, number: int) -> None:
    office.press("resolve", number, at="1764000002.000000")
    assert "到得晚" in said(office.press("ack", number, at="1764000001.000000"))
    assert state(office, number) is IncidentState.RESOLVED


def test_the_card_changes_at_once_however_lately_it_changed(office: Office, number: int) -> None:
    def told() -> list[str]:
        found = []
        while (row := office.store.claim(CRISIS, office.clock.now(), SETTLE)) is not None:
            handle = {"channel": "C0CRISIS01", "ts": "1764000000.000100"}
            office.store.settle(row, Receipt(outcome=Outcome.SENT, handle=handle), office.clock.now(), None)
            found.append(row.kind.value)
        return found

    assert "root" in told()
    for action in ("ack", "respond", "resolve"):
        office.clock.advance(2)
        office.press(action, number)
        assert "update" in told()


def test_early_in_the_morning_it_wakes_people_again(office: Office, number: int) -> None:
    assert "11-03 08:00" in said(office.press("snooze", number))
    incident = office.store.incident(number)
    assert incident is not None
    assert incident.snoozed_until == NOON.replace(day=3, hour=0, minute=0)


def test_respond_and_resolve(office: Office, number: int) -> None:
    office.press("respond", number)
    assert (state(office, number), owner(office, number)) == (IncidentState.RESPONDING, LI)
    office.press("resolve", number)
    assert state(office, number) is IncidentState.RESOLVED


def test_what_has_ended_says_so(office: Office, number: int) -> None:
    office.press("resolve", number)
    assert "已解决" in said(office.press("ack", number, user="U0WANG"))


def test_an_incident_that_is_not_there_is_said(office: Office) -> None:
    assert "没有 #99" in said(office.press("ack", 99))
    assert "没有 #99" in office.type("ack 99")
    assert "没有 #99" in office.type("show 99")


# ── false alarms, and why ───────────────────────────────────────────────────────────────────────────────────────────


def test_a_false_alarm_is_one_tap_and_why_is_asked_afterwards(office: Office, number: int) -> None:
    result = office.press("false", number)
    assert state(office, number) is IncidentState.FALSE_ALARM
    assert result.answer is not None
    menu, undo = result.answer.elements
    assert [one["value"] for one in menu["options"]] == [
        "not_about_us", "not_bad", "stayed_small", "known", "advert",
    ]  # fmt: skip
    assert result.answer.block == f"incident-{number}:reason"
    assert (undo["action_id"], undo["value"]) == ("langyan.undo", str(number))


def test_a_false_alarm_can_be_undone_for_ten_minutes(office: Office, number: int) -> None:
    office.press("false", number)
    office.press("undo", number)
    assert state(office, number) is IncidentState.OPEN
    office.press("false", number)
    office.clock.advance(601)
    assert "不能撤销" in said(office.press("undo", number))


@pytest.mark.parametrize("why", [Said.NOT_ABOUT_US, Said.NOT_BAD, Said.STAYED_SMALL])
def test_why_goes_where_it_belongs(office: Office, number: int, why: Said) -> None:
    office.press("false", number)
    office.press("reason", number, chosen=why.value)
    assert labels(office) == [why.value]
    assert [event.reason for event in office.store.events(number)][-1] == why.value


def test_what_was_known_teaches_nothing(office: Office, number: int) -> None:
    office.press("false", number)
    office.press("reason", number, chosen="known")
    assert labels(office) == []


def test_an_advert_proposes_a_word_with_how_many_it_would_have_changed(office: Office) -> None:
    for name in ("1", "2"):
        a_scored_mention(office.store, name, text="星禾新品抽奖，转发有礼")
    advert = a_scored_mention(office.store, "3", text="星禾奶茶抽奖 #星禾宠粉节# 快来")
    number = office.store.apply([pages(advert)], NOON)[0]
    office.press("false", number)
    result = office.press("reason", number, chosen="advert")
    assert result.answer is not None
    assert [button["text"]["text"] for button in result.answer.elements] == [
        "排除「抽奖」(3)",
        "排除「星禾宠粉节」(1)",
    ]
    office.press("word.0", value=result.answer.elements[0]["value"])
    assert [(word.brand, word.query) for word in office.store.words(NOON)] == [(US, "抽奖")]
    assert labels(office) == []


def test_an_advert_without_a_word_of_adverts_says_how_to_leave_one_out(office: Office, number: int) -> None:
    office.press("false", number)
    assert "/langyan except" in said(office.press("reason", number, chosen="advert"))


def test_on_trial_a_press_is_a_judgement(office: Office, number: int) -> None:
    office.press("wake_right", number)
    assert labels(office) == [Said.CONFIRMED.value]
    result = office.press("wake_wrong", number, user="U0WANG")
    assert "为什么" in said(result)
    assert state(office, number) is IncidentState.OPEN


def taught(office: Office) -> list[str]:
    return [label.said for label in office.store.labelled()]


def test_on_trial_who_changes_their_mind_takes_the_label_back(office: Office, number: int) -> None:
    office.press("wake_right", number)
    office.press("wake_wrong", number, user="U0WANG")
    assert taught(office) == [Said.CONFIRMED]
    office.press("wake_wrong", number)
    assert taught(office) == []
    office.press("reason", number, chosen=Said.NOT_BAD.value)
    assert taught(office) == [Said.NOT_BAD]
    office.press("wake_right", number)
    assert taught(office) == [Said.CONFIRMED]


def test_a_label_taken_back_hides_nobody_elses(office: Office, number: int) -> None:
    office.press("false", number, user="U0WANG")
    office.press("reason", number, user="U0WANG", chosen=Said.NOT_ABOUT_US.value)
    office.press("wake_right", number)
    office.press("wake_wrong", number)
    assert taught(office) == [Said.NOT_ABOUT_US]


def long(office: Office, kind: str, payload: dict[str, Any]) -> bool:
    return office.orders.takes_long(office.again(kind, payload))


def test_an_export_takes_long_and_a_tap_does_not(office: Office, number: int) -> None:
    assert long(office, "interactive", a_press("more", number, chosen="export"))
    assert not long(office, "interactive", a_press("ack", number))
    assert not long(office, "slash_commands", typed("list"))


def test_only_a_link_that_has_to_be_asked_takes_long(office: Office) -> None:
    assert long(office, "slash_commands", typed(f"track {SHORT} {US}"))
    assert not long(office, "slash_commands", typed(f"track https://weibo.com/1234567890/K3fnuEfZK {US}"))


# ── forms ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_silence_asks_how_long_and_why_in_a_form_and_always_ends(office: Office, number: int) -> None:
    result = office.press("more", number, chosen="silence")
    assert result.view is not None
    trigger, view = result.view
    assert trigger == "trigger-1"
    choices = [one["value"] for one in view["blocks"][0]["element"]["options"]]
    assert choices[-1] == "24h"
    assert "静默" in view["title"]["text"]
    told = said(office.fill("silence", number, lasts="2h", reason="在开会"))
    incident = office.store.incident(number)
    assert incident is not None
    assert incident.snoozed_until == NOON + timedelta(hours=2)
    assert "14:00" in told
    assert office.store.events(number)[-1].reason == "在开会"


def test_nobody_can_silence_for_longer_than_a_day(office: Office, number: int) -> None:
    assert "最长 24 小时" in said(office.fill("silence", number, lasts="7d"))
    assert "最长 24 小时" in office.type(f"silence {number} 25h")


def test_reassigning_names_whom(office: Office, number: int) -> None:
    assert office.press("more", number, chosen="reassign").view
    assert "老王" in said(office.fill("reassign", number, to="U0WANG"))
    assert owner(office, number) == Actor("slack:U0WANG", "老王")


def test_releasing_gives_it_back(office: Office, number: int) -> None:
    office.press("ack", number)
    office.press("more", number, chosen="release")
    assert owner(office, number) is None


def test_two_incidents_are_merged_into_the_one_that_was_chosen(office: Office, number: int) -> None:
    assert "没有别的事件" in said(office.press("more", number, chosen="merge"))
    other = page(office.store, "5341")
    result = office.press("more", number, chosen="merge")
    assert result.view is not None
    options = result.view[1]["blocks"][0]["element"]["options"]
    assert [one["value"] for one in options] == [str(other)]
    assert f"并入 #{other}" in said(office.fill("merge", number, into=str(other)))
    assert state(office, number) is IncidentState.MERGED


def test_posts_are_split_off_into_an_incident_of_their_own(office: Office, number: int) -> None:
    assert "只有一帖" in said(office.press("more", number, chosen="split"))
    other = page(office.store, "5341")
    office.fill("merge", other, into=str(number))
    result = office.press("more", number, chosen="split")
    assert result.view is not None
    posts = [one["value"] for one in result.view[1]["blocks"][0]["element"]["options"]]
    assert len(posts) == 2
    lead = office.store.incident(number)
    assert lead is not None
    assert lead.lead is not None
    going = next(post for post in posts if post != str(lead.lead.id))
    told = said(office.fill("split", number, posts=(going,)))
    assert f"从 #{number} 分出了 #" in told
    assert len(office.store.incident_posts(number)) == 1


def test_a_form_hides_private_data_of_the_posts(office: Office) -> None:
    number = page(office.store, "5340")
    other = page(office.store, "13812345678")
    office.fill("merge", other, into=str(number))
    result = office.press("more", number, chosen="split")
    assert result.view is not None
    assert "13812345678" not in str(result.view[1]["blocks"])


def test_export_says_where_on_the_server_it_is_and_the_command_for_it(office: Office, number: int) -> None:
    told = said(office.press("more", number, chosen="export"))
    assert f"exports/{number}.zip" in told
    assert f"langyan export {number}" in told


# ── replies ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_word_in_the_thread_counts_as_a_press(office: Office, number: int) -> None:
    assert "由你认领" in said(office.reply("认领", number, user="U0WANG"))
    assert owner(office, number) == Actor("slack:U0WANG", "老王")


def test_a_word_in_another_thread_is_none_of_ours(office: Office, number: int) -> None:
    result = office.reply("认领", number, thread_ts="1764999999.000100")
    assert result.answer is None
    assert owner(office, number) is None


# ── who may ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_who_is_not_on_the_list_may_look_and_nothing_else(office: Office, number: int) -> None:
    office.people.only = {"slack:U0WANG"}
    assert "不在可以操作的名单里" in said(office.press("ack", number))
    assert "不在可以操作的名单里" in said(office.fill("silence", number, lasts="2h"))
    assert "不在可以操作的名单里" in said(office.reply("认领", number))
    assert "不在可以操作的名单里" in office.type(f"ack {number}")
    assert f"#{number}" in office.type("list")
    assert owner(office, number) is None


# ── commands ────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_list_says_what_is_going_on_and_where_it_stands(office: Office, number: int) -> None:
    office.press("ack", number)
    assert f"#{number}" in office.type("list")
    assert "已认领 · li" in office.type("列表")
    office.press("resolve", number)
    assert "没有进行中" in office.type("list")


def test_one_incident_is_shown_with_what_was_said(office: Office, number: int) -> None:
    shown = office.type(f"show {number}")
    assert "奶茶里喝出虫子" in shown
    assert "待认领" in shown


@pytest.mark.parametrize(
    ("typed", "becomes"),
    [("ack", IncidentState.ACKNOWLEDGED), ("误报", IncidentState.FALSE_ALARM), ("解决", IncidentState.RESOLVED)],
)
def test_what_can_be_pressed_can_be_typed(office: Office, number: int, typed: str, becomes: IncidentState) -> None:
    office.type(f"{typed} {number}")
    assert state(office, number) is becomes


def test_the_status_says_what_works_and_what_does_not(office: Office, number: int) -> None:
    office.deaf = 75
    told = office.type("status")
    assert "待认领 1" in told
    assert "断线 1 分钟" in told


def test_help_is_what_is_said_to_nothing(office: Office) -> None:
    assert "/langyan track" in office.type("")
    assert "看不懂「burn」" in office.type("burn it")


# ── what people bring ───────────────────────────────────────────────────────────────────────────────────────────────


def brought(office: Office) -> Any:
    (incident,) = office.store.incidents(list(IncidentState), 10)
    return incident


def test_a_forwarded_link_is_tracked_with_the_counts_that_were_given(office: Office) -> None:
    told = office.type(f"track https://weibo.com/1234567890/K3fnuEfZK 赞 1200 评 300 {US}")
    incident = brought(office)
    assert f"已建 #{incident.id}（待研判）" in told
    assert (incident.state, incident.brand) == (IncidentState.TRIAGE, US)
    lead = incident.lead
    assert lead is not None
    assert str(lead.post.key) == "weibo:4607741009594608"
    counts = lead.looks[-1].counts
    assert (counts.likes.value, counts.comments.value, counts.reposts) == (1200, 300, None)
    assert [one.key.native_id for one in office.store.tracked("weibo", office.clock.now(), 10, AHEAD)] == [
        "4607741009594608"
    ]


def test_it_is_told_where_its_brand_is_told(office: Office) -> None:
    office.type(f"track https://weibo.com/1234567890/K3fnuEfZK {US}")
    assert [row["receiver"] for row in office.store.notifications(brought(office).id)] == ["crisis"]


def test_a_link_that_is_known_joins_its_incident(office: Office) -> None:
    number = page(office.store, "4607741009594608")
    told = office.type(f"track https://m.weibo.cn/status/4607741009594608 转 80 {US}")
    assert f"并入 #{number}" in told
    incident = brought(office)
    assert incident.lead is not None
    assert "虫子" in incident.lead.post.text


def test_the_same_link_twice_is_one_incident(office: Office) -> None:
    for _ in range(2):
        office.type(f"track https://weibo.com/1234567890/K3fnuEfZK {US}")
    brought(office)


SHORT = "http://xhslink.com/a/AbCd1234"
NOTE = "68d9f0000000000012000abc"


def test_a_short_link_that_opens_is_the_note_that_a_feed_would_bring(office: Office) -> None:
    office.behind[SHORT] = f"https://www.xiaohongshu.com/explore/{NOTE}"
    assert "短链" not in office.type(f"track {SHORT} {US}")
    lead = brought(office).lead
    assert lead is not None
    assert (str(lead.post.key), lead.post.url) == (f"xiaohongshu:{NOTE}", office.behind[SHORT])


def test_a_short_link_that_does_not_open_is_taken_as_it_is_and_that_is_said(office: Office) -> None:
    assert "短链没能打开" in office.type(f"track {SHORT} {US}")
    lead = brought(office).lead
    assert lead is not None
    assert (str(lead.post.key), lead.post.url) == ("xiaohongshu:xhslink:AbCd1234", SHORT)


def test_something_heard_has_an_incident_without_anybodys_post(office: Office) -> None:
    office.type(f'open "门店有人晕倒" {US}')
    incident = brought(office)
    assert incident.state is IncidentState.TRIAGE
    assert incident.lead is not None
    assert (incident.lead.post.platform, incident.lead.post.text) == ("heard", "门店有人晕倒")
    assert incident.lead.post.author.name == "li"


def test_nobody_guesses_whose_it_is(office: Office) -> None:
    assert "哪个品牌" in office.type("open 门店有人晕倒")
    assert "哪个品牌" in office.type("track https://weibo.com/1234567890/K3fnuEfZK")
    assert office.store.incidents(list(IncidentState), 10) == []


# ── words ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_word_is_shown_with_what_it_would_change_and_added_by_a_button(office: Office) -> None:
    page(office.store, "5340")
    result = office.carry("slash_commands", a_command(f"except {US} 虫子 7d"))
    assert "有 1 条会不再算" in said(result)
    assert office.store.words(NOON) == []
    assert result.answer is not None
    (button,) = result.answer.elements
    added = office.press("word", value=button["value"])
    (word,) = office.store.words(NOON)
    assert (word.brand, word.query, word.actor, word.until) == (US, "虫子", LI, NOON + timedelta(days=7))
    assert "从下一条起排除「虫子」" in said(added)


def test_a_word_can_be_taken_away_where_it_was_added(office: Office) -> None:
    result = office.carry("slash_commands", a_command("watch Star Grain 甜甜圈"))
    assert result.answer is not None
    added = office.press("word", value=result.answer.elements[0]["value"])
    assert added.answer is not None
    drop = added.answer.elements[0]
    assert "去掉" in said(office.press(drop["action_id"].removeprefix("langyan."), value=drop["value"]))
    assert office.store.words(NOON) == []
    assert "还没有加过词" in office.type("watch Star Grain")


def test_the_words_of_a_brand_say_who_added_them(office: Office) -> None:
    result = office.carry("slash_commands", a_command("watch Star Grain 甜甜圈"))
    assert result.answer is not None
    office.press("word", value=result.answer.elements[0]["value"])
    assert "甜甜圈（li" in office.type("watch Star Grain")


@pytest.mark.parametrize(
    "value", ["", "[]", '["watch","别家","甜甜圈",null]', '["watch","星禾","(",null]', "7", "null"]
)
def test_a_button_that_holds_no_word_adds_none(office: Office, value: str) -> None:
    office.press("word", value=value)
    assert office.store.words(NOON) == []


def a_command(text: str) -> dict[str, Any]:
    return typed(text, trigger=text)
