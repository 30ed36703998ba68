"""`langyan backup` and `restore`: what an operator does on day two."""

from contextlib import closing
from pathlib import Path
from typing import Annotated

import typer

from monitor.console import plainly, say

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
    from monitor import app, backups
    from monitor.clock import RealClock
    from monitor.config import load

    with plainly():
        settings, now = load(config), RealClock().now()
        where = to or settings.state / "backups"
        path = where / backups.named(now) if to is None or to.is_dir() else where
        made = backups.make(settings.state, app.KEPT_WITH_IT, path, now)
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
    from monitor import app, backups
    from monitor.clock import RealClock
    from monitor.config import load

    with plainly():
        settings = load(config)
        with closing(app.occupy(settings)):
            kept = backups.restore(settings.state, app.KEPT_WITH_IT, source, RealClock().now())
    typer.echo(f"{source} is in place; what was there is kept in {kept}. Start langyan run")
