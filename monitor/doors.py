"""What is pushed to us: whose deliveries are taken, how each is read, and what it is answered once it is written down."""

import hashlib
import json
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol

import orjson
from pydantic import Field, SecretStr, field_validator, model_validator

from connectors import formats
from connectors.pointers import FieldMap
from monitor.errors import ConfigError, DeliveryError
from monitor.feeds import Matching
from monitor.model import Sighting
from monitor.pipeline import receive
from monitor.ports import Batch, Clock, Deliveries, Intake
from monitor.tables import Table, seconds

RECORDS_AT_MOST = 10_000
"""Of one delivery."""

TOLD_AT_MOST = 1_000
"""Refused records that an answer names; the rest are counted."""

BACKLOG = 20_000
"""Texts that wait for the scorer; beyond them deliveries wait at their sender."""

NO_ROOM = 60.0
"""Seconds after which a sender comes again while the disk is full."""

WRITER_SLOW = 5.0
"""Real seconds a write may wait before deliveries do."""

_CLOCK_SLACK = timedelta(hours=1)


class DoorTable(Table):
    """`[ingest.NAME]`: who may push, and in what form. `every`: how often something is expected; the board says when it is late."""

    secret: SecretStr = Field(min_length=16)
    format: str = "record"
    map: dict[str, str] = Field(default_factory=dict)
    platform: str = Field("", max_length=40)
    brand: str = ""
    every: float = 86400.0

    _every = field_validator("every", mode="before")(seconds)

    @model_validator(mode="after")
    def _readable(self) -> "DoorTable":
        formats.reader(self.format, self.map, self.platform)
        return self


@dataclass(frozen=True, kw_only=True)
class Door:
    """One source of deliveries. `names_people`: its fields hold customers or orders, so no body of it is kept."""

    name: str
    secret: bytes
    read: formats.Read
    brand: str
    every: float
    names_people: bool
    platform: str = ""

    @classmethod
    def of(cls, name: str, table: DoorTable) -> "Door":
        return cls(
            name=name,
            secret=table.secret.get_secret_value().encode(),
            read=formats.reader(table.format, table.map, table.platform),
            brand=table.brand,
            every=table.every,
            platform=table.platform,
            names_people=bool(table.map) and FieldMap(table.map).names_people,
        )


class Books(Intake, Deliveries, Protocol):
    """The store as taking in uses it."""


class Doors:
    """Takes deliveries in, one of a source at a time. From any thread. `came` hears how many records each brought. `room`: whether
    there is any for them."""

    def __init__(
        self,
        doors: Mapping[str, Door],
        books: Books,
        matcher: Matching,
        clock: Clock,
        came: Callable[[str, int, datetime], None] = lambda _source, _items, _now: None,
        room: Callable[[], bool] = lambda: True,
    ) -> None:
        self._room = room
        self._doors, self._books, self._matcher, self._clock, self._came = doors, books, matcher, clock, came
        self._turns = {name: threading.Lock() for name in doors}

    def secret(self, source: str) -> bytes | None:
        """What this source signs with; None where there is no such source."""
        door = self._doors.get(source)
        return None if door is None else door.secret

    def wait(self) -> float | None:
        """The seconds after which to come again, where there is more to do than can be done."""
        if not self._room():
            return NO_ROOM
        if self._books.writer_stuck() > WRITER_SLOW:
            return WRITER_SLOW
        return 30.0 if self._books.waiting() > BACKLOG else None

    def take(self, source: str, delivery_id: str, body: bytes, *, lines: bool) -> Mapping[str, Any]:
        """The answer to a delivery, once all of it is written down; to one that came before, the first answer.

        `lines`: NDJSON, a record a line; else a JSON object or an array of them. Raises DeliveryError and StoreError.
        """
        door, digest = self._doors[source], hashlib.sha256(body).hexdigest()
        delivery_id = delivery_id or digest
        with self._turns[source]:
            before = self._books.answer_to(source, delivery_id)
            if before is not None:
                if before.sha256 != digest:
                    raise DeliveryError(
                        "reused",
                        "this delivery id came before with another body",
                        "Give every delivery an id of its own",
                    )
                return before.answer
            now = self._clock.now()
            sightings, refused = self._read(door, body, now, lines=lines)
            batch = Batch(sightings=tuple(sightings), rejected=tuple(f"record {line}: {why}" for line, why in refused))
            kept = receive.take_pushed(
                source,
                batch,
                b"" if door.names_people else body,
                intake=self._books,
                matcher=self._matcher.assuming(door.brand) if door.brand else self._matcher,
                now=now,
            )
            self._came(source, len(sightings), now)
            answer = {
                "delivery": delivery_id,
                "accepted": len(sightings),
                "kept": kept.kept,
                "rejected": [{"line": line, "error": _sayable(why)} for line, why in refused[:TOLD_AT_MOST]],
                "rejected_in_all": len(refused),
            }
            self._books.keep_answer(source, delivery_id, digest, answer, now)
            return answer

    def _read(
        self, door: Door, body: bytes, now: datetime, *, lines: bool
    ) -> tuple[list[Sighting], list[tuple[int, str]]]:
        sightings: list[Sighting] = []
        refused: list[tuple[int, str]] = []
        for line, said in _records(body) if lines else _members(body):
            found = said if isinstance(said, str) else door.read(said[0], now)
            if isinstance(found, Sighting) and found.seen_at > now + _CLOCK_SLACK:
                found = "collected_at lies in the future"
            if isinstance(found, str):
                refused.append((line, found))
            else:
                sightings.append(found)
        return sightings, refused


