"""What `langyan init` was told becomes a configuration. Pure."""

import ipaddress
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple
from urllib.parse import quote, urlsplit

from monitor.install.refusals import AnswerError
from monitor.model import Words
from monitor.tables import quoted
from monitor.watch.language import Query, looked_for

Language = Literal["zh", "en"]
Toml = dict[str, Any]

MOST_LINES = 25
"""Of settings, without comments."""

_QUOTES = (('"', '"'), ("“", "”"), ("「", "」"))


class Secret(NamedTuple):
    """Where a secret stands, as the TOML names it."""

    source: Literal["file", "env"]
    name: str


@dataclass(frozen=True, kw_only=True)
class Doors:
    """Which ways in there are; empty or None: not that one. The hot list needs nobody's leave and is always there."""

    mentions: Secret | None = None
    search: Secret | None = None
    push: str = ""
    vendor: Secret | None = None
    vendor_platform: str = ""
    rsshub: str = ""
    route: str = ""
    mediacrawler: str = ""
    apps: tuple[str, ...] = ()
    country: str = "cn"
    heimao: bool = False
    hot_lists: tuple[str, ...] = ()
    own: str = ""
    own_secret: Secret | None = None


@dataclass(frozen=True, kw_only=True)
class Slack:
    """Where people are told. `quiet` "": a trial is heard where pages will be; `on_duty`: whom a page mentions."""

    token: Secret
    channel: str
    app_token: Secret | None = None
    quiet: str = ""
    ops: str = ""
    on_duty: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Answers:
    """All that was asked. `names`: how else the brand is called; `exclude`: what it is confused with."""

    brand: str
    names: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    context: tuple[str, ...] = ()
    doors: Doors = field(default_factory=Doors)
    slack: Slack | None = None
    language: Language = "zh"
    state: str = "state"


def any_of(words: Sequence[str]) -> str:
    """A query that is true of a text with one of these words. AnswerError names a word that cannot be looked for."""
    return " OR ".join(dict.fromkeys(_term(word) for word in words))


def _term(word: str) -> str:
    if not looked_for(word) or not any(character.isalnum() for character in word):
        raise AnswerError(Words(f"{word!r} 里没有能搜的字", f"{word!r} holds nothing that can be looked for"))
    plain = len(word.split()) == 1 and not set(word) & set('()（）"“”「」') and word.upper() not in ("AND", "OR", "NOT")
    if plain:
        return word
    for opening, closing in _QUOTES:
        if closing not in word:
            return f"{opening}{word}{closing}"
    raise AnswerError(Words(f"{word!r} 里各种引号都有，请去掉", f"{word!r} holds every kind of quote, leave them out"))


def mention(who: str) -> str:
    """`S012` (a user group), `U034` (a member), `here` or `channel` as Slack writes a mention. AnswerError for anything else."""
    if who in ("here", "channel"):
        return f"<!{who}>"
    if who.isascii() and who.isalnum() and who.upper() == who and who[0] in "SUW":
        return f"<!subteam^{who}>" if who[0] == "S" else f"<@{who}>"
    zh = f"{who!r} 谁也不是：写用户组编号（S…）、成员编号（U…）、here 或 channel"
    raise AnswerError(Words(zh, f"{who!r} is nobody: write a user group's id (S…), a member's (U…), here or channel"))


def as_table(answers: Answers) -> Toml:
    """The configuration as its tables."""
    doors = answers.doors
    table: Toml = {"language": "en"} if answers.language == "en" else {}
    table["state"] = answers.state
    if doors.mentions:
        table["accounts"] = {"weibo-brand": {"limit": 100, "window": "1d"}}
    pushed: Toml = {}
    if doors.vendor:
        platform = {"platform": doors.vendor_platform} if doors.vendor_platform else {}
        pushed["vendor"] = {"secret": _named(doors.vendor), **platform}
    if doors.own_secret:
        pushed[doors.own] = {"secret": _named(doors.own_secret), "platform": doors.own, "brand": answers.brand}
    if pushed:
        table["ingest"] = pushed
    table["feed"] = list(_feeds(answers))
    table["brand"] = [_brand(answers)]
    table["alerts"] = _alerts(answers.slack)
    return table


