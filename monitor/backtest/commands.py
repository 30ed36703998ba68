"""`langyan replay`, `langyan tune` and `langyan forecast`: thin commands over the backtest."""

from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from monitor.console import errors, plainly, progress, say
from monitor.errors import ConfigError
from monitor.model import Words

if TYPE_CHECKING:
    from monitor.backtest.remembering import Remembered
    from monitor.backtest.running import Run
    from monitor.backtest.trade import Trade
    from monitor.config import Config
    from monitor.model import PostKey
    from monitor.replay import Page

Recording = Annotated[Path, typer.Argument(help="langyan.post.v1 lines, .jsonl or .jsonl.gz.", exists=True)]
ConfigFile = Annotated[Path | None, typer.Option("-c", "--config", help="The TOML file.")]
Assumed = Annotated[bool, typer.Option("--assume-negative", help="Judge spread alone: every post is ours and bad.")]
Viral = Annotated[int | None, typer.Option(help="Replaces every reach and evidence threshold.", min=1)]
TruthFile = Annotated[
    Path | None,
    typer.Option("--truth", help="What became of each post; without it, what the recording goes on to say."),
]
AsJson = Annotated[bool, typer.Option("--json", help="JSON lines on stdout and nothing else there.")]


class LooksFrom(StrEnum):
    """Whose looks are judged."""

    RECORDING = "recording"
    OWN = "own"


Looks = Annotated[
    LooksFrom, typer.Option(help="own: the recording answers only where revisit.py asks, and requests are counted.")
]


def replay(
    recording: Annotated[
        Path | None, typer.Argument(help="langyan.post.v1 lines; or give --store.", exists=True)
    ] = None,
    config: ConfigFile = None,
    assume_negative: Assumed = False,
    viral: Viral = None,
    looks: Looks = LooksFrom.RECORDING,
    explain: Annotated[str | None, typer.Option(help="Say why this post was paged, or why not.")] = None,
    png: Annotated[Path | None, typer.Option(help="With --explain: its curve as a picture.")] = None,
    sweep: Annotated[bool, typer.Option("--sweep", help="Precision, recall and lead over thresholds.")] = False,
    against: Annotated[Path | None, typer.Option(help="Another TOML file, side by side.", exists=True)] = None,
    store: Annotated[str | None, typer.Option(help="The last 14d, 4h … of your own store, instead.")] = None,
    truth: TruthFile = None,
    json: AsJson = False,
) -> None:
    """A recording, or your own store's past, through the same pipeline on a virtual clock: prints each page that would have gone out."""
    from monitor import fittings

    with plainly():
        if sum((explain is not None, sweep, against is not None)) > 1:
            raise ConfigError("replay", "--explain, --sweep and --against are one question each", "Give one of them")
        if png is not None and explain is None:
            raise ConfigError("--png", "whose curve?", "Add --explain ID")
        if (recording is None) == (store is None):
            raise ConfigError("replay", "of what?", "Give a recording, or --store 14d -c FILE")
        if store is not None and assume_negative:
            raise ConfigError("--store", "its posts were scored already", "Leave --assume-negative out")
        fittings.log_to("console", at_least="warning")
        run = _run(recording, config, assume_negative, viral, looks, store)
        if explain is not None:
            _explain(run, explain, png, truth, json)
        elif sweep:
            _sweep(run, truth, json)
        elif against is not None:
            _compare(run, _run(recording, against, assume_negative, viral, looks, store), truth, json)
        else:
            with progress("replaying") as run.progress:
                for page in run.pages():
                    sentences = [run.say(reason) for reason in page.judgement.verdict.reasons]
                    if json:
                        say(page.as_json(sentences))
                    else:
                        typer.echo(page.as_text(sentences))
        errors.print(run.tally.sentence(), markup=False)


