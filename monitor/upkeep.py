"""`langyan backup`, `restore` and `forget`: what an operator does on day two."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from monitor.console import plainly, say
from monitor.errors import ConfigError
from monitor.model import Words

if TYPE_CHECKING:
    from monitor.model import Forgotten

ConfigFile = Annotated[Path, typer.Option("-c", "--config", help="The TOML file.", show_default="langyan.toml")]
AsJson = Annotated[bool, typer.Option("--json", help="JSON lines on stdout and nothing else there.")]


def backup(
    to: Annotated[
        Path | None, typer.Argument(help="A file, or a folder; without it, backups/ in the state directory.")
    ] = None,
    config: ConfigFile = Path("langyan.toml"),
    json: AsJson = False,
) -> None:
    """Database, author key and own weights in one checked file, while the daemon runs. Keep it as safe as the state itself."""
    from monitor import backups, fittings
    from monitor.clock import RealClock
    from monitor.config import load

    with plainly() as voice:
        settings, now = load(config), RealClock().now()
        voice.language = settings.language
        where = to or settings.state / "backups"
        if to is None:
            try:
                where.mkdir(parents=True, exist_ok=True)
            except OSError as error:
                raise ConfigError(
                    "backup", f"{where} cannot be made ({error.strerror})", "Name a file or a folder elsewhere"
                ) from None
        path = where / backups.named(now) if to is None or to.is_dir() else where
        made = backups.make(settings.state, fittings.KEPT_WITH_IT, path, now)
    if json:
        say({"path": str(made.path), "bytes": made.size, "schema": made.schema, "files": list(made.files)})
    else:
        held = Words(
            f"{made.path}：{made.size:,} 字节，结构版本 {made.schema}，已核对；内有 {'、'.join(made.files)}",
            f"{made.path}: {made.size:,} bytes, schema {made.schema}, checked; holds {', '.join(made.files)}",
        )
        typer.echo(held.told(settings.language))


def restore(
    source: Annotated[
        Path, typer.Argument(metavar="FROM", help="A backup, or a langyan.db.schema-… made before a migration.")
    ],
    config: ConfigFile = Path("langyan.toml"),
) -> None:
    """Puts a backup in the place of what is there, which is kept. Refused while a daemon runs."""
    from monitor import backups, fittings
    from monitor.clock import RealClock
    from monitor.config import load

    with plainly() as voice:
        settings = load(config)
        voice.language = settings.language
        with closing(fittings.occupy(settings)):
            kept = backups.restore(settings.state, fittings.KEPT_WITH_IT, source, RealClock().now())
    placed = Words(
        f"{source} 已就位；原来的内容留在 {kept}。现在可以启动 langyan run",
        f"{source} is in place; what was there is kept in {kept}. Start langyan run",
    )
    typer.echo(placed.told(settings.language))


def forget(
    author: Annotated[str, typer.Option(help="Everything this author published, as platform:ID.")] = "",
    post: Annotated[str, typer.Option(help="One post, as platform:ID.")] = "",
    evidence: Annotated[
        bool, typer.Option("--evidence", help="Raw answers too which an incident needs as evidence.")
    ] = False,
    config: ConfigFile = Path("langyan.toml"),
    json: AsJson = False,
) -> None:
    """Erases words and author of posts for good, and says what remains and why. A daemon may be running."""
    from monitor import fittings
    from monitor.clock import RealClock
    from monitor.config import load
    from monitor.model import PostKey

    with plainly() as voice:
        settings = load(config)
        voice.language = settings.language
        platform, _, name = (author or post).partition(":")
        if bool(author) == bool(post) or not platform or not name:
            raise ConfigError(
                "forget", "whom, or what?", "Give --author platform:ID or --post platform:ID, e.g. weibo:5340"
            )
        now = RealClock().now()
        with closing(fittings.open_store(settings)) as store:
            if author:
                gone = store.forget_author(platform, name, now, evidence=evidence)
            else:
                gone = store.forget_post(PostKey(platform, name), now, evidence=evidence)
    if json:
        say(gone._asdict())
        return
    for line in _forgotten(gone, author or post, settings.evidence.days):
        typer.echo(line.told(settings.language))


def _forgotten(gone: "Forgotten", name: str, evidence_days: int) -> Iterator[Words]:
    """What went; then what of it is still somewhere, and why."""
    if not gone.posts:
        yield Words(
            f"这里没有 {name} 的任何内容，什么也没有删除；帖子编号见 langyan incidents show N",
            f"nothing of {name} is here, so nothing was erased; langyan incidents show N prints ids of posts",
        )
        return
    yield Words(
        f"已删除：{gone.posts} 条帖子的文字、作者和地址，以及含有它们的 {gone.answers} 份原始返回",
        f"erased: words, author and address of {gone.posts} posts, and {gone.answers} raw answers they were seen in",
    )
    for remains in _remains(gone, evidence_days):
        yield Words(f"还在：{remains.zh}", f"remains: {remains.en}")


def _remains(gone: "Forgotten", evidence_days: int) -> Iterator[Words]:
    yield Words(
        "这些帖子的计数和时间，没有文字和姓名：当时的判断以它们为据；到 keep_days 时清理",
        "the posts' counts and times, without a word or a name: what was judged rests on them; they go with keep_days",
    )
    if gone.answers_kept:
        yield Words(
            f"某个事件要作证据的 {gone.answers_kept} 份原始返回，留到事件结束后 {evidence_days} 天；加 --evidence 连它们一起删",
            f"{gone.answers_kept} raw answers that an incident needs as evidence, until {evidence_days} days after it is over; "
            "--evidence erases them too",
        )
    backups = Words("做过的备份：那是你自己的文件", "backups that were made: they are files of yours")
    if gone.incidents:
        zh, en = (mark.join(str(number) for number in gone.incidents) for mark in ("、", ", "))
        yield Words(
            f"事件 {zh}：它的经过，以及大家写在里面的话", f"incident {en}: its timeline, and what people wrote in it"
        )
        backups = Words(
            "做过的导出和备份：那是你自己的文件", "exports and backups that were made: they are files of yours"
        )
        yield Words("发出去的消息：请到 Slack 里删除", "messages that were sent: delete them in Slack")
    yield backups
    yield Words("这位作者以后再发的内容，照常会读", "what the author publishes from now on is read like anybody's")
