"""How Weibo writes its objects: times, ids, texts broken off, users, comments. One form on all of its hosts."""

import html
from datetime import datetime, timedelta, timezone
from typing import Any

from monitor.sandbox.world import WEIBO_UID, WorldPost, Writer

SHANGHAI = timezone(timedelta(hours=8))

LONG = 140
"""Characters after which a list of posts breaks a text off."""

DELETED = "抱歉，此微博已被作者删除。查看帮助：https://kefu.weibo.com/"
NO_MORE = "此微博已被原作者删除。"
"""All that a batch says of a deleted post."""


def weibo_time(moment: datetime) -> str:
    """`Mon Nov 02 11:58:00 +0800 2026`."""
    return moment.astimezone(SHANGHAI).strftime("%a %b %d %H:%M:%S %z %Y")


def named(post: WorldPost) -> dict[str, Any]:
    """A post's number in its three spellings."""
    return {"id": int(post.native_id), "idstr": post.native_id, "mid": post.native_id}


def text_of(post: WorldPost, *, whole: bool) -> dict[str, Any]:
    """The text as the platform writes it: entities for markup, broken off when it is long, its length in half widths."""
    is_long = len(post.text) > LONG
    more = f"...全文： https://m.weibo.cn/{post.writer.id}/{post.native_id}" if is_long else ""
    return {
        "text": html.escape(post.text[:LONG], quote=False) + more,
        "textLength": len(post.text.encode("gb18030")),
        "isLongText": is_long,
        **({"longText": {"content": html.escape(post.text, quote=False)}} if is_long and whole else {}),
    }


def user_of(writer: Writer) -> dict[str, Any]:
    """Who wrote it; `verified_type` -1 is nobody in particular, 0 a celebrity, 2 an enterprise."""
    return {
        "id": int(writer.id),
        "idstr": writer.id,
        "screen_name": writer.name,
        "name": writer.name,
        "profile_url": f"u/{writer.id}",
        "followers_count": writer.followers,
        "verified": writer.verified,
        "verified_type": 2 if writer.id == WEIBO_UID else 0 if writer.verified else -1,
    }
