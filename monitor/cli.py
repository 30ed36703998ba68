"""The command line: thin commands over the house. Exit 0 fine, 1 failed, 2 bad usage or configuration."""

import asyncio
from contextlib import closing
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from monitor import __version__, auth, incidents, ingesting, upkeep
from monitor.backtest import commands as backtest
from monitor.console import errors
from monitor.console import plainly as _plainly
from monitor.console import progress as _progress
from monitor.console import say as _say
from monitor.doctor.commands import doctor
from monitor.errors import ConfigError
from monitor.install import commands as install
from monitor.model import Words

main = typer.Typer(
    name="langyan",
    help="狼烟: pages the crisis team while a bad post is still small.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
train = typer.Typer(help="Fit the shipped models anew.", no_args_is_help=True)
main.add_typer(auth.commands, name="auth")
main.add_typer(incidents.commands, name="incidents")
main.add_typer(train, name="train")
main.command()(ingesting.ingest)
main.command()(install.init)
main.command()(install.install_systemd)
main.command()(doctor)
main.command()(backtest.replay)
main.command()(backtest.tune)
main.command()(backtest.forecast)
main.command()(upkeep.backup)
main.command()(upkeep.restore)
main.command()(upkeep.forget)

ConfigFile = Annotated[Path, typer.Option("-c", "--config", help="The TOML file.", show_default="langyan.toml")]
AsJson = Annotated[bool, typer.Option("--json", help="JSON lines on stdout and nothing else there.")]


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"langyan {__version__}")
        raise typer.Exit


@main.callback()
def _options(
    version: Annotated[bool, typer.Option("--version", callback=_version, is_eager=True, help="Say which.")] = False,
) -> None:
    del version


@main.command()
def run(
    config: ConfigFile = Path("langyan.toml"),
    once: Annotated[bool, typer.Option("--once", help="Poll, score, judge and deliver once, then end.")] = False,
    shadow: Annotated[bool, typer.Option("--shadow", help="Judge and log; page nobody.")] = False,
) -> None:
    """The daemon."""
    from monitor import app, fittings
    from monitor.config import load
    from monitor.memory import settle_down

    with _plainly():
        settings = load(config)
        _needs_something(settings)
        fittings.log_to(settings.log)
        if once:
            _say(asyncio.run(app.once(settings, shadow=shadow)))
            return
        house = app.build(settings, shadow=shadow)
        settle_down()
        asyncio.run(house.run())


def _needs_something(settings: Any) -> None:
    if not settings.brands:
        raise ConfigError("brand", "no brand is named, so nothing concerns you", "Add a [[brand]] table")
    if not settings.feeds and not settings.doors:
        raise ConfigError("feed", "no feed is named, so nothing is watched", "Add a [[feed]] or an [ingest.NAME] table")


@main.command()
def check(
    config: ConfigFile = Path("langyan.toml"),
    receiver: Annotated[str, typer.Argument(help="With --page: whom; else the first that is paged.")] = "",
    explain: Annotated[str | None, typer.Option(help="Say which brand this text concerns, and why.")] = None,
    page: Annotated[
        bool, typer.Option("--page", help="Send a marked test page, mention and all; wait for 收到.")
    ] = False,
    wait: Annotated[float, typer.Option(help="With --page: how many seconds.", min=1)] = 120,
    brand: Annotated[str, typer.Option(help="Show what the newest posts of this brand were found by.")] = "",
    last: Annotated[int, typer.Option(help="With --brand: how many posts.", min=1, max=10_000)] = 200,
    json: AsJson = False,
) -> None:
    """Proves the configuration, the credentials and every feed: a line each, with what to do."""
    from monitor import fittings, proofs
    from monitor.config import load

    with _plainly():
        settings = load(config)
        fittings.log_to(
            settings.log, at_least="critical"
        )  # its lines say what a log would, and in the house's language
        if explain is not None:
            for one in proofs.explain(settings, explain):
                if json:
                    _say({"brand": one.brand, "matched": one.matched, "why": one.why.en})
                else:
                    mark = Words("是", "yes") if one.matched else Words("否", "no ")
                    typer.echo(f"{mark.told(settings.language)} {one.why.told(settings.language)}")
            return
        if brand:
            found = proofs.matched(settings, brand, last)
            for shown in found.as_json() if json else found.as_text(settings.language):
                _say(shown) if json else typer.echo(shown)
            return
        bad = False
        for line in proofs.call(settings, receiver, wait) if page else proofs.check(settings):
            bad = bad or not line.ok
            if json:
                _say(line.as_json())
            else:
                typer.echo(line.as_text(settings.language))
        if bad:
            raise typer.Exit(1)