def _records(body: bytes) -> Iterator[tuple[int, tuple[Any] | str]]:
    """Each line of NDJSON with its number: what it holds, or what is wrong with it."""
    count = 0
    for number, line in enumerate(body.removeprefix(b"\xef\xbb\xbf").split(b"\n"), 1):
        if not line.strip():
            continue
        count += 1
        _not_too_many(count)
        try:
            yield number, (_loads(line),)
        except ValueError as error:
            yield number, f"not JSON ({error})"


def _members(body: bytes) -> Iterator[tuple[int, tuple[Any] | str]]:
    """Each member of an array with its number, from one."""
    try:
        found = _loads(body.removeprefix(b"\xef\xbb\xbf"))
    except ValueError as error:
        raise DeliveryError(
            "unreadable", f"the body is not JSON ({error})", "Send one JSON; lines of JSON go as application/x-ndjson"
        ) from None
    members = found if isinstance(found, list) else [found]
    _not_too_many(len(members))
    for number, member in enumerate(members, 1):
        yield number, (member,)


def _not_too_many(count: int) -> None:
    if count > RECORDS_AT_MOST:
        raise DeliveryError("too_much", f"more than {RECORDS_AT_MOST} records in one delivery", "Send them in several")


def _loads(text: bytes) -> Any:
    """JSON; half of an emoji, which a vendor that cuts texts leaves behind, costs nothing. ValueError for anything else."""
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError as error:
        if "surrogate" not in str(error) or "UTF-8" in str(error):
            raise ValueError(error.msg) from None
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        raise ValueError("broken in more than one place") from None


def _sayable(why: str) -> str:
    return why.encode("utf-8", "replace").decode()[:300]


def doors(tables: Mapping[str, DoorTable], brands: frozenset[str], feeds: frozenset[str]) -> dict[str, Door]:
    """The sources that may push. ConfigError names what cannot be."""
    for name, table in tables.items():
        if not name.replace("-", "").replace("_", "").replace(".", "").isalnum() or not name.isascii():
            raise ConfigError(f"ingest.{name}", "the name stands in an address", "Use letters, digits, . - and _")
        if name in feeds:
            raise ConfigError(f"ingest.{name}", f"a [[feed]] is called {name} too", "Give one of them another name")
        if table.brand and table.brand not in brands:
            place = f"ingest.{name}.brand"
            raise ConfigError(place, f"there is no brand {table.brand}", "Name one of the [[brand]] tables")
    return {name: Door.of(name, table) for name, table in tables.items()}
