"""Weibo's commercial push: what matches a subscription, as it is published, in one answer that never ends.

One JSON object a line; blank lines say that the connection lives. Format after the wiki's 订阅服务手册 and C/2/commercial/push.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import httpx
import orjson

from connectors.answers import page
from connectors.weibo_codes import answer_of, number_in
from connectors.weibo_comment import comments
from connectors.weibo_status import id_of, statuses
from monitor.errors import Failure, FeedError
from monitor.model import PostKey, Sighting, Words
from monitor.ports import Batch, Cursor
from monitor.sight import Sight

_DELETIONS = frozenset({"del", "delete", "remove"})


@dataclass(frozen=True, kw_only=True)
class WeiboPush:
    """`subscription` is the number that Weibo gave; it is served to the addresses that the contract names, without a token.

    The cursor holds `since`, the greatest number of an item that was stored (not of a post); from there Weibo goes on, up to
    three days back.
    """

    subscription: str
    base_url: str = "https://c.api.weibo.com"
    path: str = "/datapush/status"

    @property
    def platform(self) -> str:
        return "weibo"

    @property
    def sees(self) -> Sight:
        return Sight.STREAM

    @property
    def account(self) -> str:
        return ""

    def open(self, cursor: Cursor) -> httpx.Request:
        params = {"subid": self.subscription}
        if since := number_in(cursor, "since"):
            params["since_id"] = str(since)
        return httpx.Request("GET", self.base_url.rstrip("/") + self.path, params=params)

    def first(self, cursor: Cursor) -> httpx.Request:
        return self.open(cursor)

    def parse(self, response: httpx.Response, cursor: Cursor, seen_at: datetime) -> Batch:
        """An answer that came to its end is a refusal, or what there was to say."""
        if response.status_code == 200:
            return self.feed(response.content, cursor, seen_at)
        _wrong_address(_leniently(response.content))
        _refused(answer_of(response, seen_at, ""))
        raise FeedError(Failure.SCHEMA_DRIFT, "the push answers with something else than its lines")

    def feed(self, data: bytes, cursor: Cursor, seen_at: datetime) -> Batch:
        """Whole lines. What is deleted is gone; a line that cannot be read costs only itself."""
        if data.lstrip()[:1] == b"<":
            raise page(httpx.Response(200, content=data, request=self.open({})), credentials=False)
        said, rejected = _items(data)
        sightings: dict[PostKey, Sighting] = {}
        gone: dict[PostKey, None] = {}
        since = number_in(cursor, "since")
        for item in said:
            since = max(since, number_in(item, "id"))
            found, deleted = _read(item.get("text"), seen_at)
            if found is None:
                rejected.append(f"item {str(item.get('id'))[:24]} is neither a post nor a comment")
            elif deleted:
                for key in found:
                    gone[key] = None
                    sightings.pop(key, None)
            else:
                sightings |= {key: seen for key, seen in found.items() if key not in gone}
        if rejected and not sightings and not gone:
            raise FeedError(Failure.SCHEMA_DRIFT, f"none of {len(rejected)} lines can be read: {rejected[0]}")
        return Batch(
            sightings=tuple(sightings.values()),
            gone=tuple(gone),
            cursor={"since": str(since)} if since else None,
            rejected=tuple(rejected),
        )


def _items(data: bytes) -> tuple[list[Mapping[str, Any]], list[str]]:
    """The objects in the lines. Raises the FeedError that a refusal among them is."""
    items: list[Mapping[str, Any]] = []
    rejected: list[str] = []
    for line in data.split(b"\n"):
        if not line.strip():
            continue
        item = _leniently(line)
        if not isinstance(item, dict):
            rejected.append(f"a line of {len(line)} bytes is no JSON object")
        elif "text" in item:
            items.append(item)
        else:
            _refused(item)
            rejected.append("a line without its text")
    return items, rejected


def _leniently(data: bytes) -> Any:
    try:
        return orjson.loads(data)
    except orjson.JSONDecodeError:
        return None


def _refused(answer: Any) -> None:
    """A refusal stands in a line of its own, on a 200 too."""
    _wrong_address(answer)
    if said := _error(answer):
        raise FeedError(Failure.TRANSIENT, f"the push ends with {said}")


def _wrong_address(answer: Any) -> None:
    if "ip is limited" in (said := _error(answer)).lower():
        raise FeedError(
            Failure.MISCONFIGURED,
            f"Weibo does not push to this address ({said})",
            fix=Words(
                "请微博把本机的公网地址加进订阅的白名单，或把数据源的 proxy 设成已在名单里的",
                "Have this machine's public address added to the subscription, or set the feed's proxy to one that is",
            ),
        )


def _error(answer: Any) -> str:
    return str(answer.get("error") or answer.get("error_description") or "")[:120] if isinstance(answer, dict) else ""


def _read(text: object, seen_at: datetime) -> tuple[dict[PostKey, Sighting] | None, bool]:
    """What one item says, by key, and whether it says that it is deleted. None: it cannot be read."""
    if not isinstance(text, dict):
        return None, False
    kind = "comment" if text.get("type") == "comment" else "status"
    said = text.get(kind)
    if not isinstance(said, dict):
        return None, False
    if str(text.get("event", "")).lower() in _DELETIONS:
        native_id = id_of(said)
        key = PostKey("weibo", native_id) if native_id else None
        return ({key: Sighting(key=key, seen_at=seen_at)} if key else None), True
    found, _, _ = (comments if kind == "comment" else statuses)([said], seen_at)
    return {seen.key: seen for seen in found} or None, False
