"""What the sandbox's Slack says to blocks, and which texts ping people."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.sandbox.slack_blocks import characters, mentions, problems
from monitor.sandbox.slack_message import Refused
from monitor.sandbox.slack_views import checked

PLAIN = {"type": "plain_text", "text": "好"}
MRKDWN = {"type": "mrkdwn", "text": "*好*"}
BUTTON: dict[str, Any] = {"type": "button", "text": PLAIN, "action_id": "a"}


def plain(length: int) -> dict[str, str]:
    return {"type": "plain_text", "text": "字" * length}


def mrkdwn(length: int) -> dict[str, str]:
    return {"type": "mrkdwn", "text": "字" * length}


def rich(*leaves: dict[str, Any], kind: str = "rich_text_quote") -> dict[str, Any]:
    return {"type": "rich_text", "elements": [{"type": kind, "elements": list(leaves)}]}


@pytest.mark.parametrize(
    "block",
    [
        {"type": "header", "text": plain(150)},
        {"type": "section", "text": mrkdwn(3000), "accessory": {**BUTTON, "url": "https://e.example/" + "u" * 2982}},
        {"type": "section", "fields": [mrkdwn(2000)] * 10},
        {"type": "context", "elements": [MRKDWN] * 10},
        {"type": "actions", "elements": [{**BUTTON, "action_id": str(n), "style": "danger"} for n in range(25)]},
        {"type": "image", "image_url": "https://e.example/a.png", "alt_text": "曲线"},
        {"type": "divider"},
        rich({"type": "text", "text": "引用"}, {"type": "link", "url": "https://e.example/"}),
        {"type": "actions", "elements": [{**BUTTON, "text": plain(75)}]},
    ],
)
def test_blocks_within_the_limits_are_taken(block: dict[str, Any]) -> None:
    assert problems([block]) == []


@pytest.mark.parametrize(
    ("block", "problem"),
    [
        ({"type": "header", "text": plain(151)}, "must be less than 151 characters [json-pointer:/blocks/0/text/text]"),
        ({"type": "header", "text": MRKDWN}, "unsupported type: mrkdwn [json-pointer:/blocks/0/text/type]"),
        ({"type": "section", "text": mrkdwn(3001)}, "must be less than 3001 characters [json-pointer:/blocks/0/text/text]"),
        ({"type": "section", "text": mrkdwn(0)}, "must be more than 0 characters [json-pointer:/blocks/0/text/text]"),
        ({"type": "section"}, "must define either `fields` or `text` [json-pointer:/blocks/0]"),
        ({"type": "section", "fields": [MRKDWN] * 11}, "no more than 10 items allowed [json-pointer:/blocks/0/fields]"),
        ({"type": "section", "fields": [mrkdwn(2001)]}, "must be less than 2001 characters [json-pointer:/blocks/0/fields/0/text]"),
        ({"type": "section", "text": "bare"}, "must provide an object [json-pointer:/blocks/0/text]"),
        ({"type": "context", "elements": [MRKDWN] * 11}, "no more than 10 items allowed [json-pointer:/blocks/0/elements]"),
        ({"type": "context", "elements": []}, "must have at least 1 item [json-pointer:/blocks/0/elements]"),
        ({"type": "actions", "elements": [{**BUTTON, "action_id": str(n)} for n in range(26)]}, "no more than 25 items allowed [json-pointer:/blocks/0/elements]"),
        ({"type": "actions", "elements": [BUTTON, BUTTON]}, "action_id already exists in this block [json-pointer:/blocks/0/elements/1/action_id]"),
        ({"type": "actions", "elements": [{**BUTTON, "text": plain(76)}]}, "must be less than 76 characters [json-pointer:/blocks/0/elements/0/text/text]"),
        ({"type": "actions", "elements": [{**BUTTON, "style": "default"}]}, "must be a valid enum value [json-pointer:/blocks/0/elements/0/style]"),
        ({"type": "actions", "elements": [{**BUTTON, "url": "https://e.example/" + "u" * 3000}]}, "must be less than 3001 characters [json-pointer:/blocks/0/elements/0/url]"),
        ({"type": "actions", "elements": [{**BUTTON, "disabled": True}]}, "invalid additional property: disabled [json-pointer:/blocks/0/elements/0]"),
        ({"type": "section", "text": MRKDWN, "accessory": {**BUTTON, "url": "javascript:alert(1)"}}, "must be a valid URL [json-pointer:/blocks/0/accessory/url]"),
        ({"type": "image", "image_url": "https://e.example/a.png"}, "missing required field: alt_text [json-pointer:/blocks/0]"),
        ({"type": "hologram"}, "unsupported type: hologram [json-pointer:/blocks/0/type]"),
        (rich({"type": "text", "text": ""}), "must be more than 0 characters [json-pointer:/blocks/0/elements/0/elements/0/text]"),
    ],
)  # fmt: skip
def test_blocks_beyond_the_limits_are_refused_in_slacks_words(block: dict[str, Any], problem: str) -> None:
    assert problems([block])[0] == problem


def option(**more: Any) -> dict[str, Any]:
    return {"text": PLAIN, "value": "v", **more}


def a_modal(**more: Any) -> dict[str, Any]:
    field = {"type": "input", "block_id": "f", "label": PLAIN, "element": {"type": "plain_text_input"}}
    return {"type": "modal", "title": PLAIN, "submit": PLAIN, "blocks": [field], **more}


MENU: dict[str, Any] = {"type": "overflow", "options": [option()]}
SELECT: dict[str, Any] = {"type": "static_select", "options": [option()]}
CONFIRM: dict[str, Any] = {"title": PLAIN, "text": MRKDWN, "confirm": PLAIN, "deny": PLAIN}


@pytest.mark.parametrize(
    "element",
    [
        {**BUTTON, "confirm": CONFIRM},
        {**MENU, "options": [option(value=str(n), url="https://e.example/") for n in range(5)]},
        {**SELECT, "options": [option(value=str(n)) for n in range(100)], "placeholder": plain(150)},
        {
            "type": "static_select",
            "option_groups": [{"label": PLAIN, "options": [option()]}],
            "initial_option": option(),
        },
        {"type": "radio_buttons", "options": [option(text=MRKDWN, description=plain(75))]},
        {"type": "checkboxes", "options": [option()], "initial_options": [option()]},
        {"type": "users_select", "initial_user": "U0LI"},
        {"type": "datepicker", "initial_date": "2026-11-02"},
        {"type": "timepicker", "initial_time": "08:00"},
    ],
)
def test_elements_within_the_limits_are_taken(element: dict[str, Any]) -> None:
    assert problems([{"type": "actions", "elements": [element]}]) == []
    assert problems([{"type": "section", "text": PLAIN, "accessory": element}]) == []


@pytest.mark.parametrize(
    ("element", "problem"),
    [
        ({**BUTTON, "confirm": {**CONFIRM, "title": plain(101)}}, "must be less than 101 characters [json-pointer:/blocks/0/elements/0/confirm/title/text]"),
        ({**BUTTON, "confirm": {**CONFIRM, "deny": plain(31)}}, "must be less than 31 characters [json-pointer:/blocks/0/elements/0/confirm/deny/text]"),
        ({**BUTTON, "value": "v" * 2001}, "must be less than 2001 characters [json-pointer:/blocks/0/elements/0/value]"),
        ({**BUTTON, "action_id": "a" * 256}, "must be less than 256 characters [json-pointer:/blocks/0/elements/0/action_id]"),
        ({**MENU, "options": [option(value=str(n)) for n in range(6)]}, "no more than 5 items allowed [json-pointer:/blocks/0/elements/0/options]"),
        ({**SELECT, "options": [option(value=str(n)) for n in range(101)]}, "no more than 100 items allowed [json-pointer:/blocks/0/elements/0/options]"),
        ({**SELECT, "options": []}, "must have at least 1 item [json-pointer:/blocks/0/elements/0/options]"),
        ({**SELECT, "options": [option(text=plain(76))]}, "must be less than 76 characters [json-pointer:/blocks/0/elements/0/options/0/text/text]"),
        ({**SELECT, "options": [option(value="v" * 151)]}, "must be less than 151 characters [json-pointer:/blocks/0/elements/0/options/0/value]"),
        ({**SELECT, "options": [option(), option()]}, "value already exists in these options [json-pointer:/blocks/0/elements/0/options/1/value]"),
        ({**SELECT, "initial_option": option(value="other")}, "must match one of the options [json-pointer:/blocks/0/elements/0/initial_option]"),
        ({**SELECT, "options": [option(text=MRKDWN)]}, "unsupported type: mrkdwn [json-pointer:/blocks/0/elements/0/options/0/text/type]"),
        ({"type": "radio_buttons", "options": [option(value=str(n)) for n in range(11)]}, "no more than 10 items allowed [json-pointer:/blocks/0/elements/0/options]"),
        ({"type": "datepicker", "initial_date": "02.11.2026"}, "must be a valid value [json-pointer:/blocks/0/elements/0/initial_date]"),
        ({"type": "plain_text_input"}, "unsupported type: plain_text_input [json-pointer:/blocks/0/elements/0/type]"),
    ],
)  # fmt: skip
def test_elements_beyond_the_limits_are_refused(element: dict[str, Any], problem: str) -> None:
    assert problems([{"type": "actions", "elements": [element]}])[0] == problem


def test_an_input_stands_in_a_modal_and_not_in_a_message() -> None:
    blocks = a_modal()["blocks"]
    assert problems(blocks) == ["unsupported type: input [json-pointer:/blocks/0/type]"]
    assert problems(blocks, inputs=True) == []
    assert checked(a_modal())["blocks"][0]["element"]["action_id"]


@pytest.mark.parametrize(
    ("view", "problem"),
    [
        (a_modal(title=plain(25)), "must be less than 25 characters [json-pointer:/view/title/text]"),
        (a_modal(submit=plain(25)), "must be less than 25 characters [json-pointer:/view/submit/text]"),
        (a_modal(submit=None), "missing required field: submit [json-pointer:/view]"),
        (a_modal(private_metadata="x" * 3001), "must be less than 3001 characters [json-pointer:/view/private_metadata]"),
        (a_modal(callback_id="x" * 256), "must be less than 256 characters [json-pointer:/view/callback_id]"),
        (a_modal(blocks=[{"type": "divider"}] * 101), "no more than 100 items allowed [json-pointer:/view/blocks]"),
        (a_modal(blocks=[]), "must have at least 1 item [json-pointer:/view/blocks]"),
        (a_modal(colour="red"), "invalid additional property: colour [json-pointer:/view]"),
        (a_modal(type="popup"), "unsupported type: popup [json-pointer:/view/type]"),
        ("no json", "must be valid json [json-pointer:/view]"),
    ],
)  # fmt: skip
def test_a_modal_beyond_the_limits_is_refused(view: Any, problem: str) -> None:
    with pytest.raises(Refused) as caught:
        checked(view)
    assert caught.value.error == "invalid_arguments"
    assert caught.value.extra["response_metadata"]["messages"] == [f"[ERROR] {problem}"]


def test_a_modal_of_a_quarter_megabyte_is_too_large() -> None:
    with pytest.raises(Refused, match="view_too_large"):
        checked(a_modal(private_metadata="x" * 250_000))


def test_there_may_be_fifty_blocks_and_no_more() -> None:
    assert problems([{"type": "divider"}] * 50) == []
    assert problems([{"type": "divider"}] * 51) == ["no more than 50 items allowed [json-pointer:/blocks]"]


def test_a_block_id_is_used_once() -> None:
    twice = [{"type": "divider", "block_id": "a"}] * 2
    assert problems(twice) == ["block_id already exists [json-pointer:/blocks/1/block_id]"]


def test_all_text_in_blocks_is_counted() -> None:
    assert (
        characters([{"type": "header", "text": plain(5)}, {"type": "section", "fields": [mrkdwn(7), plain(3)]}]) == 15
    )


@pytest.mark.parametrize(
    ("text", "blocks", "attachments", "pinged"),
    [
        ("<!channel> 快", [], [], ("!channel",)),
        ("<!here|here> <@U123ABC> <!subteam^S9|@crisis>", [], [], ("!here", "@U123ABC", "!subteam^S9")),
        ("&lt;!channel&gt; @channel <https://e.example/|!channel>", [], [], ()),
        ("", [{"type": "section", "text": {"type": "mrkdwn", "text": "<!everyone>"}}], [], ("!everyone",)),
        ("", [{"type": "section", "text": {"type": "plain_text", "text": "<!channel>"}}], [], ()),
        ("", [{"type": "context", "elements": [{"type": "mrkdwn", "text": "<@W1>"}]}], [], ("@W1",)),
        ("", [rich({"type": "text", "text": "<!channel>"})], [], ()),
        ("", [rich({"type": "broadcast", "range": "here"}, {"type": "user", "user_id": "U1"})], [], ("!here", "@U1")),
        ("", [], [{"text": "<!channel>", "fields": [{"title": "a", "value": "<@U2>"}]}], ("!channel", "@U2")),
    ],
)
def test_who_is_pinged(text: str, blocks: Any, attachments: Any, pinged: tuple[str, ...]) -> None:
    assert mentions(text, blocks, attachments) == pinged


def test_a_bare_name_pings_only_when_names_are_to_be_linked() -> None:
    assert mentions("@channel a@channel", [], []) == ()
    assert mentions("@channel a@channel", [], [], named=True) == ("!channel",)


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["type", "text", "elements", "element", "options", "fields", "accessory", "url", "block_id", "x"]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)
kinds = st.sampled_from(["section", "header", "context", "actions", "image", "rich_text", "divider", "input", "?"])


@settings(max_examples=150)
@given(anything, kinds)
def test_no_block_however_odd_is_more_than_a_problem(body: Any, kind: str) -> None:
    block = {**body, "type": kind} if isinstance(body, dict) else body
    assert isinstance(problems([block]), list)
    assert isinstance(problems([block], inputs=True), list)
    mentions("", [block], [block])
