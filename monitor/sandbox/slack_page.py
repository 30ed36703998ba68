"""The channels of the sandbox's Slack as web pages, so that a newcomer sees the alert before owning a workspace.

Messages are rendered here, escaped by Jinja2, and the page asks for them again every second; it loads nothing from
anywhere else, and its Content-Security-Policy lets nothing else run.
"""

import hashlib
import re
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from secrets import token_urlsafe
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import orjson
from jinja2 import Environment, FileSystemLoader
from markupsafe import Markup
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from monitor.sandbox.slack_message import BOT_USER, Message
from monitor.sandbox.slack_mrkdwn import BEIJING, TAGS, Mrkdwn, link, safe_url
from monitor.sandbox.slack_people import KNOWN, PEOPLE
from monitor.sandbox.slack_people import shown as naming
from monitor.sandbox.slack_state import Raw, first
from monitor.sandbox.slack_workspace import channel_name

if TYPE_CHECKING:
    from monitor.sandbox.slack import FakeSlack

_COLOURS = {"good": "#2eb67d", "warning": "#ecb22e", "danger": "#e01e5a"}
_PAGE = Environment(
    loader=FileSystemLoader(Path(__file__).parent / "templates"),
    autoescape=True,
    trim_blocks=True,
    lstrip_blocks=True,
)


def routes(slack: "FakeSlack") -> list[Route]:
    """`/slack`, `/slack/{channel}` and `/slack/{channel}/messages?as=`, which the page polls for the person it shows."""

    async def index(request: Request) -> Response:
        return _html(slack, request, None)

    async def channel(request: Request) -> Response:
        return _html(slack, request, _known(slack, request))

    async def messages(request: Request) -> Response:
        name, user = _known(slack, request), request.query_params.get("as", PEOPLE[0].id)
        seen = {"messages": _messages(slack, name, user), "view": _view(slack, user), "notices": _notices(slack, user)}
        return Response(orjson.dumps(seen), headers={"cache-control": "no-store"})

    async def file(request: Request) -> Response:
        with slack.lock:
            found = slack.files.files.get(request.path_params["name"])
            if found is None or not slack.files.usable({"id": found.id}, slack.clock.now()):
                raise HTTPException(404, "the sandbox's Slack has no such picture, or is not done with it")
            headers = {"x-content-type-options": "nosniff", "content-security-policy": "default-src 'none'"}
            return Response(found.body, media_type=found.kind[1], headers=headers)

    return [
        Route("/slack", index),
        Route("/slack/files/{name}", file),
        Route("/slack/{channel}", channel),
        Route("/slack/{channel}/messages", messages),
    ]


def _known(slack: "FakeSlack", request: Request) -> str:
    name = str(request.path_params["channel"])
    if name not in slack.channels:
        raise HTTPException(404, "the sandbox's Slack has no such channel; /slack lists those it has")
    return name


def _html(slack: "FakeSlack", request: Request, current: str | None) -> Response:
    nonce = token_urlsafe(16)
    root = str(request.scope.get("root_path", "")) + "/slack"
    rooms = [
        {"id": c, "name": channel_name(c), "count": len(found), "last": _last(found)}
        for c, found in ((c, slack.messages(c)) for c in slack.channels)
    ]
    page = _PAGE.get_template("slack.html").render(
        nonce=nonce,
        root=root,
        rooms=rooms,
        current=current,
        name=channel_name(current) if current else "",
        messages=_messages(slack, current, PEOPLE[0].id) if current else [],
        people=PEOPLE,
        lang="en" if slack.language == "en" else "zh-CN",
    )
    policy = (
        f"default-src 'none'; script-src 'nonce-{nonce}'; style-src 'unsafe-inline'; connect-src 'self'; "
        "img-src 'self' http://127.0.0.1:* http://localhost:*; base-uri 'none'; form-action 'none'"
    )
    return Response(page, media_type="text/html", headers={"content-security-policy": policy})


def _last(found: list[Message]) -> str:
    return datetime.fromtimestamp(float(found[-1].ts), BEIJING).strftime("%H:%M") if found else ""


def _messages(slack: "FakeSlack", channel: str, user: str) -> list[dict[str, Any]]:
    """Every message `user` sees: its ts, a version that changes with it, the day it stands under, and its HTML."""
    mrkdwn = Mrkdwn(slack.language, slack.clock.now())
    with slack.lock:
        whispered = [m for alone, m in slack.workspace.ephemeral.values() if alone == user and m.channel == channel]
        found = sorted([*slack.messages(channel), *whispered], key=lambda message: message.order)
        told = []
        for message in found:
            replies = [_message(slack, mrkdwn, reply, []) for reply in slack.thread(channel, message.ts)]
            html = _message(slack, mrkdwn, message, replies)
            day = mrkdwn.date(int(float(message.ts)), "{date_long_pretty}", "")
            told.append({"ts": message.ts, "version": _version(html), "day": day, "html": html})
    return told


