"""`langyan backup`, `restore` and `forget`: what an operator does on day two."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from monitor.console import plainly, say
from monitor.errors import ConfigError

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

    with plainly():
        settings, now = load(config), RealClock().now()
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
        typer.echo(f"{made.path}: {made.size:,} bytes, schema {made.schema}, checked; holds {', '.join(made.files)}")


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

    with plainly():
        settings = load(config)
        with closing(fittings.occupy(settings)):
            kept = backups.restore(settings.state, fittings.KEPT_WITH_IT, source, RealClock().now())
    typer.echo(f"{source} is in place; what was there is kept in {kept}. Start langyan run")


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

    with plainly():
        settings = load(config)
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
    if not gone.posts:
        typer.echo(
            f"nothing of {author or post} is here, so nothing was erased; langyan incidents show N prints ids of posts"
        )
        return
    typer.echo(
        f"erased: words, author and address of {gone.posts} posts, and {gone.answers} raw answers they were seen in"
    )
    for line in _remains(gone, settings.evidence.days):
        typer.echo(f"remains: {line}")


def _remains(gone: "Forgotten", evidence_days: int) -> Iterator[str]:
    """What of a forgotten post is still somewhere, and why."""
    yield "the posts' counts and times, without a word or a name: what was judged rests on them; they go with keep_days"
    if gone.answers_kept:
        yield (
            f"{gone.answers_kept} raw answers that an incident needs as evidence, until {evidence_days} days after it is over; "
            "--evidence erases them too"
        )
    if gone.incidents:
        numbers = ", ".join(str(number) for number in gone.incidents)
        yield f"incident {numbers}: its timeline, and what people wrote in it"
        yield "messages that were sent: delete them in Slack; exports and backups that were made: they are files of yours"
    else:
        yield "backups that were made: they are files of yours"
    yield "what the author publishes from now on is read like anybody's"
