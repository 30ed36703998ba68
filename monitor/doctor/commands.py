"""`langyan doctor`: what ails an installation, in a bundle that may be shown to others."""

import shlex
from pathlib import Path
from typing import Annotated

import typer

from monitor.console import plainly
from monitor.errors import ConfigError


def doctor(
    to: Annotated[
        Path | None, typer.Argument(metavar="[TO.tar.gz]", help="Where the bundle goes; else beside you.")
    ] = None,
    config: Annotated[Path, typer.Option("-c", "--config", help="The TOML file.")] = Path("langyan.toml"),
    log: Annotated[
        Path | None, typer.Option(help="A log of the daemon; its end goes in, redacted.", dir_okay=False)
    ] = None,
    offline: Annotated[bool, typer.Option("--offline", help="Ask no feed, no receiver and no daemon.")] = False,
) -> None:
    """Collects what tells how this installation stands, without secrets, posts' texts and people's names."""
    from monitor import fittings
    from monitor.clock import RealClock
    from monitor.config import language_of
    from monitor.doctor import bundle
    from monitor.model import Words, same

    with plainly():
        fittings.log_to("auto", at_least="warning")
        now = RealClock().now()
        to = to or Path(f"langyan-doctor-{now:%Y%m%d-%H%M%S}.tar.gz")
        if log is not None and not log.is_file():
            raise ConfigError(
                "--log", f"there is no file {log}", "journalctl -u langyan -o cat > langyan.log makes one"
            )
        parts = list(bundle.gather(config, log, offline=offline))
        listing = bundle.listing(parts, "en")
        try:
            bundle.bind([bundle.Part(name="CONTENTS.txt", about=same(""), text=listing), *parts], to, now)
        except OSError as error:
            raise ConfigError(str(to), f"cannot be written ({error.strerror})", "Give another path") from None
        look = f"tar -xzOf {shlex.quote(str(to))} | less"
        said = Words(f"发给别人之前，先自己看一遍：{look}", f"Look into it before you send it: {look}")
        language = language_of(config)
        typer.echo(f"{to}\n\n{bundle.listing(parts, language)}\n{said.told(language)}")