def _message(slack: "FakeSlack", mrkdwn: Mrkdwn, message: Message, replies: list[str]) -> str:
    return _PAGE.get_template("slack_message.html").render(
        _kit(slack, mrkdwn, slack.hands.entered(message.ts), {}),
        message=message,
        anchor="p" + message.ts.replace(".", ""),
        at=datetime.fromtimestamp(float(message.ts), BEIJING),
        edited=message.edited.astimezone(BEIJING) if message.edited else None,
        english=slack.language == "en",
        ephemeral=message.ts in slack.workspace.ephemeral,
        person="" if message.user == BOT_USER else naming(message.user),
        files=[slack.files.files[name] for name in message.files],
        replies=[Markup(reply) for reply in replies],  # noqa: S704 - rendered above
    )


def _view(slack: "FakeSlack", user: str) -> dict[str, Any] | None:
    """The modal in front of the person."""
    with slack.lock:
        view = slack.views.top(user)
        if view is None:
            return None
        trouble = view.pending is not None and view.pending.failed(slack.clock.now())
        kit = _kit(slack, Mrkdwn(slack.language, slack.clock.now()), view.given, view.errors)
        html = _PAGE.get_template("slack_view.html").render(kit, view=view.body, trouble=trouble)
        return {"id": view.id, "version": _version(html + view.id + view.hash), "html": html}


def _notices(slack: "FakeSlack", user: str) -> list[str]:
    if user not in KNOWN:
        return []
    return [f"⚠ {deed.what}: 狼烟没有回应 · the app did not respond" for deed in slack.hands.warnings(user)]


def _version(html: str) -> str:
    return hashlib.blake2b(html.encode(), digest_size=8).hexdigest()


def _kit(slack: "FakeSlack", mrkdwn: Mrkdwn, given: Raw, errors: Mapping[str, str]) -> dict[str, Any]:
    """What the templates of blocks ask for. `given`: what was entered into their elements."""

    def held(block: Mapping[str, Any], element: Mapping[str, Any]) -> Any:
        return given.get(block.get("block_id", ""), {}).get(element.get("action_id", ""), first(element))

    return {
        "mrkdwn": lambda words: mrkdwn.render(str(words)),
        "text": lambda value: _text(mrkdwn, value),
        "rich": lambda leaf: _rich(mrkdwn, leaf),
        "colour": _colour,
        "safe_url": safe_url,
        "picture": lambda item: _picture(slack, item),
        "held": held,
        "people": PEOPLE,
        "errors": errors,
    }


def _text(mrkdwn: Mrkdwn, value: Mapping[str, Any]) -> Markup:
    words = str(value.get("text", ""))
    return mrkdwn.render(words) if value.get("type") == "mrkdwn" else mrkdwn.plain(words)


def _rich(mrkdwn: Mrkdwn, leaf: Mapping[str, Any]) -> Markup:
    """One leaf of a rich_text block. Its text is literal: no markup is read in it."""
    kind = leaf.get("type")
    if kind == "link":
        shown = link(str(leaf.get("url")), str(leaf.get("text") or leaf.get("url")))
    elif kind == "emoji":
        shown = mrkdwn.plain(f":{leaf.get('name')}:")
    elif kind == "date":
        at, pattern = int(leaf.get("timestamp") or 0), str(leaf.get("format", ""))
        shown = Markup("<time>{}</time>").format(mrkdwn.date(at, pattern, str(leaf.get("fallback", ""))))
    elif kind in ("user", "usergroup", "channel", "broadcast"):
        name = leaf.get("user_id") or leaf.get("usergroup_id") or leaf.get("channel_id") or leaf.get("range")
        shown = Markup('<span class="mention">{}{}</span>').format("#" if kind == "channel" else "@", naming(str(name)))
    else:
        shown = Markup("{}").format(str(leaf.get("text", leaf.get("value", "")))).replace("\n", Markup("<br>"))
    style = leaf.get("style")
    for name, tag in (("code", "code"), ("bold", "b"), ("italic", "i"), ("strike", "s")):
        if isinstance(style, Mapping) and style.get(name):
            shown = TAGS[tag].format(shown)
    return shown


def _colour(value: object) -> str:
    """A colour fit for a style attribute, whatever was sent."""
    word = str(value or "")
    if word in _COLOURS:
        return _COLOURS[word]
    return f"#{word.lstrip('#')}" if re.fullmatch(r"#?[0-9a-fA-F]{6}", word) else "#dddddd"


def _picture(slack: "FakeSlack", item: Mapping[str, Any]) -> str:
    """Where an image is, if the page may show it: on this machine, or among the files when its scan is over."""
    if "slack_file" not in item:
        return _nearby(item.get("image_url"))
    if not slack.files.usable(item["slack_file"], slack.clock.now()):
        return ""
    picture = item["slack_file"]
    return f"/slack/files/{picture.get('id') or str(picture.get('url', '')).rpartition('/')[2]}"


def _nearby(url: object) -> str:
    """The address of an image that is on this machine: the sandbox fetches nothing from elsewhere."""
    address = safe_url(url)
    return address if urlsplit(address).hostname in ("127.0.0.1", "localhost") else ""
