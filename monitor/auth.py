"""`langyan auth`: gets a platform's credential as its owner gives it, and keeps it where a feed reads it."""

import asyncio
import os
from pathlib import Path
from typing import Annotated

import typer

from monitor.console import plainly

commands = typer.Typer(help="Get a platform's credential, as its owner gives it.", no_args_is_help=True)


@commands.callback()
def _platforms() -> None:
    """One command for each platform; there is one."""


@commands.command()
def weibo(
    key: Annotated[str, typer.Option("--app-key", help="The App Key of your app at open.weibo.com.")],
    secret_file: Annotated[Path, typer.Option("--secret-file", help="A file that holds its App Secret.")],
    redirect: Annotated[str, typer.Option("--redirect", help="The redirect address registered there (授权回调页).")],
    out: Annotated[Path, typer.Option(help="Where the token goes.")] = Path("weibo.token"),
    base_url: Annotated[str, typer.Option(help="Where the open platform is.")] = "https://api.weibo.com",
    proxy_env: Annotated[str, typer.Option(help="The environment variable that holds a proxy's address.")] = "",
    allow_private: Annotated[
        list[str] | None, typer.Option(help="A private address that --base-url may have, as in a feed.")
    ] = None,
) -> None:
    """Authorises your app at Weibo and stores the token, which is never shown."""
    import secrets

    from monitor.authorise import App, ask, code_in, keep, secret_in
    from monitor.ports import Limits

    with plainly():
        app = App(key=key, secret=secret_in(secret_file), redirect_uri=redirect, base_url=base_url)
        state = secrets.token_urlsafe(12)
        typer.echo("1. Open this page as the brand's account and consent:\n")
        typer.echo(f"   {app.page(state)}\n")
        typer.echo("2. The browser is then sent to your redirect address. Paste that address here, or the code in it.")
        code = code_in(typer.prompt("   address", prompt_suffix=": "), state)
        limits = Limits(
            feed="auth",
            pace=0.0,
            proxy=os.environ.get(proxy_env) if proxy_env else None,
            allow_private=frozenset(allow_private or ()),
        )
        granted = asyncio.run(ask(app, code, limits))
        keep(granted.token, out)
        ends = f"ends at {granted.ends:%Y-%m-%d %H:%M} UTC" if granted.ends else "has no end that Weibo tells"
        typer.echo(f"\nThe token of account {granted.uid} is good and {ends}. It is in {out}, for its owner alone.")
        typer.echo("Write into the feeds that use it, then run langyan check:\n")
        typer.echo(f'   token = {{ file = "{out.resolve()}" }}')