def tune(
    recording: Annotated[
        Path | None, typer.Argument(help="langyan.post.v1 lines; or give --store.", exists=True)
    ] = None,
    pages_per_week: Annotated[float, typer.Option(help="How often people are willing to be woken.", min=0.1)] = 3,
    config: ConfigFile = None,
    store: Annotated[str | None, typer.Option(help="The last 14d, 4h … of your own store, instead.")] = None,
    assume_negative: Assumed = False,
    viral: Viral = None,
    truth: TruthFile = None,
    json: AsJson = False,
) -> None:
    """Proposes the paging risk that keeps to so many pages a week: a change to the TOML, and what it would have cost."""
    from monitor import fittings
    from monitor.backtest.tuning import propose

    with plainly():
        if (recording is None) == (store is None):
            raise ConfigError("tune", "from what?", "Give a recording, or --store 14d -c FILE")
        fittings.log_to("console", at_least="warning")
        if recording is None:
            settings = _settings(config)
            level, pages_at = settings.thresholds.levels[settings.page_at].risk, settings.page_at
            with progress("judging again"):
                trade = _remembered(settings, store or "")
        else:
            run = _run(recording, config, assume_negative, viral, LooksFrom.RECORDING)
            ledger = run.ledger()
            _play(run)
            trade, level, pages_at = run.trade(ledger, truth), run.threshold, run.rules.pages_at
        proposal = propose(trade, pages_at, level, pages_per_week)
        if json:
            say(proposal.as_json())
        else:
            _print(proposal.as_lines())


def forecast(
    recording: Recording,
    at: Annotated[str, typer.Option(help="Ages, as 15m,30m,60m.")] = "15m,30m,60m",
    viral: Annotated[int, typer.Option(help="The reach whose probability is wanted.", min=1)] = 500,
    horizon: Annotated[str, typer.Option(help="The age by which reach is told.")] = "168h",
    config: ConfigFile = None,
    json: AsJson = False,
) -> None:
    """What the forecast said of each post at given ages, from nothing but the lines before: a line a post and age. With a
    configuration by the weights that were refitted on its posts, where there are any, and in its language."""
    from monitor import fittings
    from monitor import replay as replays
    from monitor.backtest.forecasts import forecasts
    from monitor.config import load

    with plainly():
        ages = [_duration("--at", age) for age in at.split(",")]
        if _duration("--horizon", horizon) != timedelta(days=7):
            raise ConfigError("--horizon", "the fitted reach is that at the age of a week", "Write 168h")
        settings = load(config) if config is not None else None
        fitted, language = fittings.forecaster(settings), settings.language if settings is not None else "zh"
        tally = replays.Tally()
        with progress("forecasting") as bar:
            lines = replays.read(recording, tally, _complain)
            for number, told in enumerate(forecasts(lines, ages, fitted, viral, language)):
                if number % 500 == 0:
                    bar(tally.lines, None)
                if json:
                    say(told.as_json())
                else:
                    typer.echo(told.as_text())


def _run(
    recording: Path | None,
    config: Path | None,
    assume_negative: bool,
    viral: int | None,
    looks: LooksFrom,
    store: str | None = None,
) -> "Run":
    from monitor.backtest.running import Run
    from monitor.config import load

    if config is None and not assume_negative:
        raise ConfigError("replay", "needs -c FILE or --assume-negative", "Add one of them")
    settings = load(config) if config is not None else None
    return Run(
        recording=recording,
        past=_past(settings, store) if settings is not None and store is not None else None,
        config=settings,
        assume_negative=assume_negative,
        viral=viral,
        own=looks is LooksFrom.OWN,
        complain=_complain,
    )


def _past(settings: "Config", span: str) -> "Remembered":
    """What the store remembers of that time; it stays open, for it is read while it is played."""
    from monitor import fittings
    from monitor.backtest.remembering import Remembered
    from monitor.backtest.running import NothingToJudgeError
    from monitor.clock import RealClock
    from monitor.scoring import about

    now = RealClock().now()
    since = now - _duration("--store", span)
    past = Remembered(fittings.read_store(settings), since, now, about(settings.brands))
    if not past:
        raise NothingToJudgeError(
            f"the store has judged nothing since {since:%Y-%m-%d}. Let it run, or give a recording"
        )
    return past


def _settings(config: Path | None) -> "Config":
    from monitor.config import load

    if config is None:
        raise ConfigError("tune", "--store needs -c FILE", "Add it")
    return load(config)


def _complain(line: str) -> None:
    errors.print(f"skipped: {line}", style="yellow", markup=False)