@main.command("words")
def words_added(
    config: ConfigFile = Path("langyan.toml"),
    toml: Annotated[bool, typer.Option("--toml", help="As keys to paste into the configuration.")] = False,
    json: AsJson = False,
) -> None:
    """Words that people added in Slack: who, when, until when."""
    from monitor import config_secrets, fittings, wordlist
    from monitor.clock import RealClock
    from monitor.config import load

    with _plainly() as voice:
        settings = load(config)
        voice.language = settings.language
        now = RealClock().now()
        with closing(fittings.read_store(settings)) as store:
            added = store.words(now)
        if toml:
            brands = config_secrets.toml(config).get("brand", [])
            for line in wordlist.as_toml(added, brands, now, settings.language):
                typer.echo(line)
            return
        for word in added:
            if json:
                _say(wordlist.as_json(word))
            else:
                typer.echo(wordlist.as_line(word, now).told(settings.language))
        if not added and not json:
            typer.echo(Words("没有人加过词", "no words were added").told(settings.language))


@main.command()
def export(
    number: Annotated[int | None, typer.Argument(metavar="[N]", help="The incident's number.")] = None,
    since: Annotated[str, typer.Option(help="Instead: a recording of what was first seen in the last 7d, 12h …")] = "",
    out: Annotated[
        Path | None, typer.Option(help="The file to write; without it, one named after what it is and the time, here.")
    ] = None,
    config: ConfigFile = Path("langyan.toml"),
    json: AsJson = False,
) -> None:
    """Everything known of an incident as a zip for lawyers: posts, looks, raw answers, timeline; or, with --since, a recording of
    posts and looks that `langyan replay` plays. Nothing is masked."""
    from monitor import dossier, fittings
    from monitor.clock import RealClock
    from monitor.config import load

    with _plainly() as voice:
        settings = load(config)
        voice.language = settings.language
        if number is None or since:
            backtest.export(settings, since, out, json)
            return
        with closing(fittings.read_store(settings)) as store:
            bound = dossier.bind(
                store, number, out or Path(dossier.named(number, RealClock().now())), settings.language
            )
        private = Words(
            "压缩包里有未遮盖的个人信息：只给法务和危机小组",
            "the zip holds private data, unmasked: for counsel and the crisis team alone",
        )
        errors.print(f"langyan: {private.told(settings.language)}", style="yellow")
    if json:
        _say({"path": str(bound.path), "sha256": bound.sha256, "bytes": bound.size, "posts": bound.posts,
              "looks": bound.looks, "responses": bound.exhibits})  # fmt: skip
    else:
        held = Words(
            f"{bound.path}：帖子 {bound.posts} 条，观察 {bound.looks} 次，原始返回 {bound.exhibits} 份",
            f"{bound.path}: {bound.posts} posts, {bound.looks} looks, {bound.exhibits} raw answers",
        )
        typer.echo(held.told(settings.language))
        typer.echo(f"sha256 {bound.sha256}")


@main.command()
def demo(
    headless: Annotated[bool, typer.Option("--headless", help="End with the scenario, even on a terminal.")] = False,
    seed: Annotated[int, typer.Option(help="The same seed gives the same world.")] = 5,
    speed: Annotated[float, typer.Option(help="How many times as fast as the wall.", min=1, max=200)] = 75,
    json: AsJson = False,
) -> None:
    """The whole product against a sandbox on loopback: a complaint catches fire among hundreds of harmless posts."""
    from monitor import demo as play

    with _plainly():
        raise typer.Exit(play.run(headless=headless, seed=seed, speed=speed, json=json))


@main.command()
def sandbox(
    port: Annotated[int, typer.Option(help="On 127.0.0.1; 0: any that is free.", min=0, max=65535)] = 0,
    seed: Annotated[int, typer.Option(help="The same seed gives the same world.")] = 3,
    world: Annotated[str, typer.Option(help="What happens: everywhere, demo, backlog, busy or hurry.")] = "everywhere",
    rate: Annotated[float, typer.Option(help="Seconds of the world in a second.", min=0.1, max=1000)] = 1,
    language: Annotated[str, typer.Option(help="zh or en.")] = "zh",
    json: AsJson = False,
) -> None:
    """Platforms and a Slack to try your feeds and connectors against, which fail as you order; nothing leaves this machine."""
    from monitor.clock import RealClock
    from monitor.sandbox import alone

    with _plainly(), alone.listening(port) as listener:
        play = alone.Play(world=world, seed=seed, rate=rate, language=language)
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        if json:
            _say(alone.hello(url))
        else:
            typer.echo("\n".join(play.words(url)))
        play.serve(listener, RealClock().now())


