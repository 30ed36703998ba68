"""What a notification says in Slack: the arguments of a message, without where it goes. Pure."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from alerts import card as cards
from alerts import lines, standing, tables
from alerts.card import Card, Picture
from alerts.channels import slack_blocks
from alerts.masking import Shows
from alerts.words import Language, clock
from monitor.model import Incident, Notification, NotificationKind

LINE = 2000
"""Characters of a line in a thread."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Voice:
    """How a receiver is spoken to. `alt`: what the picture of an incident shows, in words. `buttons`: there is an app that listens."""

    language: Language
    shows: Shows
    board_url: str
    alt: Callable[[Incident, datetime], str]
    buttons: bool = False


def told(notification: Notification, incident: Incident | None, voice: Voice, now: datetime) -> Card | str:
    """A card; or plain text, for a line of a thread. A ValueError where there is nothing it could be about."""
    language, shows, url = voice.language, voice.shows, voice.board_url
    kind, body = notification.kind, notification.body or {}
    again = notification.repeat or (kind is NotificationKind.UPDATE and bool((notification.handle or {}).get("repeat")))
    if kind is NotificationKind.OPS:
        return cards.ops_card(body, language, repeat=notification.repeat)
    if kind is NotificationKind.TEST:
        return cards.test_card(str(body["answer"]), language)
    if kind is NotificationKind.TRIAL:
        return lines.trial(body, language)
    if incident is None and notification.covered:
        table = tables.digest if kind is NotificationKind.DIGEST else tables.storm
        card = table(notification.covers, language, now, total=notification.covered, shows=shows, board_url=url)
        return _marked(_perhaps_again(card, again, language), notification, now, language)
    if incident is None:
        raise ValueError(f"there is no incident {notification.incident_id}")
    if kind is NotificationKind.THREAD:
        line = lines.line(str(body["code"]), body["facts"], language, shows)
        return f"{line} {standing.repeated(language)}" if again else line
    if kind is NotificationKind.REPEAT:
        why = {"code": str(body["code"]), "facts": body["facts"]} if "code" in body else {}
        return _perhaps_again(lines.repeat(incident, language, now, shows=shows, **why), again, language)
    picture = None
    if notification.picture:
        picture = Picture(notification.picture, voice.alt(incident, now))
    card = cards.card(
        incident,
        language,
        now,
        board_url=url,
        repeat=again,
        shows=shows,
        mode="trial" if notification.trial else "live",
        picture=picture,
        events=notification.events,
    )
    return _marked(card, notification, now, language)


def content(said: Card | str, mention: str, voice: Voice) -> dict[str, Any]:
    """The arguments text, blocks and attachments."""
    if isinstance(said, str):
        return {"text": slack_blocks.mrkdwn(said, LINE)}
    return slack_blocks.message(said, mention, buttons=voice.buttons)


def without_picture(said: Card | str) -> Card | str:
    """The same without a picture that Slack may not show yet; `said` itself where there is none."""
    return said if isinstance(said, str) or said.picture is None else replace(said, picture=None)


def plain(said: Card | str, mention: str) -> dict[str, Any]:
    """The same in text alone."""
    return {"text": slack_blocks.mrkdwn(said, LINE)} if isinstance(said, str) else slack_blocks.plain(said, mention)


def _perhaps_again(card: Card, again: bool, language: Language) -> Card:
    return replace(card, notices=(standing.repeated(language), *card.notices)) if again else card


def _marked(card: Card, notification: Notification, now: datetime, language: Language) -> Card:
    """Says where the page was heard of before this message."""
    heard = tuple(
        f"已于 {clock(at, now)} 经 {receiver} 送达。"
        if language == "zh"
        else f"Told by {receiver} at {clock(at, now)}."
        for receiver, at in notification.elsewhere
    )
    return replace(card, notices=(*heard, *card.notices)) if heard else card
