"""Proves a configuration against the world: every feed is asked once, every receiver once. A line each, with the fix."""

import asyncio
import os
import shlex
import stat
from collections.abc import Coroutine, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, wait
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from threading import Thread
from typing import Any, Literal, Protocol

from alerts.words import SHANGHAI
from monitor import accounts, coverage, streams
from monitor.errors import FeedError
from monitor.feeds import Matching, Source, limits, matcher_for
from monitor.importing import found
from monitor.model import FeedHealth, Words, listed, same
from monitor.pipeline import observe, proving
from monitor.ports import Batch, Clock, Fetch, FollowsFiles, Importing, Open, Proof, Proofs, Streaming

LOOK_AGAIN = Words(
    "langyan run 会自动重试；如果一直这样，检查地址和代理；是自建的服务，再检查服务本身",
    "langyan run tries again by itself; if it stays so, look at the address, the proxy and, where it is yours, the service",
)

PATIENCE, STANDING = 11.0, 3.0
"""Real seconds that feeds, and beside them receivers, have for their answers; then, that accounts have to say how they stand. A host
that swallows packets must not hold up a person; the daemon waits as long as each feed's `timeout`."""

MUTE = Words(f"{PATIENCE:.0f} 秒内没有答完", f"no whole answer within {PATIENCE:.0f} s")

FIRST_LINES = 8.0
"""Real seconds that a stream has for its first lines."""


@dataclass(frozen=True, kw_only=True)
class Line:
    """What was proved. `fix` is what to do, where something is wrong. `proves` False: said for whoever reads, not tried."""

    ok: bool
    what: Words
    says: Words
    fix: Words | None = None
    proves: bool = True

    def as_text(self, language: Literal["zh", "en"]) -> str:
        mark = ("ok  " if self.ok else "FAIL") if self.proves else "    "
        fix = f"\n     → {self.fix.told(language)}" if self.fix else ""
        return f"{mark} {self.what.told(language)}: {self.says.told(language)}{fix}"

    def as_json(self) -> dict[str, object]:
        """English, for programs that look for words."""
        return {"ok": self.ok, "what": self.what.en, "says": self.says.en, "fix": self.fix.en if self.fix else ""}


class Checking(Protocol):
    """A channel that can prove itself, without posting anything."""

    def proofs(self) -> Sequence[Proof]: ...


async def feeds(sources: Sequence[Source], fetch: Fetch, stream: Open, matcher: Matching, clock: Clock) -> list[Line]:
    """Asks every feed for its newest page, all at a time, without storing it or moving its cursor; then every account how it
    stands."""
    asked = await asyncio.gather(*(_in_time(feed, _feed(feed, fetch, stream, matcher, clock)) for feed in sources))
    mute = {feed.name for feed, line in zip(sources, asked, strict=True) if line.says == MUTE}
    shared = [(name, ours) for name, ours in accounts.accounts(sources).items() if ours[0].name not in mute]
    standing = [asyncio.ensure_future(_account(name, sharing, fetch, clock)) for name, sharing in shared]
    done = (await asyncio.wait(standing, timeout=STANDING))[0] if standing else set()
    for late in set(standing) - done:
        late.cancel()
    stand = [one.result() for one in standing if one in done]
    return [*asked, *(line for line in stand if line is not None)]


def _feed_named(name: str) -> Words:
    return Words(f"数据源 {name}", f"feed {name}")


async def _in_time(feed: Source, asking: Coroutine[Any, Any, Line]) -> Line:
    try:
        async with asyncio.timeout(PATIENCE):
            return await asking
    except TimeoutError:
        more = limits(feed).total
        fix = Words(
            f"检查地址、代理、防火墙；同一网站的数据源要排队。langyan run 每次等到 {more:.0f} 秒，所以可能只是慢",
            f"Look at the address, the proxy and the firewall; feeds of one site queue. langyan run waits {more:.0f} s each time, so "
            "it may be slow, not dead",
        )
        return Line(ok=False, what=_feed_named(feed.name), says=MUTE, fix=fix)