def _play(run: "Run") -> None:
    with progress("replaying") as run.progress:
        for _ in run.pages():
            continue


def _explain(run: "Run", wanted: str, png: Path | None, truth: Path | None, json: bool) -> None:
    from monitor.backtest.drawing import draw
    from monitor.backtest.explaining import Dossier, explain

    dossier = Dossier(wanted)
    run.witnesses.append(dossier.note)
    _play(run)
    key = dossier.steps[0].judgement.mention.post.key if dossier.steps else None
    outcome = run.outcomes(truth, {key.native_id: key.platform}).get(key) if key else None
    hurts = run.hurts(key) if key else None
    if json:
        for step in dossier.steps:
            say(step.as_json())
    else:
        _print(explain(dossier, outcome, hurts, run.threshold, run.rules.pages_at, run.say))
    if png is not None:
        draw(dossier, outcome, hurts, run.threshold, png)


def _sweep(run: "Run", truth: Path | None, json: bool) -> None:
    from monitor.backtest.trade import table

    ledger = run.ledger()
    _play(run)
    trade = run.trade(ledger, truth)
    scores = trade.sweep(run.threshold)
    if json:
        for score in scores:
            say(score.as_json())
        return
    known = sum(outcome.final is not None for outcome in trade.outcomes.values())
    typer.echo(
        f"{len(ledger.posts):,} posts judged, {known:,} followed to their end, {len(trade.viral()):,} came to hurt"
    )
    _print(table(scores, run.threshold))


def _compare(run: "Run", other: "Run", truth: Path | None, json: bool) -> None:
    from monitor.backtest.comparing import Pair

    ledger = run.ledger()
    pages = _first_pages(run), _first_pages(other)
    names = _name(run), _name(other)
    pair = Pair(names=names, pages=pages, outcomes=run.outcomes(truth, ledger.platforms), hurts=run.hurts)
    if json:
        for line in pair.as_json():
            say(line)
    else:
        _print(pair.as_lines())


def _first_pages(run: "Run") -> "dict[PostKey, Page]":
    first: dict[PostKey, Page] = {}
    with progress(f"replaying {_name(run)}") as run.progress:
        for page in run.pages():
            first.setdefault(page.key, page)
    return first


def _name(run: "Run") -> str:
    return str(run.config.path) if run.config else "defaults"


def _remembered(settings: "Config", span: str) -> "Trade":
    from monitor import fittings
    from monitor.backtest.running import remembered
    from monitor.clock import RealClock

    now = RealClock().now()
    with closing(fittings.read_store(settings)) as store:
        return remembered(settings, store, now - _duration("--store", span), now)


def export(settings: "Config", since: str, out: Path | None, json: bool) -> None:
    """Writes a recording of what was first seen in a span: `langyan export --since`."""
    from monitor import fittings
    from monitor.backtest import recorded
    from monitor.backtest.remembering import Remembered
    from monitor.clock import RealClock
    from monitor.scoring import about

    if not since:
        raise ConfigError("export", "of what?", "Give an incident's number, or --since 7d")
    now = RealClock().now()
    path = out or Path(f"langyan-{now:%Y%m%dT%H%M%SZ}.jsonl.gz")
    with closing(fittings.read_store(settings)) as store:
        past = Remembered(store, now - _duration("--since", since), now, about(settings.brands))
        lines = recorded.write(past.sightings(), path)
    private = Words("录像里有未遮盖的个人信息", "the recording holds private data, unmasked")
    errors.print(f"langyan: {private.told(settings.language)}", style="yellow")
    if json:
        say({"path": str(path), "lines": lines, "posts": len(past)})
    else:
        held = Words(f"{path}：帖子 {len(past)} 条，观察 {lines} 次", f"{path}: {lines} looks at {len(past)} posts")
        typer.echo(held.told(settings.language))


def _duration(place: str, text: str) -> timedelta:
    from monitor.tables import seconds

    try:
        return timedelta(seconds=seconds(text))
    except (ValueError, OverflowError) as error:
        raise ConfigError(place, f"{text!r}: {error}") from None


def _print(lines: Iterator[str] | list[str]) -> None:
    for line in lines:
        typer.echo(line)
