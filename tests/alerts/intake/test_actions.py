"""What Slack's payloads say somebody did, whatever is in them."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.intake.actions import Form, Press, Reply, Typed, received, understand
from alerts.intake.commands import Do
from monitor.model import Act, Actor, Envelope
from tests.alerts.intake.payloads import a_form, a_press, a_reply, typed
from tests.builders import NOON

LI = Actor("slack:U0LI", "li")


def taken(kind: str, payload: Any, envelope_id: str = "e1") -> Envelope:
    found = received("crisis", kind, envelope_id, payload, NOON)
    assert found is not None
    return found


def test_a_button_says_who_pressed_what_on_which_incident() -> None:
    press = understand("interactive", a_press("ack", 7))
    assert isinstance(press, Press)
    assert (press.actor, press.action, press.number) == (LI, "ack", 7)
    assert (press.where.channel, press.where.thread) == ("C0CRISIS01", "1764000000.000100")
    assert press.trigger == "trigger-1"


def test_a_menu_says_what_was_chosen_and_its_block_which_incident() -> None:
    press = understand("interactive", a_press("more", 7, chosen="silence"))
    assert isinstance(press, Press)
    assert (press.action, press.number, press.value) == ("more", 7, "silence")


def test_two_buttons_of_one_row_are_told_apart_by_what_stands_behind_the_second_dot() -> None:
    press = understand("interactive", a_press("drop.12", value="12"))
    assert isinstance(press, Press)
    assert (press.action, press.value) == ("drop", "12")


def test_a_form_says_what_was_put_in() -> None:
    form = understand("interactive", a_form("silence", 7, lasts="2h", reason="在开会"))
    assert isinstance(form, Form)
    assert (form.form, form.number, form.where.channel) == ("silence", 7, "C0CRISIS01")
    assert form.fields == {"lasts": ("2h",), "reason": ("在开会",)}


def test_a_command_says_what_was_typed() -> None:
    found = understand("slash_commands", typed("list"))
    assert isinstance(found, Typed)
    assert (found.actor, found.text) == (LI, "list")


def test_a_word_in_a_thread_is_a_reply() -> None:
    reply = understand("events_api", a_reply("认领"))
    assert isinstance(reply, Reply)
    assert reply.do == Do(act=Act.ACKNOWLEDGE, number=0)


@pytest.mark.parametrize(
    ("kind", "payload"),
    [
        ("interactive", a_press("somebody-elses", prefix="")),
        ("interactive", {"type": "shortcut"}),
        ("slash_commands", typed("list", command="/giphy")),
        ("events_api", a_reply("大家看一下这条")),
        ("events_api", a_reply("认领", thread_ts="")),
        ("events_api", a_reply("认领", subtype="message_changed")),
        ("events_api", a_reply("认领", bot_id="B1")),
        ("hello", {}),
    ],
)
def test_what_asks_nothing_of_us_is_not_written_down(kind: str, payload: Any) -> None:
    assert received("crisis", kind, "e1", payload, NOON) is None


def test_the_same_press_in_another_envelope_is_the_same_press() -> None:
    first, again = taken("interactive", a_press("ack", 7), "e1"), taken("interactive", a_press("ack", 7), "e2")
    assert first.key != again.key
    assert first.press == again.press


def test_presses_of_other_people_of_other_buttons_and_of_other_moments_are_others() -> None:
    presses = [
        a_press("ack", 7),
        a_press("ack", 8),
        a_press("false", 7),
        a_press("ack", 7, user="U0WANG"),
        a_press("ack", 7, at="1764000001.000000"),
    ]
    assert len({taken("interactive", press).press for press in presses}) == len(presses)


def test_what_one_person_did_to_one_incident_has_an_order() -> None:
    first, later = a_press("ack", 7, at="1764000000.000100"), a_press("resolve", 7, at="1764000000.000200")
    assert taken("interactive", first).subject == taken("interactive", later).subject
    assert taken("interactive", first).pressed < taken("interactive", later).pressed
    assert taken("interactive", a_press("reason", 7, chosen="known")).subject == ""


def test_a_reply_is_the_same_whether_it_was_heard_or_read() -> None:
    heard, read = taken("events_api", a_reply("认领"), "e1"), taken("events_api", a_reply("认领"), "")
    assert heard.press == read.press
    assert read.key


_JSON: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=12,
)
_NAMES = st.sampled_from([
    "type", "user", "actions", "view", "event", "channel", "message", "command", "text", "user_id", "response_url", "trigger_id",
    "state", "values", "private_metadata", "callback_id", "id",
])  # fmt: skip


@given(
    st.sampled_from(["interactive", "slash_commands", "events_api"]),
    st.one_of(
        st.dictionaries(_NAMES, _JSON, max_size=6),
        st.builds(lambda junk: {**a_press("ack", 7), **junk}, st.dictionaries(_NAMES, _JSON, max_size=3)),
        st.builds(lambda junk: {**a_form("merge", 7, into="8"), **junk}, st.dictionaries(_NAMES, _JSON, max_size=3)),
        st.builds(
            lambda junk: {"event": {**a_reply("认领")["event"], **junk}}, st.dictionaries(_NAMES, _JSON, max_size=3)
        ),
    ),
)
def test_no_payload_makes_it_stumble(kind: str, payload: dict[str, Any]) -> None:
    understand(kind, payload)
    found = received("crisis", kind, "e1", payload, NOON)
    assert found is None or (found.press and found.key)
