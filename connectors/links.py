"""Which post a link leads to, by the address alone: nobody is asked."""

import re
from urllib.parse import SplitResult, urlsplit

from connectors.bilibili_ids import aid_of
from connectors.weibo_ids import bid_to_mid
from monitor.model import PostKey

SHORT = "xhslink:"
"""What the name of a post begins with that stands for a short link."""

_LONGEST = 2000
_MID = re.compile(r"\d{14,20}", re.ASCII)
_BID = re.compile(r"[0-9A-Za-z]{8,10}", re.ASCII)
_NOTE = re.compile(r"/(?:explore|discovery/item|user/profile/[0-9a-f]{24})/([0-9a-f]{24})/?", re.ASCII)
_SHORT = re.compile(r"/(?:[a-z]/)?([0-9A-Za-z]{4,20})/?", re.ASCII)
_COMPLAINT = re.compile(r"/complaint/view/(\d{6,20})/?", re.ASCII)
_APP = re.compile(r"/([a-z]{2})/app/(?:[^/]+/)?id(\d{5,12})/?", re.ASCII)
_ZHIHU = re.compile(r"/(?:question/\d{1,20}/)?(question|answer|p|pin|zvideo)/(\d{1,20})/?", re.ASCII)
_KINDS = {"p": "article"}
_THREAD = re.compile(r"/p/(\d{5,20})/?", re.ASCII)
_VIDEO = re.compile(r"/video/(BV[0-9A-Za-z]{10}|av\d{1,16})/?", re.ASCII)
_REPLY = re.compile(r"reply(\d{1,20})", re.ASCII)
_PID = re.compile(r"(?:^|&)pid=(\d{5,20})(?:&|$)", re.ASCII)
_CLIP = re.compile(r"/(?:share/)?(?:video|note)/(\d{10,25})/?", re.ASCII)
_NAME = re.compile(r"[a-z0-9-]+(\.[a-z0-9-]+)+", re.ASCII)


def post_of(link: str) -> PostKey | None:
    """The post behind an address; None where it is no address of the web.

    Of an app in Apple's shop the reviews have no addresses, so the shop's page stands for it; a short link of Xiaohongshu
    (xhslink.com) hides its note, so it is a post of its own until it is opened (`short_links`). A site that nobody here knows is platform `web`.
    """
    text = link.strip()
    if not text or len(text) > _LONGEST or re.search(r"[\s<>\"\\\x00-\x1f]", text):
        return None
    try:
        parts = urlsplit(_whole(text))
        host = (parts.hostname or "").removeprefix("www.").rstrip(".")
    except ValueError:
        return None
    if parts.scheme not in ("http", "https") or "@" in parts.netloc or not _NAME.fullmatch(host):
        return None
    for names, read in _SITES.items():
        if host in names:
            return read(parts)
    return _anywhere(host, parts)


def short_path(link: str) -> str | None:
    """The path of a short link that hides its note; None where it is none."""
    key = post_of(link)
    hides = key is not None and key.native_id.startswith(SHORT)
    return urlsplit(_whole(link.strip())).path if hides else None


def _whole(text: str) -> str:
    return text if "://" in text else f"https://{text}"


def _weibo(parts: SplitResult) -> PostKey | None:
    """The number stands last in the path, behind the author's or a word: /1234567890/K3fnuEfZK, /detail/4607741009594608."""
    steps = [step for step in parts.path.split("/") if step]
    if len(steps) < 2:
        return None
    last = steps[-1]
    if _MID.fullmatch(last):
        return PostKey("weibo", last)
    if not _BID.fullmatch(last) or not (steps[-2].isdigit() or steps[-2] in ("status", "detail")):
        return None
    try:
        return PostKey("weibo", bid_to_mid(last))
    except ValueError:
        return None


def _note(parts: SplitResult) -> PostKey | None:
    found = _NOTE.fullmatch(parts.path)
    return PostKey("xiaohongshu", found[1]) if found else None


def _short_note(parts: SplitResult) -> PostKey | None:
    found = _SHORT.fullmatch(parts.path)
    return PostKey("xiaohongshu", f"{SHORT}{found[1]}") if found else None


def _app(parts: SplitResult) -> PostKey | None:
    found = _APP.fullmatch(parts.path)
    return PostKey("appstore", f"{found[1]}:{found[2]}") if found else None


def _complaint(parts: SplitResult) -> PostKey | None:
    found = _COMPLAINT.fullmatch(parts.path)
    return PostKey("heimao", found[1]) if found else None


def _zhihu(parts: SplitResult) -> PostKey | None:
    found = _ZHIHU.fullmatch(parts.path)
    return PostKey("zhihu", f"{_KINDS.get(found[1], found[1])}:{found[2]}") if found else _page(parts)


def _thread(parts: SplitResult) -> PostKey | None:
    """A thread, or the reply in it that the address points at."""
    found, reply = _THREAD.fullmatch(parts.path), _PID.search(parts.query)
    return PostKey("tieba", f"{found[1]}:{reply[1]}" if reply else found[1]) if found else _page(parts)


def _video(parts: SplitResult) -> PostKey | None:
    found, reply = _VIDEO.fullmatch(parts.path), _REPLY.fullmatch(parts.fragment)
    try:
        name = f"av{aid_of(found[1])}" if found else ""
    except ValueError:
        return None
    return PostKey("bilibili", f"{name}:{reply[1]}" if reply else name) if name else _page(parts)


def _clip(parts: SplitResult) -> PostKey | None:
    found = _CLIP.fullmatch(parts.path)
    return PostKey("douyin", found[1]) if found else _page(parts)


def _page(parts: SplitResult) -> PostKey | None:
    """What else such a site shows: a page like any other."""
    return _anywhere((parts.hostname or "").removeprefix("www."), parts)


def _anywhere(host: str, parts: SplitResult) -> PostKey | None:
    path = parts.path.rstrip("/") + (f"?{parts.query}" if parts.query else "")
    return PostKey("web", f"{host}{path}"[:300]) if path else None


_SITES = {
    ("weibo.com", "m.weibo.com", "m.weibo.cn", "weibo.cn"): _weibo,
    ("xiaohongshu.com", "m.xiaohongshu.com", "rednote.com"): _note,
    ("xhslink.com",): _short_note,
    ("apps.apple.com", "itunes.apple.com"): _app,
    ("tousu.sina.com.cn", "tousu.sina.cn"): _complaint,
    ("zhihu.com", "zhuanlan.zhihu.com"): _zhihu,
    ("tieba.baidu.com",): _thread,
    ("bilibili.com", "m.bilibili.com"): _video,
    ("douyin.com", "m.douyin.com", "iesdouyin.com"): _clip,
}
