"""A card as Slack's blocks. Pure.

What strangers wrote goes into plain and rich text, where Slack reads no markup; where mrkdwn is needed it is escaped.
Links are links; what is a button is answered by an app that listens (`alerts.intake`).
Limits: https://docs.slack.dev/reference/block-kit/blocks.
"""

import re
from typing import Any

from alerts.buttons import Button
from alerts.card import Card
from alerts.words import cut

FIELD = 300

SHORT = 80
"""Characters that still look well in one of two columns."""

TEXT = 4000
"""Characters of a text that chat.update takes."""

_EVERYONE = re.compile(r"@(?=(?:channel|here|everyone)\b)", re.IGNORECASE)
_EMOJI = re.compile(r":(?=[a-z0-9_+'-]*[a-z][a-z0-9_+'-]*:)", re.IGNORECASE)
_MARKS = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", "*": "∗", "_": "＿", "~": "∼", "`": "ˋ"})
"""Only these three are entities to Slack; the four marks of its formatting have none, so they become look-alikes."""


def message(card: Card, mention: str = "", *, buttons: bool = True) -> dict[str, Any]:
    """The arguments text, blocks and attachments of chat.postMessage or chat.update. `mention` is ours and trusted. `buttons`:
    an app listens; without one Slack shows a warning beside what is pressed.

    What decides stands above the buttons, so that a phone shows it without scrolling; what explains stands below them.
    """
    blocks: list[dict[str, Any]] = [{"type": "header", "text": _plain(card.headline, 150)}]
    if mention:
        blocks.append({"type": "section", "text": {"type": "mrkdwn", "text": mention}})
    first = [
        *(_line([_text(f"⚠️ {line}", bold=True)]) for line in card.notices),
        *_said(card),
        *(_line([_text(line, bold=bold)]) for line, bold in ((card.now, False), (card.ahead, True)) if line),
        *(_line([_text(f"⏰ {line}", bold=True)]) for line in card.deadlines),
        *([_line([_text(f"👤 {card.owner}")])] if card.owner else []),
    ]
    if first:
        blocks.append(_rich(first))
    if card.buttons and buttons:
        blocks.append(_actions(card))
    blocks += _more(card)
    under = _below(card)
    attachments = [{"color": card.colour, "blocks": under}] if under else []
    return {"text": mrkdwn(card.push, 200), "blocks": blocks, "attachments": attachments}


def _more(card: Card) -> list[dict[str, Any]]:
    """The rest of the post, the forecast, its picture."""
    blocks: list[dict[str, Any]] = []
    if card.rest:
        blocks.append(_rich([{"type": "rich_text_quote", "elements": [_text(card.rest)]}]))
    if card.outlook:
        blocks.append(_rich([_line([_text(card.outlook)])]))
    if card.picture:
        file, alt = card.picture
        blocks.append({"type": "image", "slack_file": {"id": file}, "alt_text": cut(_inert(alt), 2000) or "…"})
    return blocks


def _below(card: Card) -> list[dict[str, Any]]:
    """What stands beside the coloured bar: facts, reasons, more posts, times."""
    under: list[dict[str, Any]] = []
    if card.facts:
        under.append(_facts(card.facts))
    if card.reasons:
        lines = [_line([_text(reason)]) for reason in card.reasons]
        listed = {"type": "rich_text_list", "style": "bullet", "elements": lines}
        under.append(_rich([_line([_text(card.reasons_label, bold=True)]), listed]))
    if card.rows:
        under.append(_rich([_line([_text(card.rows_label, bold=True)]), _rows(card)]))
    small = [line for line in (card.times, card.footer) if line]
    if small:
        under.append({"type": "context", "elements": [_plain(line, 300) for line in small]})
    if card.link:
        under.append(_rich([_line([_link(card.link, card.link_label)])]))
    return under


def _actions(card: Card) -> dict[str, Any]:
    name = f"incident-{card.number}:buttons:{card.edition}"
    return {"type": "actions", "block_id": name, "elements": [_button(button) for button in card.buttons]}


def _button(button: Button) -> dict[str, Any]:
    if button.style == "overflow":
        options = [{"text": _plain(text, 75), "value": value} for value, text in button.choices]
        return {"type": "overflow", "action_id": button.action, "options": options}
    shown = {"type": "button", "action_id": button.action, "text": _plain(button.text, 75), "value": button.value}
    return {**shown, "style": button.style} if button.style else shown


def plain(card: Card, mention: str = "") -> dict[str, Any]:
    """The same in text alone, for when Slack does not take the blocks."""
    lines = [mention, *(mrkdwn(line, FIELD) for line in (card.push, *card.notices))]
    lines += [f"> {line}" for line in mrkdwn(card.quote, FIELD).splitlines()]
    if card.quote_url:
        lines.append(f"<{card.quote_url.replace('&', '&amp;')}|{mrkdwn(card.quote_label, 60)}>")
    lines += [mrkdwn(line, FIELD) for line in (card.now, card.ahead, *card.deadlines, card.owner, card.outlook)]
    lines += [f"{mrkdwn(label, 60)}: {mrkdwn(value, FIELD)}" for label, value in card.facts]
    lines += [f"• {mrkdwn(reason, FIELD)}" for reason in card.reasons]
    lines += [f"• {mrkdwn(row, FIELD)}" for row, _ in card.rows]
    said = ""
    for line in filter(None, lines):
        if len(said) + len(line) + 1 > TEXT:
            break
        said += f"{line}\n"
    return {"text": said.rstrip(), "blocks": [], "attachments": []}


def mrkdwn(text: str, limit: int) -> str:
    """Text that Slack shows as it is, although it reads markup there. Cut before it is escaped, so no entity is halved."""
    return _inert(cut(text, limit)).translate(_MARKS)


def _inert(text: str) -> str:
    """Splits, by a space without width, what Slack may read even in plain text: @channel and :emoji:."""
    return _EMOJI.sub(":\u200b", _EVERYONE.sub("@\u200b", text))


def _facts(facts: tuple[tuple[str, str], ...]) -> dict[str, Any]:
    """Two columns where every value is short and free of markup; otherwise line by line, as rich text changes nothing."""
    if all(len(value) <= SHORT and mrkdwn(value, SHORT) == value for _, value in facts):
        shown = [{"type": "mrkdwn", "text": f"*{mrkdwn(a, SHORT)}*\n{b}", "verbatim": True} for a, b in facts[:10]]
        return {"type": "section", "fields": shown}
    return _rich([_line([_text(f"{label}\n", bold=True), _text(value)]) for label, value in facts])


def _rows(card: Card) -> dict[str, Any]:
    lines = [
        _line([_text(f"{row} "), *([_link(address, card.row_label)] if address else [])]) for row, address in card.rows
    ]
    return {"type": "rich_text_list", "style": "bullet", "elements": lines}


def _said(card: Card) -> list[dict[str, Any]]:
    parts: list[dict[str, Any]] = []
    if card.byline or card.quote_url:
        said_by = [_text(f"{card.byline} ", bold=True)] if card.byline else []
        parts.append(_line([*said_by, *([_link(card.quote_url, card.quote_label)] if card.quote_url else [])]))
    if card.quote:
        parts.append({"type": "rich_text_quote", "elements": [_text(card.quote)]})
    return parts


def _plain(text: str, limit: int) -> dict[str, Any]:
    return {"type": "plain_text", "text": cut(_inert(text), limit), "emoji": False}


def _rich(elements: list[dict[str, Any]]) -> dict[str, Any]:
    return {"type": "rich_text", "elements": elements}


def _line(elements: list[dict[str, Any]]) -> dict[str, Any]:
    return {"type": "rich_text_section", "elements": elements}


def _text(text: str, *, bold: bool = False) -> dict[str, Any]:
    return {"type": "text", "text": _inert(text), **({"style": {"bold": True}} if bold else {})}


def _link(url: str, text: str) -> dict[str, Any]:
    return {"type": "link", "url": url, "text": text, "style": {"bold": True}}
