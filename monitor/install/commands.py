"""`langyan init`: a first configuration, by questions or by flags. `langyan install-systemd`: what keeps it running."""

import os
import shlex
import stat
import sys
import tomllib
from importlib import resources
from pathlib import Path
from typing import Annotated

import typer

from monitor.console import errors, plainly
from monitor.errors import ConfigError
from monitor.install import questions as q

STATE = "/var/lib/langyan"
"""What the unit's StateDirectory is."""


def init(
    brand: Annotated[str | None, typer.Option(help="The brand's name.")] = None,
    names: Annotated[str | None, typer.Option(help="How else it is called; commas between.")] = None,
    exclude: Annotated[
        str | None, typer.Option("--except", help="Posts with one of these words are not meant.")
    ] = None,
    context: Annotated[
        str | None, typer.Option(help="For a name that is also a word: one of these must be there.")
    ] = None,
    doors: Annotated[str | None, typer.Option(help=f"Ways in: {', '.join(q.WAYS_IN)}, none.")] = None,
    weibo_token: Annotated[str | None, typer.Option(help="Where Weibo's token is: env:NAME or file:PATH.")] = None,
    weibo_search_token: Annotated[str | None, typer.Option(help="That of a commercial contract, the same way.")] = None,
    weibo_subscription: Annotated[str | None, typer.Option(help="Subscription id of a push contract.")] = None,
    vendor_secret: Annotated[
        str | None, typer.Option(help="What a vendor signs with: env:NAME or file:PATH; else made.")
    ] = None,
    vendor_platform: Annotated[
        str | None, typer.Option(help="The platform it delivers, if its records do not say.")
    ] = None,
    rsshub: Annotated[str | None, typer.Option(help="The address of your RSSHub.")] = None,
    rsshub_route: Annotated[
        str | None, typer.Option(help="Its route; without it, what Tieba finds of the brand.")
    ] = None,
    mediacrawler: Annotated[
        str | None, typer.Option(help="The files or the folder that a MediaCrawler writes.")
    ] = None,
    app_ids: Annotated[str | None, typer.Option(help="App Store ids; commas between.")] = None,
    country: Annotated[str | None, typer.Option(help="The App Store's country.")] = None,
    hot_lists: Annotated[
        str | None, typer.Option(help=f"Hot lists besides Weibo's: {', '.join(q.HOT_LISTS)}; commas between.")
    ] = None,
    own_channel: Annotated[
        str | None, typer.Option(help=f"A channel of your own that pushes: {', '.join(q.OWN_CHANNELS)}.")
    ] = None,
    own_secret: Annotated[
        str | None, typer.Option(help="What it signs with: env:NAME or file:PATH; else made.")
    ] = None,
    slack_channel: Annotated[str | None, typer.Option(help="The crisis channel's id, C….")] = None,
    quiet_channel: Annotated[str | None, typer.Option(help="The trial's own channel, C….")] = None,
    ops_channel: Annotated[str | None, typer.Option(help="The operators' channel, C….")] = None,
    slack_token: Annotated[str | None, typer.Option(help="Where the bot token is: env:NAME or file:PATH.")] = None,
    slack_app_token: Annotated[str | None, typer.Option(help="Where the app-level token is, the same way.")] = None,
    on_duty: Annotated[str | None, typer.Option(help="Whom a page mentions: S…, U…, here; commas between.")] = None,
    language: Annotated[str, typer.Option(help="What you are asked in, and what people read: zh or en.")] = "zh",
    state: Annotated[
        str | None, typer.Option(help=f"The state directory; for root {STATE}, else one beside the file.")
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Ask nothing; what no flag says has its default.")] = False,
    config: Annotated[Path, typer.Option("-c", "--config", help="The file to write.")] = Path("langyan.toml"),
) -> None:
    """Asks for a first configuration and writes it, on trial; secrets go into files of their own, for their owner alone."""
    from monitor import proofs
    from monitor.config import load
    from monitor.install import files
    from monitor.install.answers import as_toml
    from monitor.install.asking import Asking

    said = (brand, names, exclude, context, doors, weibo_token, weibo_search_token, weibo_subscription, vendor_secret,
            vendor_platform, rsshub, rsshub_route, mediacrawler, app_ids, country, hot_lists, own_channel, own_secret, slack_channel, quiet_channel,
            ops_channel, slack_token, slack_app_token, on_duty)  # fmt: skip
    given = {question.flag: text for question, text in zip(q.ALL, said, strict=True) if text is not None}
    with plainly():
        if language not in ("zh", "en"):
            raise ConfigError("--language", f"there is no {language!r}", "Write zh or en")
        if config.exists():
            raise ConfigError(str(config), "is there already", "Move it away, or give another path with -c")
        zh = language == "zh"
        asking = Asking(given, "zh" if zh else "en", config.parent, unattended=yes)
        answers = asking.answers(state or (STATE if os.geteuid() == 0 else "state"))
        settings = files.found(config, as_toml(answers), asking.kept, load)
        typer.echo(f"\n{config}" + "".join(f"\n{config.with_name(name)}  0600" for name in asking.kept) + "\n")
        for line in proofs.seen(settings):
            typer.echo(line.as_text(settings.language))
        for flag in asking.left_out:
            errors.print(f"{'没有填，先略过' if zh else 'left out for now'}: {flag}", style="yellow", markup=False)
        if answers.names and (answers.doors.search or answers.doors.rsshub):
            others = "、".join(answers.names) if zh else ", ".join(answers.names)
            one = (
                f"搜索只用“{answers.brand}”这一个词；要按 {others} 搜，各加一行 feed"
                if zh
                else f"searches ask for {answers.brand} alone; a line of feed more for each of {others} asks for those too"
            )
            errors.print(one, style="yellow", markup=False)
        if not settings.receivers:
            nobody = (
                "还没有 Slack 频道：只有看板，不会叫醒任何人"
                if zh
                else "no Slack channel yet: the board alone, nobody is woken"
            )
            errors.print(nobody, style="yellow", markup=False)
        typer.echo(f"\n{'下一步' if zh else 'Next'}: langyan check -c {shlex.quote(str(config))}")


def install_systemd(
    config: Annotated[Path, typer.Option("-c", "--config", help="The TOML file.")] = Path("/etc/langyan/langyan.toml"),
    command: Annotated[Path | None, typer.Option(help="The langyan to run; without it, this one.")] = None,
    show: Annotated[bool, typer.Option("--print", help="Print the unit and write nothing.")] = False,
    root: Annotated[Path | None, typer.Option(help="Read and write below this folder, an image of a system.")] = None,
) -> None:
    """Writes the systemd unit with your paths, and says what to do next."""
    from pathlib import PurePosixPath

    from monitor.config_secrets import ENCODING
    from monitor.install import unit

    with plainly():
        if not (show or root) and os.geteuid() != 0:
            raise ConfigError("install-systemd", "only root may write a unit", "Use sudo, or --print, or --root DIR")
        config, top = config.absolute(), root or Path("/")
        here = PurePosixPath(str(config.parent))
        try:
            raw = tomllib.loads((top / config.relative_to("/")).read_text(ENCODING))
        except (OSError, ValueError) as error:
            raise ConfigError(str(config), f"cannot be read ({error})", "langyan init writes one") from None
        named = list(unit.secrets_in(raw))
        state = PurePosixPath(os.path.normpath(here / str(raw.get("state", STATE))))
        shown = unit.credentials(named, here, state)
        text = unit.unit(
            resources.files("monitor.install").joinpath("langyan.service").read_text("utf-8"),
            PurePosixPath(str(command or Path(sys.argv[0]).absolute())),
            PurePosixPath(str(config)),
            state,
            shown,
        )
        if show:
            typer.echo(text, nl=False)
            return
        path = top / "etc/systemd/system/langyan.service"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        typer.echo(f"{path}\n")
        if not (top / config.relative_to("/")).stat().st_mode & stat.S_IROTH:
            typer.echo(f"chmod 644 {shlex.quote(str(config))}    # the unit's user reads it; it holds no secret")
        for secret in named:
            if secret.source == "env":
                typer.echo(f"systemctl edit langyan    # {secret.place}: EnvironmentFile= with {secret.name}")
        if shown:
            typer.echo(f"# {', '.join(shown)}: copied at the start; keep what is renewed without a restart in {state}")
        typer.echo("systemctl daemon-reload\nsystemctl enable --now langyan\nsystemctl status langyan")
