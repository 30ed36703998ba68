"""`langyan ingest FILE`: posts that stand in a file, from a vendor's export, a desk of your own, or another tool."""

from collections.abc import Callable, Iterator
from contextlib import closing
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from monitor.console import errors, plainly, progress, say
from monitor.errors import ConfigError

if TYPE_CHECKING:
    from monitor.config import Config
    from monitor.imported import Imported, Tally
    from monitor.model import Sighting, Words

SHOWN = 5
"""Rows of a preview."""

COMPLAINED = 50
"""Refused rows that are said one by one to people; the rest are counted."""


def ingest(
    file: Annotated[Path, typer.Argument(help="NDJSON (.jsonl), .json, .csv, .xlsx, or MediaCrawler's .db.")],
    config_file: Annotated[
        Path, typer.Option("-c", "--config", help="The TOML file.", show_default="langyan.toml")
    ] = Path("langyan.toml"),
    form: Annotated[
        str, typer.Option("--format", help="record, table, mediacrawler, …; without it, what the first row shows.")
    ] = "",
    pairs: Annotated[
        list[str] | None,
        typer.Option("--map", help="HEADING=FIELD, for a heading that is not guessed; HEADING= leaves it."),
    ] = None,
    platform: Annotated[str, typer.Option(help="Of rows that name none.")] = "",
    brand: Annotated[str, typer.Option(help="Every row concerns this brand, named in it or not.")] = "",
    preview: Annotated[
        bool, typer.Option("--preview", help="Show the first rows as they would be read; store nothing.")
    ] = False,
    dry: Annotated[bool, typer.Option("--dry-run", help="Read and match everything; store nothing.")] = False,
    json: Annotated[bool, typer.Option("--json", help="JSON lines on stdout and nothing else there.")] = False,
) -> None:
    """Brings in posts from a file. A second run adds nothing."""
    from monitor import config, fittings, imported

    with plainly():
        opened = imported.opened(file, form=form, pairs=pairs or [], platform=platform)
        if preview:
            _preview(opened, json, config.language_of(config_file))
            return
        settings = config.load(config_file)
        fittings.log_to(settings.log)
        if brand and brand not in {known.name for known in settings.brands}:
            raise ConfigError("--brand", f"there is no brand {brand}", "Name one of the [[brand]] tables")
        tally = _bring(opened, settings, brand, dry, json)
        if tally.refused and tally.refused == tally.rows:
            raise typer.Exit(1)


def _bring(file: "Imported", settings: "Config", brand: str, dry: bool, json: bool) -> "Tally":
    from monitor import fittings, imported
    from monitor.clock import RealClock
    from monitor.model import Words
    from monitor.vocabulary import Vocabulary

    clock = RealClock()
    tally = imported.Tally()
    with closing(fittings.open_store(settings)) as store, progress("reading") as bar:
        matcher = imported.matching(Vocabulary(settings.brands, store, clock), brand)
        complain = _complaining(json, settings.language)
        for tally, at in imported.bring(file, None if dry else store, matcher, clock):
            while tally.problems:
                complain(*tally.problems.pop(0))
            bar(tally.rows, round(tally.rows / at) if at else None)
    counts = {"rows": tally.rows, "kept": tally.kept, "refused": tally.refused}
    counts |= {} if dry else {"posts": tally.posts, "looks": tally.looks}
    if json:
        say(counts)
        return tally
    if tally.refused > COMPLAINED:
        more = tally.refused - COMPLAINED
        left = Words(f"还有 {more} 行读不了", f"{more} more rows could not be read")
        errors.print(f"langyan: {left.told(settings.language)}", style="yellow")
    new = (
        Words("没有存入任何内容", "nothing was stored")
        if dry
        else Words(
            f"新帖 {tally.posts:,} 条，新观察 {tally.looks:,} 次",
            f"{tally.posts:,} new posts, {tally.looks:,} new looks",
        )
    )
    told = Words(
        f"按 {file.form} 读了 {tally.rows:,} 行，{tally.kept:,} 行与品牌有关，{tally.refused:,} 行读不了；{new.zh}",
        f"{tally.rows:,} rows read as {file.form}, {tally.kept:,} concern a brand, {tally.refused:,} refused; {new.en}",
    )
    typer.echo(told.told(settings.language))
    return tally


def _complaining(json: bool, language: Literal["zh", "en"]) -> Callable[[str, str], None]:
    from alerts import words

    said = 0

    def complain(place: str, why: str) -> None:
        nonlocal said
        said += 1
        if json:
            say({"row": place, "error": words.clean(why)})
        elif said <= COMPLAINED:
            errors.print(f"{_row(place).told(language)}: {words.clean(why)}", style="yellow", markup=False)

    return complain


def _preview(file: "Imported", json: bool, language: Literal["zh", "en"]) -> None:
    """The first rows as they would be read, which columns they come from, and which columns are not read."""
    from alerts import words
    from monitor.clock import RealClock
    from monitor.model import Sighting

    now = RealClock().now()
    if json:
        say({"form": file.form, "columns": dict(file.fields), "unmapped": list(file.unmapped)})
    else:
        for line in _columns(file):
            typer.echo(line.told(language))
    for row in islice(file.rows(), SHOWN):
        found = file.read(row, now)
        shown = dict(_told(found)) if isinstance(found, Sighting) else {"error": words.clean(found)}
        if json:
            say({"row": row.place, **shown})
        else:
            typer.echo(_row(row.place).told(language))
            for name, value in shown.items():
                typer.echo(f"  {name}: {value}")


def _columns(file: "Imported") -> "Iterator[Words]":
    from alerts import words
    from monitor.model import Words, same

    yield Words(f"按 {file.form} 读：", f"read as {file.form}:")
    for heading, name in file.fields.items():
        yield same(f"  {words.clean(heading)} → {name}")
    for heading in map(words.clean, file.unmapped):
        yield Words(
            f"  {heading} → 不读（--map '{heading}=字段'）", f"  {heading} → not read (--map '{heading}=FIELD')"
        )


def _row(place: str) -> "Words":
    from monitor.model import Words

    return Words(f"第 {place} 行", f"row {place}")


def _told(sighting: "Sighting") -> Iterator[tuple[str, str]]:
    """What a row says, a field each; whose refs it names is said, not what they are."""
    from alerts import words
    from monitor.model import COUNTERS

    yield "post", words.clean(str(sighting.key))
    yield "seen", sighting.seen_at.astimezone(words.SHANGHAI).isoformat()
    post = sighting.post
    if post is not None:
        for name in ("kind", "title", "text", "url", "region", "product", "status", "repost_of"):
            if value := getattr(post, name):
                yield name, words.cut(words.clean(value), 120)
        if post.author.name:
            yield "author", words.cut(words.clean(post.author.name), 40)
        if post.author.followers is not None:
            yield "followers", f"{post.author.followers:,}"
        if post.posted_at:
            yield "published", post.posted_at.astimezone(words.SHANGHAI).isoformat()
        if post.rating:
            yield "rating", str(post.rating)
        for name in ("customer_ref", "order_ref"):
            if getattr(post, name):
                yield name, "…"
    for name in COUNTERS:
        found = getattr(sighting.counts, name)
        if found is not None:
            yield name, f"{found.value:,}"
