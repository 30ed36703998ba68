"""A post in other people's words: named values, from a field map or a table's row, become a sighting.

Lenient where `connectors.record` is strict: numbers may be text and text numbers, times are read as platforms show them, and a post
without an id of its own gets one that is the same in every run.
"""

from collections.abc import Mapping
from datetime import datetime
from hashlib import sha256
from typing import Any

from connectors import record
from connectors.links import post_of
from connectors.times import SHANGHAI, moment
from monitor.errors import RecordingError
from monitor.model import COUNTERS, Sighting

FIELDS = (
    "platform", "id", "kind", "url", "title", "text", "author.id", "author.name", "author.followers", "author.verified",
    "created_at", "collected_at", *(f"counts.{name}" for name in COUNTERS), "repost_of", "rating", "region", "product",
    "status", "customer_ref", "order_ref", "deleted",
)  # fmt: skip
"""What a post may be told by: `langyan.post.v1` with dots for what stands inside."""

_MOMENTS = ("created_at", "collected_at")
_FLAGS = ("author.verified", "deleted")
_TRUE = frozenset({"1", "true", "yes", "y", "是", "已认证", "认证", "已删除"})
_FALSE = frozenset({"0", "false", "no", "n", "否", "未认证", "普通用户", "正常"})
_NOTHING = frozenset({"", "-", "--", "null", "none", "nan", "n/a", "#n/a"})
_STARS = {"一星": 1, "二星": 2, "三星": 3, "四星": 4, "五星": 5}

PLATFORMS: Mapping[str, str] = {
    "微博": "weibo", "新浪微博": "weibo", "小红书": "xiaohongshu", "抖音": "douyin", "抖音短视频": "douyin",
    "快手": "kuaishou", "哔哩哔哩": "bilibili", "b站": "bilibili", "知乎": "zhihu", "百度贴吧": "tieba", "贴吧": "tieba",
    "微信": "wechat", "微信公众号": "wechat", "公众号": "wechat", "大众点评": "dianping", "点评": "dianping",
    "京东": "jd", "淘宝": "taobao", "天猫": "tmall", "拼多多": "pinduoduo", "美团": "meituan", "黑猫投诉": "heimao",
    "黑猫": "heimao", "app store": "appstore", "苹果商店": "appstore", "热线": "hotline", "电话": "hotline",
    "客服热线": "hotline", "服务号": "wechat_service", "微信服务号": "wechat_service", "应用内反馈": "app_feedback",
    "app反馈": "app_feedback", "意见反馈": "app_feedback", "邮件": "email", "邮箱": "email",
}  # fmt: skip
"""How exports call platforms."""


def sighting(values: Mapping[str, object], seen_at: datetime, platform: str = "") -> Sighting | str:
    """What the values say (`FIELDS` by name), or what is wrong with them.

    `seen_at` stands in for a moment of collection that is not told; `platform` for a platform that is not.
    """
    try:
        said = {name: value for name in FIELDS if (value := _plain(values.get(name), name)) is not None}
        times = {name: _moment(said[name], name, seen_at) for name in _MOMENTS if name in said}
    except ValueError as error:
        return str(error)
    where = _platform(said.get("platform"), said.get("url"), platform)
    if not where:
        return "platform is missing"
    if not said.get("text") and not said.get("title") and "id" not in said:
        return "neither text, title nor id is there"
    told: dict[str, Any] = {name: said[name] for name in said if "." not in name and name not in _MOMENTS}
    told |= {"platform": where, "id": said.get("id") or _id(where, said), "collected_at": seen_at.isoformat()}
    told |= {name: time.isoformat() for name, time in times.items()}
    told["rating"] = _rating(said.get("rating"))
    told["author"] = {name: said[f"author.{name}"] for name in ("id", "name", "followers", "verified")
                      if f"author.{name}" in said}  # fmt: skip
    told["counts"] = {name: said[f"counts.{name}"] for name in COUNTERS if f"counts.{name}" in said}
    try:
        return record.sighting(told, 0)
    except RecordingError as error:
        return error.problem


def _plain(value: object, name: str) -> Any:
    """A value as text, or a flag; None where nothing is told. ValueError where it is neither."""
    if isinstance(value, datetime):
        return (value if value.tzinfo else value.replace(tzinfo=SHANGHAI)).isoformat()
    if name in _FLAGS:
        return _flag(value)
    if value is None or isinstance(value, bool):
        return None
    if isinstance(value, float) and value.is_integer():
        value = int(value)  # a table's cell knows no whole numbers
    if not isinstance(value, str | int | float):
        raise ValueError(f"{name} is neither text nor number")  # noqa: TRY004 - a line says what is wrong with a row
    text = str(value).strip()
    return None if text.casefold() in _NOTHING else text


def _flag(value: object) -> bool | None:
    if value is None or isinstance(value, bool):
        return value
    text = str(value).strip().casefold()
    return True if text in _TRUE else False if text in _FALSE else None


def _moment(text: str, name: str, seen_at: datetime) -> datetime:
    found = moment(text, seen_at)
    if found is None:
        raise ValueError(f"{name} {text[:40]!r} is not a time")
    return found


def _platform(said: str | None, url: str | None, otherwise: str) -> str:
    if said:
        return PLATFORMS.get(said.casefold(), said)
    if otherwise:
        return otherwise
    found = post_of(url) if url else None
    return found.platform if found and found.platform != "web" else ""


def _id(platform: str, said: Mapping[str, Any]) -> str:
    """The id that the address names; else one made of the address, or of who said what and when."""
    url = said.get("url", "")
    found = post_of(url) if url else None
    if found is not None and found.platform == platform:
        return found.native_id
    told = (
        (url,) if url else (said.get(name, "") for name in ("author.id", "author.name", "created_at", "title", "text"))
    )
    return "made:" + sha256("\n".join(told).encode("utf-8", "replace")).hexdigest()[:24]


def _rating(text: str | None) -> int | None:
    """Stars, one to five; what is on another scale is not known."""
    if text is None:
        return None
    text = text.removesuffix("分").strip()
    if text in _STARS:
        return _STARS[text]
    number = text.removesuffix("星").removesuffix(".0")
    return int(number) if number in ("1", "2", "3", "4", "5") else None