async def _account(name: str, sharing: Sequence[Source], fetch: Fetch, clock: Clock) -> Line | None:
    """How an account stands; None: its site does not say."""
    facts = await accounts.standing(sharing[0], fetch, clock)
    said: list[Words] = []
    if "quota_remaining" in facts:
        left = f"{facts['quota_remaining']:.0f}"
        said.append(Words(f"按网站自己的计数还剩 {left} 次请求", f"{left} requests left by the site's own count"))
    soon = False
    if "token_expires_at" in facts:
        until = datetime.fromtimestamp(facts["token_expires_at"], UTC)
        soon = until - clock.now() <= accounts.AHEAD
        said.append(
            Words(
                f"凭证 {until.astimezone(SHANGHAI):%Y-%m-%d %H:%M} 到期",
                f"its credential ends at {until:%Y-%m-%d %H:%M} UTC",
            )
        )
    if not said:
        return None
    return Line(
        ok=not soon,
        what=Words(f"账号 {name}", f"account {name}"),
        says=listed(said),
        fix=accounts.RENEW if soon else None,
    )


async def _feed(feed: Source, fetch: Fetch, stream: Open, matcher: Matching, clock: Clock) -> Line:
    what = _feed_named(feed.name)
    if isinstance(feed.connector, Importing):
        return _file(what, feed.connector)
    if isinstance(feed.connector, FollowsFiles):
        return _files(what, feed.connector)
    try:
        if isinstance(feed.connector, Streaming):
            return await _stream(what, feed, feed.connector, stream, matcher_for(feed, matcher), clock)
        response = await fetch(feed.connector.first({}), limits(feed))
        batch = feed.connector.parse(response, {}, clock.now())
    except FeedError as error:
        return Line(ok=False, what=what, says=observe.failing(error), fix=observe.mending(error) or LOOK_AGAIN)
    return _answered(what, batch, matcher_for(feed, matcher), clock)


async def _stream(
    what: Words, feed: Source, connector: Streaming, stream: Open, matcher: observe.Matching, clock: Clock
) -> Line:
    """Opens the stream and waits a little for its first lines."""
    async with stream(connector.open({}), limits(feed), FIRST_LINES) as flow:
        streams.refused(feed, flow.response, {}, clock.now())
        lines = streams.Lines()
        filling = asyncio.ensure_future(lines.fill(flow.pieces))
        try:
            async with asyncio.timeout(FIRST_LINES):
                block = await lines.take(streams.GATHER)
        except TimeoutError:
            block = b""
        finally:
            filling.cancel()
            await asyncio.wait([filling])
    if not block.strip():
        says = Words(
            f"推送流已打开，{FIRST_LINES:.0f} 秒内没有内容",
            f"the stream is open and was silent for {FIRST_LINES:.0f} s",
        )
        return Line(ok=True, what=what, says=says)
    return _answered(what, connector.feed(block, {}, clock.now()), matcher, clock)


def _answered(what: Words, batch: Batch, matcher: observe.Matching, clock: Clock) -> Line:
    posts = [sighting.post for sighting in batch.sightings if sighting.post is not None]
    if not posts:
        return Line(
            ok=True,
            what=what,
            says=Words("有回应，现在没有帖子", "answers, with no posts now"),
            fix=Words(
                "如果应该有，核对数据源的检索词或路由", "If there should be some, look at the feed's query or route"
            ),
        )
    ours = sum(bool(matcher.match(post)) for post in posts)
    newest = max((post.posted_at for post in posts if post.posted_at), default=None)
    minutes = None if newest is None else round((clock.now() - newest).total_seconds() / 60)
    zh, en = ("", "") if minutes is None else (f"，最新一条在 {minutes} 分钟前", f", newest {minutes} min ago")
    says = Words(f"{len(posts)} 条帖子{zh}，{ours} 条与品牌有关", f"{len(posts)} posts{en}, {ours} concern a brand")
    return Line(ok=True, what=what, says=says)