@train.command("spread")
def train_spread(
    curves: Annotated[
        Path | None, typer.Argument(help="Repost curves, one JSON object a line, .jsonl or .jsonl.gz.", exists=True)
    ] = None,
    out: Annotated[
        Path | None, typer.Option(help="Where the weights go; with --from-store the state directory.")
    ] = None,
    seed: Annotated[int, typer.Option(help="The same seed gives the same weights.")] = 1,
    feed: Annotated[
        Path | None, typer.Option(help="All posts of a whole feed, small ones too, in the same form.", exists=True)
    ] = None,
    from_store: Annotated[
        bool, typer.Option("--from-store", help="Train the shipped weights further on your own posts (needs -c).")
    ] = False,
    platform: Annotated[
        str,
        typer.Option(
            help="With --from-store: whose posts; xiaohongshu, bilibili … are forecast once 200 have taught it."
        ),
    ] = "weibo",
    config: ConfigFile = Path("langyan.toml"),
) -> None:
    """Fits the forecast on repost curves and prints its held-out table; or refits it on your own finished posts."""
    from monitor import teaching
    from monitor.clock import RealClock
    from monitor.config import load
    from monitor.training import spread

    with _plainly(), _progress("fitting") as bar:
        if from_store:
            table = teaching.refit(load(config), out, seed, RealClock().now(), bar, platform)
        elif curves is None:
            raise ConfigError("train spread", "what from?", "Give a file of curves, or --from-store")
        else:
            table = spread.train_spread(curves, out or Path("weights.json"), seed, bar, feed=feed)
    typer.echo(table)


@train.command("sentiment")
def train_sentiment(
    folder: Annotated[Path | None, typer.Argument(help="CSVs with columns text,label (1 = negative).")] = None,
    engine: Annotated[str, typer.Option(help="linear or snownlp.")] = "linear",
    out: Annotated[
        Path | None, typer.Option(help="Where the weights go; with --from-labels the state directory.")
    ] = None,
    seed: Annotated[int, typer.Option(help="The same seed gives the same weights.")] = 1,
    from_labels: Annotated[
        bool, typer.Option("--from-labels", help="Fold in what people said of our judgement (needs -c).")
    ] = False,
    config: ConfigFile = Path("langyan.toml"),
) -> None:
    """Trains a scorer and prints its held-out table; or teaches the present one from your team's labels."""
    from monitor import teaching
    from monitor.config import load
    from monitor.training import sentiment, snow

    with _plainly(), _progress("learning") as bar:
        if from_labels:
            table = teaching.learn(load(config), out)
        elif folder is None:
            raise ConfigError("train sentiment", "what from?", "Give a folder of CSVs, or --from-labels")
        elif engine == "snownlp":
            table = snow.train_snownlp(folder, out or Path("snownlp.weights"), bar)
        elif engine == "linear":
            table = sentiment.train_sentiment(folder, out or Path("linear.weights"), seed, bar)
        else:
            raise ConfigError("--engine", f"there is no {engine!r} to train", "Write linear or snownlp")
    typer.echo(table)


@main.command()
def score(
    file: Annotated[Path, typer.Argument(help="A CSV of texts.")],
    column: Annotated[str, typer.Option(help="The column that holds them.")] = "text",
    brand: Annotated[str, typer.Option(help="Whom they are about; without it, what each text talks about.")] = "",
    engine: Annotated[str, typer.Option(help="linear, snownlp or cascade.")] = "",
    base_rate: Annotated[float | None, typer.Option(help="The share of negative texts among them.")] = None,
    explain: Annotated[bool, typer.Option("--explain", help="Show each text with what weighed most.")] = False,
    as_json: AsJson = False,
    config: Annotated[
        Path | None, typer.Option("-c", "--config", help="Take engine, weights and brands from it.")
    ] = None,
) -> None:
    """Judges the texts of a CSV: negative as they stand, bad for the brand, angry; a line a row, in order."""
    from monitor import scores
    from monitor.sentiment.linear import Linear

    with _plainly(), _progress("scoring", quiet=explain) as bar:
        engine, options, names = scores.settings(config, brand, engine, base_rate)
        linear = Linear(options) if explain else None
        working = scores.Scores(engine, options)
        done = 0
        try:
            for portion in scores.read(file, column, names):
                if linear is not None:
                    for passage in portion:
                        Console(highlight=False, soft_wrap=True).print(scores.explained(linear, passage))
                    continue
                for passage, line in zip(portion, working.of(portion), strict=True):
                    if as_json:
                        _say(line)
                    else:
                        typer.echo(scores.as_text(line, passage.text))
                done += len(portion)
                bar(done, None)
        finally:
            working.close()
