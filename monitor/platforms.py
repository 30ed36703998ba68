"""The platforms that posts are filed under, and the counter that tells how far a post has gone on each."""

from collections.abc import Mapping

UNITS: Mapping[str, str | None] = {
    "weibo": "reposts",
    "xiaohongshu": "likes",
    "appstore": "likes",
    "heimao": "likes",
    "dianping": "likes",
    "jd": "likes",
    "zhihu": "likes",
    "tieba": "comments",
    "bilibili": "views",
    "douyin": "likes",
    "kuaishou": "likes",
    "wechat": "views",
    "taobao": "likes",
    "tmall": "likes",
    "pinduoduo": "likes",
    "meituan": "likes",
    "hotline": None,
    "wechat_service": None,
    "app_feedback": None,
    "email": None,
    "heard": None,
}
"""Platform -> a field of `monitor.model.Counts`. None: it is said to the brand alone, so it has no reach. What is not here is a
site of no platform in particular (`web`, a user's own connector)."""
