"""Whatever comes in, a parser says what it is or raises what it declared, and nothing else.

`make fuzz` tries 10,000 cases of each; without it a few.
"""

import contextlib
import gzip
import os
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import httpx
import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import SecretStr

from connectors import flat, formats, links, mediacrawler_rows, weibo_ids, xhs_ids
from connectors.counts import count, number
from connectors.jsonl import JsonLines
from connectors.markup import from_html, plain
from connectors.syndication import document
from connectors.times import moment
from connectors.weibo_push import WeiboPush
from monitor.doors import Door, Doors, DoorTable
from monitor.errors import ConfigError, DeliveryError, FeedError
from monitor.importing.lines import parsed
from monitor.model import Count, Match, Post, Sighting
from monitor.ports import Batch, Recorded
from monitor.watch import wordfile
from monitor.watch.query import Query
from monitor.web import ingest
from tests.fuzz.damage import CURSORS, JSON, SCALAR, STATUSES, answers, objects, plainly, spoilt, twisted

NOW = datetime(2026, 11, 2, 4, 0, tzinfo=UTC)

CASES = settings(
    max_examples=int(os.environ.get("LANGYAN_FUZZ", "25")),
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
WHERE, NOISE = st.integers(0, 2**20), st.binary(max_size=4)
NAMES = tuple(asked.name for asked in answers())


def read(name: str, body: bytes, status: int, cursor: Mapping[str, Any]) -> None:
    asked = next(asked for asked in answers() if asked.name == name)
    response = httpx.Response(status, content=body, request=asked.request)
    try:
        if asked.keys:
            again = asked.connector.parse_revisit(response, asked.keys, NOW)
            assert {seen.key for seen in again.sightings} | set(again.gone) <= set(asked.keys)
        else:
            batch = asked.connector.parse(response, cursor, NOW)
            assert isinstance(batch, Batch)
            assert batch.cursor is None or orjson.loads(orjson.dumps(batch.cursor)) == batch.cursor
    except FeedError:
        return


@pytest.mark.parametrize("name", NAMES)
@CASES
@given(where=WHERE, noise=NOISE, cut=st.booleans(), status=STATUSES)
def test_an_answer_with_broken_bytes(name: str, where: int, noise: bytes, cut: bool, status: int) -> None:
    body = next(asked.body for asked in answers() if asked.name == name)
    read(name, spoilt(body, where, noise, cut=cut), status, {})


@pytest.mark.parametrize("name", [name for name in NAMES if name not in ("rsshub", "rss (rss)", "rss (atom)")])
@CASES
@given(where=WHERE, value=SCALAR, second=WHERE, other=JSON)
def test_an_answer_with_other_values(name: str, where: int, value: object, second: int, other: object) -> None:
    said = orjson.loads(next(asked.body for asked in answers() if asked.name == name))
    read(name, plainly(twisted(twisted(said, where, value), second, other)), 200, {})


@CASES
@given(said=JSON, cursor=CURSORS, status=STATUSES, name=st.sampled_from(NAMES))
def test_any_answer_to_anybody_wherever_they_stand(
    said: object, cursor: Mapping[str, Any], status: int, name: str
) -> None:
    read(name, plainly(said), status, cursor)
    read(name, next(asked.body for asked in answers() if asked.name == name), 200, cursor)


PUSH = WeiboPush(subscription="10542")
PUSHED = {"id": 7, "text": {"type": "status", "event": "add", "status": {"id": 5, "text": "星禾", "user": {"id": 1}}}}


@CASES
@given(where=WHERE, value=JSON, at=WHERE, noise=NOISE)
def test_lines_of_a_stream(where: int, value: object, at: int, noise: bytes) -> None:
    lines = b"\r\n".join((plainly(PUSHED), plainly(twisted(PUSHED, where, value)), b""))
    for data in (lines, spoilt(lines, at, noise, cut=False)):
        try:
            PUSH.feed(data, {}, NOW)
        except FeedError:
            continue


@CASES
@given(which=WHERE, where=WHERE, value=JSON, second=WHERE, other=SCALAR)
def test_objects_in_every_form(which: int, where: int, value: object, second: int, other: object) -> None:
    whole = objects()[which % len(objects())]
    for said in (value, twisted(twisted(whole, where, value), second, other)):
        for name in formats.FORMATS:
            assert isinstance(formats.reader(name)(said, NOW), Sighting | str)
        if isinstance(said, dict):
            assert isinstance(flat.sighting(said, NOW), Sighting | str)
            assert isinstance(mediacrawler_rows.row(said, "xhs/jsonl/x.jsonl", NOW), Sighting | str)


@CASES
@given(said=SCALAR, text=st.text(max_size=40))
def test_counts_times_markup_and_links(said: object, text: str) -> None:
    for value in (said, text):
        assert isinstance(count(value), Count | None)
        assert isinstance(number(value), int | None)
        found = moment(value, NOW)
        assert found is None or found.tzinfo is not None
    assert isinstance(plain(text) + from_html(f"<p>{text}<br"), str)
    links.post_of(f"https://weibo.com/{text}")
    links.post_of(text)
    xhs_ids.of_link(text)
    assert not xhs_ids.is_id(text) or xhs_ids.born(text)
    try:
        weibo_ids.bid_to_mid(text)
    except ValueError:
        return


WORDS = st.text(st.sampled_from("星禾ab+!/|()[]=>@#*?.\\{}\n ^$\"'ANDORT"), max_size=40)


@CASES
@given(words=WORDS | st.text(max_size=40))
def test_word_files_and_queries(words: str) -> None:
    for parse in (wordfile.query, Query.parse):
        with contextlib.suppress(ConfigError):
            parse(words, "words.txt")


FEED = (
    "<?xml version='1.0' encoding='utf-8'?><rss version='2.0'><channel><title>投诉</title><item><title>漏</title>"
    "<guid>1</guid><pubDate>Mon, 02 Nov 2026 04:00:00 GMT</pubDate><description>&lt;p&gt;漏水</description></item></channel></rss>"
).encode()


@CASES
@given(
    where=WHERE,
    noise=st.sampled_from([b"<", b"&", b"]]>", b"<!DOCTYPE x [", b"</", b"\x00", "漏".encode("gbk")]) | NOISE,
    cut=st.booleans(),
)
def test_feeds(where: int, noise: bytes, cut: bool) -> None:
    request = httpx.Request("GET", "https://feeds.example/x")
    try:
        document(httpx.Response(200, content=spoilt(FEED, where, noise, cut=cut), request=request), NOW)
    except FeedError:
        return


class Nobody:
    """No post concerns anybody."""

    def match(self, post: Post) -> list[Match]:
        return []

    def assuming(self, brand: str) -> "Nobody":
        return self


class NoBooks:
    """Nothing is written down."""

    def answer_to(self, source: str, delivery: str) -> None:
        return None

    def keep_answer(self, *given: object) -> None:
        return None

    def record(self, *given: object, **more: object) -> Recorded:
        return Recorded()


class Standing:
    """A clock that stands still."""

    def now(self) -> datetime:
        return NOW


DOORS = {
    name: Door.of(name, DoorTable.model_validate({"secret": SecretStr("long enough a secret"), "format": name}))
    for name in formats.FORMATS
}
HOUSE = Doors(DOORS, NoBooks(), Nobody(), Standing())  # type: ignore[arg-type]


@CASES
@given(
    which=WHERE,
    value=JSON,
    where=WHERE,
    at=WHERE,
    noise=NOISE,
    name=st.sampled_from(sorted(DOORS)),
    lines=st.booleans(),
)
def test_deliveries_and_files_of_lines(
    which: int, value: object, where: int, at: int, noise: bytes, name: str, lines: bool
) -> None:
    record = plainly(twisted(objects()[which % len(objects())], where, value))
    body = record + b"\n" + record if lines else b"[" + record + b"," + record + b"]"
    spoiled = spoilt(body, at, noise, cut=False)
    for delivered in (body, spoiled):
        try:
            HOUSE.take(name, "", delivered, lines=lines)
        except DeliveryError:
            continue
    assert isinstance(parsed(spoiled), Mapping | str)
    assert isinstance(JsonLines(path="x.jsonl").read(spoiled + b"\n", {}, NOW), Batch)
    try:
        ingest.inflated(spoilt(gzip.compress(body, 1), at, noise, cut=False))
    except ingest._RefusedError:
        return