class Proved(Proofs, Protocol):
    """What a running house found out about its feeds."""

    def feeds(self) -> list[FeedHealth]: ...


def proofs(names: Sequence[str], store: Proved, now: datetime) -> Iterator[Line]:
    """What the last day proves of each feed that has run: gaps, walks cut off, items against what is usual."""
    newest = {health.feed: health.newest_post for health in store.feeds()}
    for name in names:
        hours = store.feed_hours(name)
        if not hours:
            continue
        running = int(now.timestamp() // 3600)
        # Whole hours compare with usual ones; in a feed's first hour there is nothing else to tell of.
        until = now + proving.HOUR if all(one.hour == running for one in hours) else now
        found, silent = proving.lately(hours, until, 24), proving.silent_since(hours, now)
        posted = newest.get(name)
        day = Words(f"数据源 {name}，近 24 小时", f"feed {name}, last 24 h")
        says = proving.sentence(found, None if posted is None else now - posted)
        if silent is not None:
            quiet = Words(
                "到网站上亲自看看：平时有内容、现在没有，可能是被封了",
                "Look at the site by hand: a feed that usually speaks and is silent may be blocked",
            )
            says = Words(
                f"{says.zh}，{silent.astimezone(SHANGHAI):%m-%d %H:%M} 起没有内容",
                f"{says.en}, silent since {silent:%m-%d %H:%M} UTC",
            )
            yield Line(ok=False, what=day, says=says, fix=quiet)
            continue
        often = Words(
            "轮询得更勤些：有内容在两次之间来了又走", "Poll it more often: items came and went between two polls"
        )
        fix = often if found.gaps or found.caps else None
        yield Line(ok=True, what=day, says=says, fix=fix)


def doors(names: Iterable[str], store: Proved, now: datetime) -> Iterator[Line]:
    """Where deliveries are taken, and when the last one came."""
    came = {health.feed: health.last_ok for health in store.feeds()}
    for name in names:
        last = came.get(name)
        minutes = None if last is None else round((now - last).total_seconds() / 60)
        zh = "还没有来过" if minutes is None else f"上一批在 {minutes} 分钟前"
        en = "none came yet" if minutes is None else f"the last came {minutes} min ago"
        send = Words("照 docs/sources/ingest.md 发一批试试", "Send one as docs/sources/ingest.md shows")
        where = f"POST /ingest/{name}"
        says = Words(f"在 {where} 接收带签名的推送；{zh}", f"takes signed deliveries at {where}; {en}")
        yield Line(
            ok=True, what=Words(f"推送入口 {name}", f"ingest {name}"), says=says, fix=send if last is None else None
        )


def _file(what: Words, connector: Importing) -> Line:
    path = Path(connector.path)
    try:
        with path.open("rb") as file:
            size = file.seek(0, os.SEEK_END)
    except FileNotFoundError:
        if path.parent.is_dir():
            says = Words(f"{path} 还不存在", f"{path} is not there yet")
            fix = Words("有人写了就会读", "It is read once somebody writes it")
            return Line(ok=True, what=what, says=says, fix=fix)
        says = Words(f"没有 {path.parent} 这个目录", f"there is no folder {path.parent}")
        return Line(ok=False, what=what, says=says, fix=Words("建好它，或改正 path", "Create it, or correct path"))
    except OSError as error:
        fix = Words("改正 path，或让这个用户读得到", "Correct path, or let this user read it")
        says = Words(f"{path} 读不了（{error.strerror}）", f"{path} cannot be read ({error.strerror})")
        return Line(ok=False, what=what, says=says, fix=fix)
    return Line(ok=True, what=what, says=Words(f"{path} 在，{size:,} 字节", f"{path} is there, {size:,} bytes"))


def _files(what: Words, connector: FollowsFiles) -> Line:
    there = found(connector.files)
    if not there:
        fix = Words("改正 path，或先让另一个程序写出文件", "Correct path, or let the other program write first")
        says = Words(f"{connector.files}：没有可读的文件", f"{connector.files}: no file is there to be read")
        return Line(ok=False, what=what, says=says, fix=fix)
    size = sum(path.stat().st_size for path in there)
    says = Words(f"{len(there)} 个文件，{size:,} 字节", f"{counted(len(there), 'file')}, {size:,} bytes")
    return Line(ok=True, what=what, says=says)


def sights(rows: Sequence[coverage.Row], language: Literal["zh", "en"]) -> list[Line]:
    """What will be seen of each platform, and what will not."""
    shown = coverage.lines(rows, language)
    return [Line(ok=True, what=same(platform), says=same(says), proves=False) for platform, says in shown]


_LATE = Proof(
    ok=False,
    says=Words(f"{PATIENCE:.0f} 秒内没有回应", f"no answer within {PATIENCE:.0f} s"),
    fix=Words(
        "检查地址、代理、防火墙，看这台机器能不能连上它",
        "Look at the address, the proxy and the firewall: does this machine reach it?",
    ),
)


def counted(number: int, what: str) -> str:
    """`1 brand`, `2 brands`."""
    return f"{number} {what}{'' if number == 1 else 's'}"


def secrets(files: Iterable[Path]) -> Iterator[Line]:
    """The files of secrets that others on this machine may read."""
    for path in sorted(set(files)):
        with suppress(OSError):  # one that is not there was told of before
            if path.stat().st_mode & (stat.S_IRGRP | stat.S_IROTH):
                says = Words("这台机器上的其他用户能读到这个密钥", "others on this machine may read this secret")
                yield Line(ok=True, what=same(str(path)), says=says, fix=same(f"chmod 600 {shlex.quote(str(path))}"))


def asked(channels: Mapping[str, Checking]) -> dict[str, Future[Sequence[Proof]]]:
    """Asks every receiver, all at a time, whether a message would arrive; sends none. Nobody waits for their threads at the end."""

    def ask(channel: Checking, answer: Future[Sequence[Proof]]) -> None:
        try:
            answer.set_result(channel.proofs())
        except BaseException as error:  # noqa: BLE001 - whoever waits for the answer must hear of it
            answer.set_exception(error)

    answers: dict[str, Future[Sequence[Proof]]] = {name: Future() for name in channels}
    for name, channel in channels.items():
        Thread(target=ask, args=(channel, answers[name]), name=f"check {name}", daemon=True).start()
    return answers


def receivers(channels: Mapping[str, Future[Sequence[Proof]]], left: float) -> list[Line]:
    """What came of asking the receivers, which have so many seconds more."""
    lines: list[Line] = []
    late = set(wait(channels.values(), max(0.0, left)).not_done)
    for name, answer in channels.items():
        for ok, says, fix, part in (_LATE,) if answer in late else answer.result():
            whole = Words(f"接收方 {name}", f"receiver {name}")
            what = whole if part is None else listed([whole, part])
            lines.append(Line(ok=ok, what=what, says=says, fix=fix))
    if not any(name != "ops" for name in channels):
        add = Words("加上 [alerts.receivers.crisis]", "Add [alerts.receivers.crisis]")
        nobody = Words("出事时不会呼叫任何人", "nobody would be paged")
        lines.append(Line(ok=False, what=Words("接收方", "receivers"), says=nobody, fix=add))
    if "ops" not in channels:
        add = Words(
            "加上 [alerts.receivers.ops]，否则数据源断了只有看板和日志知道",
            "Add [alerts.receivers.ops], else a dead feed is seen on the board and in the log alone",
        )
        unheard = Words("数据源出问题时没有人会收到通知", "no one hears of feeds that fail")
        lines.append(Line(ok=True, what=Words("接收方", "receivers"), says=unheard, fix=add))
    return lines