def _brand(answers: Answers) -> Toml:
    brand: Toml = {"name": answers.brand, "match": any_of([answers.brand, *answers.names])}
    if answers.exclude:
        brand["except"] = any_of(answers.exclude)
    if answers.context:
        brand["context"] = any_of(answers.context)
    Query.parse(brand["match"])
    return brand


def _feeds(answers: Answers) -> Iterator[Toml]:
    doors, brand = answers.doors, answers.brand
    for name in ("weibo", *doors.hot_lists):
        yield {"name": f"{name}-hot", "type": "hotlist", "list": name, "every": "5m"}
    if doors.mentions:
        token = _named(doors.mentions)
        yield {"name": "weibo-mentions", "type": "weibo", "every": "36m", "account": "weibo-brand", "token": token}
    if doors.search:
        searching = {"mode": "search", "query": brand, "every": "3m", "token": _named(doors.search)}
        yield {"name": "weibo-search", "type": "weibo", **searching}
    if doors.push:
        yield {"name": "weibo-push", "type": "weibo-push", "subscription": doors.push}
    if doors.rsshub:
        own = _private(doors.rsshub)
        allowed = {"allow_private": [own]} if own else {}
        hub = {"base_url": doors.rsshub, "route": doors.route or tieba(brand), "every": "10m", "timeout": "70s"}
        yield {"name": "rsshub", "type": "rsshub", **hub, **allowed}
    if doors.mediacrawler:
        yield {"name": "mediacrawler", "type": "mediacrawler", "path": doors.mediacrawler, "every": "1m"}
    if doors.heimao:
        yield {"name": "heimao", "type": "heimao", "every": "5m", "pace": "5s"}
    for number, app in enumerate(doors.apps):
        name = f"app-store-{number + 1}" if number else "app-store"
        country = {} if doors.country == "cn" else {"country": doors.country}
        yield {"name": name, "type": "appstore", "brand": brand, "app_id": app, **country, "every": "30m"}


def tieba(brand: str) -> str:
    """RSSHub's route to what Tieba finds of a brand."""
    written = "".join(quote(c, safe="") if c.isascii() else c for c in brand)
    return f"/baidu/tieba/search/{written}/sm=1"


def _private(url: str) -> str:
    """The host of an address, where it is not one of the open internet."""
    host = urlsplit(url).hostname or ""
    try:
        return "" if ipaddress.ip_address(host).is_global else host
    except ValueError:
        return "" if "." in host else host


def _alerts(slack: Slack | None) -> Toml:
    table: Toml = {"mode": "trial"}
    if slack is None:
        return table
    if slack.quiet:
        table["trial"] = "quiet"
    heard: Toml = {"app_token": _named(slack.app_token)} if slack.app_token else {}
    crisis: Toml = {"type": "slack", "channel": slack.channel, "token": _named(slack.token), **heard}
    if slack.on_duty:
        crisis["mention"] = " ".join(slack.on_duty)
    receivers: Toml = {"crisis": crisis}
    if slack.quiet:
        receivers["quiet"] = {"type": "slack", "channel": slack.quiet, "token": _named(slack.token), **heard}
    if slack.ops:
        receivers["ops"] = {"type": "slack", "channel": slack.ops, "token": _named(slack.token)}
    table["receivers"] = receivers
    return table


def _named(secret: Secret) -> Mapping[str, str]:
    return {secret.source: secret.name}


