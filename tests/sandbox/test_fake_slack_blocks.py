"""What the sandbox's Slack says to blocks, and which texts ping people."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.sandbox.slack_blocks import characters, mentions, problems

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
            st.sampled_from(["type", "text", "elements", "fields", "accessory", "url", "block_id", "x"]),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)
kinds = st.sampled_from(["section", "header", "context", "actions", "image", "rich_text", "divider", "?"])


@settings(max_examples=150, deadline=None)
@given(anything, kinds)
def test_no_block_however_odd_is_more_than_a_problem(body: Any, kind: str) -> None:
    block = {**body, "type": kind} if isinstance(body, dict) else body
    assert isinstance(problems([block]), list)
    mentions("", [block], [block])
