"""A file that somebody brings: in what form it stands, how its rows are read, and taking it in, a few hundred rows at a time."""

from array import array
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import Any

from connectors import flat, formats, headings, mediacrawler_rows
from monitor.errors import ConfigError
from monitor.feeds import Matching
from monitor.importing import Row, UnreadableError, rows
from monitor.model import Match, Post, PostKey, Sighting
from monitor.pipeline import observe, receive
from monitor.ports import Batch, Clock, Intake

TABLE = "table"
"""A form of its own: rows under headings."""

ROWS_AT_ONCE = 500
MATCHED = 10 * ROWS_AT_ONCE
"""Posts whose brands are kept in mind: each is asked for twice, when its row is read and when it is stored."""

FEED = "ingest"

REMEMBERED = 50_000
"""Posts of nobody that are kept in mind: some ten MiB."""

TOLD = 1 << 20
"""Rows whose words are kept in mind: eight MiB. A later row takes an earlier one's place, whose words are then read once more."""

_NOBODY = -1
"""No row's fingerprint: no hash is -1."""

_CLOCK_SLACK = timedelta(hours=1)


@dataclass(frozen=True, kw_only=True)
class Imported:
    """`fields`: of a table, the field by its heading; `unmapped`: headings that mean nothing here. `written`: when the file was last
    changed, which stands in for a moment of collection that a row does not tell, so that a second run sees the same looks."""

    path: Path
    form: str
    platform: str
    fields: Mapping[str, str]
    unmapped: tuple[str, ...]
    written: datetime
    header: Callable[[Sequence[str]], bool]

    def rows(self) -> Iterator[Row]:
        return rows(self.path, self.header)

    def read(self, row: Row, now: datetime, *, told: bool = True) -> Sighting | str:
        """What a row says, or what is wrong with it. `told` False: its counts alone are wanted, where it can be read so."""
        if isinstance(row.said, str):
            return row.said
        found = self._read(row.said, row.part, told=told)
        if isinstance(found, Sighting) and found.seen_at > now + _CLOCK_SLACK:
            return "it was collected in the future"
        return found

    def fingerprint(self, row: Row) -> int | None:
        """A number for what the row says beside its counts: a crawler writes the same again in every run. None: there is none."""
        if self.form != "mediacrawler" or isinstance(row.said, str):
            return None
        return mediacrawler_rows.fingerprint(row.said)

    def _read(self, said: Mapping[str, Any], part: str, *, told: bool) -> Sighting | str:
        if self.form == TABLE:
            values = {name: said.get(heading) for heading, name in self.fields.items()}
            return flat.sighting(values, self.written, self.platform)
        if self.form == "mediacrawler":
            place = f"{self.path.absolute()}/{part}"
            return mediacrawler_rows.row(said, place, self.written, self.platform, told=told)
        return formats.reader(self.form, platform=self.platform)(said, self.written)


def opened(path: Path, *, form: str = "", pairs: Sequence[str] = (), platform: str = "") -> Imported:
    """A file with its form: the one that is said, else the one that its first row shows. `pairs`: HEADING=FIELD. ConfigError where
    what was said does not fit, UnreadableError where there is nothing to read."""
    named = [pair.rpartition("=")[0] for pair in pairs]

    def header(cells: Sequence[str]) -> bool:
        return (
            mediacrawler_rows.STAMP in cells or len(headings.guess(cells)) > 1 or any(cell in named for cell in cells)
        )

    written = datetime.fromtimestamp(path.stat().st_mtime, UTC) if path.exists() else datetime.fromtimestamp(0, UTC)
    first = next((row.said for row in rows(path, header) if not isinstance(row.said, str)), None)
    if first is None:
        raise UnreadableError(f"{path} holds no row that can be read")
    form = form or _form(path, first)
    if form not in (TABLE, *formats.FORMATS):
        raise ConfigError(
            "--format", f"there is no {form}", f"There are {', '.join([TABLE, *sorted(formats.FORMATS)])}"
        )
    if form != TABLE:
        if pairs:
            raise ConfigError(
                "--map", f"the form {form} has fields of its own", f"Add --format {TABLE}, or leave it out"
            )
        return Imported(path=path, form=form, platform=platform, fields={}, unmapped=(), written=written, header=header)
    try:
        fields = headings.guess(list(first), headings.asked(pairs, list(first)))
    except ValueError as error:
        raise ConfigError("--map", str(error)) from None
    return Imported(
        path=path,
        form=form,
        platform=platform,
        fields=fields,
        unmapped=tuple(heading for heading in first if heading not in fields),
        written=written,
        header=header,
    )


