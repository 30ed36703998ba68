"""A table's headings, as 舆情 vendors write them, and the fields they stand for."""

import re
from collections.abc import Mapping, Sequence

from connectors.flat import FIELDS

_GUESSES: Mapping[str, tuple[str, ...]] = {
    "text": ("正文", "内容", "原文", "全文", "微博正文", "文章内容", "帖子内容", "评论内容", "投诉内容", "反馈内容", "工单内容", "文本", "摘要", "content", "text", "body"),
    "title": ("标题", "文章标题", "主题", "工单标题", "title", "subject"),
    "author.name": ("作者", "作者名称", "昵称", "用户昵称", "博主", "发布者", "发布人", "发文作者", "账号名称", "用户名", "媒体名称", "author", "nickname", "screenname"),
    "author.id": ("作者id", "用户id", "账号id", "uid", "userid", "authorid"),
    "author.followers": ("粉丝数", "粉丝量", "粉丝", "作者粉丝数", "followers"),
    "author.verified": ("是否认证", "认证", "verified"),
    "created_at": ("发布时间", "发表时间", "发布日期", "时间", "日期", "完整日期", "来电时间", "提交时间", "创建时间", "投诉时间", "评论时间", "createdat", "publishtime", "date"),
    "collected_at": ("采集时间", "抓取时间", "入库时间", "更新时间", "collectedat"),
    "platform": ("平台", "来源平台", "平台名称", "渠道", "来源", "来源网站", "网站名称", "站点", "媒体类型", "platform", "source", "channel"),
    "url": ("链接", "原文链接", "地址", "网址", "原文地址", "文章链接", "帖子链接", "url", "link"),
    "id": ("id", "文章id", "微博id", "帖子id", "笔记id", "工单号", "工单编号", "投诉单号", "反馈编号", "编号", "唯一标识", "mid", "noteid"),
    "counts.reposts": ("转发数", "转发量", "转发", "reposts"),
    "counts.comments": ("评论数", "评论量", "评论", "回复数", "comments"),
    "counts.likes": ("点赞数", "点赞量", "点赞", "赞", "赞数", "likes"),
    "counts.collects": ("收藏数", "收藏量", "收藏", "collects"),
    "counts.shares": ("分享数", "分享量", "分享", "shares"),
    "counts.views": ("阅读数", "阅读量", "播放数", "播放量", "浏览量", "浏览数", "观看数", "views"),
    "rating": ("评分", "星级", "打分", "rating", "stars"),
    "region": ("ip属地", "属地", "地域", "地区", "省份", "发布地", "ip", "region"),
    "product": ("产品", "产品名称", "商品", "商品名称", "product"),
    "status": ("状态", "投诉状态", "工单状态", "处理状态", "status"),
    "kind": ("类型", "信息类型", "kind"),
    "customer_ref": ("客户编号", "客户id", "会员号", "会员id", "会员编号", "手机号", "客户手机", "来电号码", "联系电话", "openid", "unionid", "customerref"),
    "order_ref": ("订单号", "订单编号", "订单id", "orderref", "orderid", "orderno"),
    "repost_of": ("源微博id", "原微博id", "转发源id", "repostof"),
}  # fmt: skip
"""Headings by the field they mean, the surest first: a table may have several, and one field is read from one column."""

_ASIDE = re.compile(r"[（(【\[][^）)】\]]{0,20}[）)】\]]|[\s_\-/:：*（）()\[\]【】]+|[\ufeff\u200b]")


def guess(headings: Sequence[str], given: Mapping[str, str] | None = None) -> dict[str, str]:
    """Field by heading. What the operator says (heading to field, "" for none) goes before what is guessed."""
    given = given or {}
    chosen = {heading: field for heading, field in given.items() if field}
    taken = set(chosen.values())
    folded: dict[str, str] = {}
    for heading in headings:
        if heading not in given:
            folded.setdefault(_folded(heading), heading)
    for field, names in _GUESSES.items():
        if field in taken:
            continue
        found = next((folded[name] for name in names if name in folded), None)
        if found is not None and found not in chosen:
            chosen[found] = field
    return {heading: chosen[heading] for heading in headings if heading in chosen}


def asked(pairs: Sequence[str], headings: Sequence[str]) -> dict[str, str]:
    """What `--map HEADING=FIELD` says; an empty field leaves the column out. ValueError names what is not there."""
    found: dict[str, str] = {}
    for pair in pairs:
        heading, equals, field = pair.rpartition("=")
        if not equals or not heading:
            raise ValueError(f'{pair!r} is no map. Write for example --map "帖子=text"')
        if heading not in headings:
            raise ValueError(f"there is no column {heading}. There are {', '.join(headings)}")
        if field and field not in FIELDS:
            raise ValueError(f"there is no field {field}. There are {', '.join(FIELDS)}")
        found[heading] = field
    return found


def _folded(heading: str) -> str:
    return _ASIDE.sub("", heading).casefold()