def as_toml(answers: Answers) -> str:
    """The file: every table with a word on what it is for, one line a feed and a receiver. Where that is more than is read in one go, hot
    lists share a line."""
    text = _as_toml(answers, folded=False)
    settings = sum(bool(line) and not line.startswith("#") for line in text.splitlines())
    return text if settings <= MOST_LINES else _as_toml(answers, folded=True)


def _as_lines(feeds: Sequence[Toml], *, folded: bool) -> Iterator[str]:
    hot = [inline(feed) for feed in feeds if feed["type"] == "hotlist"]
    others = [inline(feed) for feed in feeds if feed["type"] != "hotlist"]
    first, rest = (", ".join(hot), others) if folded else (hot[0], [*hot[1:], *others])
    yield f"feed = [{first},"
    yield from (f"  {one}," for one in rest)
    yield "]"


def _as_toml(answers: Answers, *, folded: bool) -> str:
    table, say = as_table(answers), _REMARKS[answers.language]
    lines = [say["file"], ""]
    if "language" in table:
        lines.append(f"language = {inline(table['language'])}")
    lines.append(f"state = {inline(table['state'])}  # {say['state']}")
    for key in ("accounts", "ingest"):
        if named := table.get(key):
            lines += ["", f"# {say[key]}", *(f"{key}.{name} = {inline(inner)}" for name, inner in named.items())]
    lines += ["", f"# {say['feed']}", *_as_lines(table["feed"], folded=folded)]
    lines += ["", f"# {say['brand']}", "[[brand]]"]
    lines += [f"{key} = {inline(value)}" for key, value in table["brand"][0].items()]
    lines += ["", f"# {say['alerts']}", "[alerts]"]
    told = table["alerts"]
    lines += [f"{key} = {inline(told[key])}" for key in ("mode", "trial") if key in told]
    if "receivers" in told:
        lines += ["", f"# {say['receivers']}"]
        lines += [f"receivers.{name} = {inline(value)}" for name, value in told["receivers"].items()]
    return "\n".join(lines) + "\n"


def inline(value: object) -> str:
    """A value on one line, as TOML writes it."""
    match value:
        case bool():
            return "true" if value else "false"
        case int():
            return str(value)
        case Mapping():
            return "{ " + ", ".join(f"{key} = {inline(one)}" for key, one in value.items()) + " }"
        case list():
            return "[" + ", ".join(inline(one) for one in value) + "]"
        case _:
            return quoted(str(value))


_REMARKS: Mapping[Language, Mapping[str, str]] = {
    "zh": {
        "file": "# 狼烟的配置，由 langyan init 写下。每个键的说明见 config.example.toml；密钥不写在这里。",
        "state": "数据库和隐藏作者编号的密钥；两者都要备份",
        "accounts": "免费令牌每天的请求数：一半用来发现，一半用来重看",
        "ingest": "往 /ingest/名字 推送，用这把密钥签名；见 docs/sources/ingest.md",
        "feed": "从哪里看，一行一个；手册里的 [[feed]] 写成这里的一行",
        "brand": "match 是怎么称呼它；出现 except 的不算；写了 context 的，还必须同时出现其中之一",
        "alerts": '试运行：红色以下不叫醒任何人，只问“该叫醒我 / 不该”。满意后改成 mode = "live"',
        "receivers": "告诉谁；ops 听运维该做什么",
    },
    "en": {
        "file": "# Langyan's configuration, written by langyan init. config.example.toml explains every key; secrets do not stand here.",
        "state": "the database and the key that hides author ids; back up both",
        "accounts": "what a free token may ask in a day: half to find posts, half to look again",
        "ingest": "who pushes to /ingest/NAME signs with this secret; see docs/sources/ingest.md",
        "feed": "where posts come from, one a line; a [[feed]] of the manual is a line here",
        "brand": "match is how it is called; except is what is not meant; with context, one of these must be there too",
        "alerts": 'a trial: below red nobody is woken, each asks whether it should have. When you are content: mode = "live"',
        "receivers": "who is told; ops hears what operators must do",
    },
}