def _form(path: Path, first: Mapping[str, Any]) -> str:
    if mediacrawler_rows.is_row(first):
        return "mediacrawler"
    if path.suffix.lower() in (".jsonl", ".ndjson", ".json") and "platform" in first and "id" in first:
        return "record"
    return TABLE


@dataclass
class Tally:
    """What came of it so far. `posts` and `looks` are new ones; `kept` concern a brand; `refused` could not be read."""

    rows: int = 0
    kept: int = 0
    refused: int = 0
    posts: int = 0
    looks: int = 0
    problems: list[tuple[str, str]] = field(default_factory=list)
    """The newest refusals (place, why), until somebody took them."""

    def add(self, taken: observe.Taken) -> None:
        self.kept += taken.kept
        self.posts += taken.posts
        self.looks += taken.sightings


class Remembering:
    """What a file told of so far: which rows' words were read, and whose posts those were."""

    def __init__(self, matcher: observe.Matching) -> None:
        self._matcher = matcher
        self._known: dict[tuple[PostKey, str | None, int], list[Match]] = {}
        self._begin_anew()

    def _begin_anew(self) -> None:
        # One with the other: where it is forgotten whose post it was, its words are wanted again.
        self._foreign: set[PostKey] = set()
        self._told = array("q", [_NOBODY]) * TOLD

    def was_told(self, fingerprint: int | None) -> bool:
        """Whether a row's words were read; of one without a fingerprint nobody knows."""
        return fingerprint is not None and self._told[fingerprint % TOLD] == fingerprint

    def note(self, fingerprint: int | None) -> None:
        """The words of this row were read."""
        if fingerprint is not None:
            self._told[fingerprint % TOLD] = fingerprint

    def match(self, post: Post) -> list[Match]:
        told = post.key, post.author.id, hash((post.title, post.text))
        found = self._known.get(told)
        if found is None:
            if len(self._known) >= MATCHED:
                self._known.clear()
            if len(self._foreign) >= REMEMBERED:
                self._begin_anew()
            found = self._known[told] = self._matcher.match(post)
            (self._foreign.discard if found else self._foreign.add)(post.key)
        return found

    def is_foreign(self, seen: Sighting) -> bool:
        """Whether a look without words is at a post that concerned nobody."""
        return seen.post is None and seen.key in self._foreign


def bring(file: Imported, intake: Intake | None, matcher: Remembering, clock: Clock) -> Iterator[tuple[Tally, float]]:
    """Takes a file in. Yields what came of it so far and how much of the file that is, 0..1. `intake` None: nothing is stored."""
    tally = Tally()
    coming = file.rows()
    while portion := list(islice(coming, ROWS_AT_ONCE)):
        now = clock.now()
        tally.add(_take(Batch(sightings=tuple(_readable(file, portion, matcher, now, tally))), intake, matcher, now))
        yield tally, portion[-1].at


def _readable(
    file: Imported, portion: Sequence[Row], matcher: Remembering, now: datetime, tally: Tally
) -> Iterator[Sighting]:
    for row in portion:
        tally.rows += 1
        fingerprint = file.fingerprint(row)
        found = file.read(row, now, told=not matcher.was_told(fingerprint))
        if isinstance(found, Sighting):
            if found.post is not None:
                matcher.match(found.post)
                matcher.note(fingerprint)
            if not matcher.is_foreign(found):
                yield found
        else:
            tally.refused += 1
            tally.problems.append((row.place, found))


def _take(batch: Batch, intake: Intake | None, matcher: observe.Matching, now: datetime) -> observe.Taken:
    if intake is not None:
        return receive.take_imported(FEED, batch, intake=intake, matcher=matcher, now=now)
    return observe.Taken(sum(one.post is None or bool(matcher.match(one.post)) for one in batch.sightings), 0, 0)


def matching(matcher: Matching, brand: str) -> Remembering:
    """How its posts are matched. `brand`: the one that all of them concern."""
    return Remembering(matcher.assuming(brand) if brand else matcher)
