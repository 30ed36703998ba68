"""What a site answered, as it is kept: byte for byte, and without a secret of ours."""

import hashlib
import zlib
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.jsonl import JsonLines
from monitor.model import Count, Counts, Exhibit, Sighting
from monitor.pipeline import evidence
from monitor.ports import Batch
from monitor.store import schema
from tests.builders import NOON, a_post
from tests.pipeline.test_observe import SECRET, Desk, page
from tests.store.seen import rows

SITE = "https://api.site.example/2/search"


def answered(url: str, body: bytes = b"{}", status: int = 200, **headers: str) -> Exhibit:
    response = httpx.Response(status, content=body, headers=headers, request=httpx.Request("GET", url))
    return evidence.of_answer("search", response, NOON)


def responses(desk: Desk) -> list[dict[str, Any]]:
    return rows(desk.store, schema.response)


def test_an_answer_is_kept_as_it_came_with_its_sum() -> None:
    kept = answered(f"{SITE}?q=1", b'{"a":1}', 404, **{"content-type": "application/json"})
    assert zlib.decompress(kept.packed) == b'{"a":1}'
    assert kept.sha256 == hashlib.sha256(b'{"a":1}').hexdigest()
    assert (kept.size, kept.status, kept.content_type, kept.feed, kept.at) == (
        7,
        404,
        "application/json",
        "search",
        NOON,
    )
    assert not kept.withheld


def test_its_address_says_what_was_asked_and_none_of_our_secrets() -> None:
    asked = (
        f"https://user:hunter22@api.site.example/2/x?access_token={SECRET}&ids=1,2&q=%E6%98%9F%E7%A6%BE&sig=abc#part"
    )
    kept = answered(asked)
    assert kept.url == "https://api.site.example/2/x?access_token=…&ids=1,2&q=星禾&sig=…"


@given(
    name=st.text(min_size=1, max_size=20).filter(lambda name: name.lower() not in evidence.PLAIN),
    secret=st.from_regex(r"[A-Za-z0-9._+/=:@ -]{6,40}", fullmatch=True).filter(lambda s: s not in SITE),
)
def test_no_value_that_may_be_secret_is_ever_written_down(name: str, secret: str) -> None:
    url = httpx.URL(SITE, params={name: secret, "page": "2"})
    body = b"before " + secret.encode() + b" behind"
    kept = evidence.of_answer("search", httpx.Response(200, content=body, request=httpx.Request("GET", url)), NOON)
    assert secret not in kept.url.partition("?")[2].replace(name, "")
    assert secret.encode() not in zlib.decompress(kept.packed)
    assert kept.withheld
    assert len(zlib.decompress(kept.packed)) == len(body)


def test_a_site_that_repeats_its_address_repeats_no_secret_of_ours() -> None:
    body = b'<atom:link href="http://hub/weibo?code=0123456789abcdef" rel="self"/><item>1</item>'
    kept = answered("http://hub/weibo?code=0123456789abcdef", body)
    assert b"0123456789abcdef" not in zlib.decompress(kept.packed)
    assert b"code=****************" in zlib.decompress(kept.packed)
    assert kept.sha256 == hashlib.sha256(zlib.decompress(kept.packed)).hexdigest()
    assert kept.withheld


@pytest.mark.anyio
async def test_a_poll_keeps_the_answer_that_shows_a_post_of_ours() -> None:
    desk = Desk(page(9, cursor={"mark": 9}))
    await desk.poll()
    [kept] = responses(desk)
    assert (kept["url"], kept["status"], kept["feed"]) == ("https://site.example/1?access_token=…", 200, "weibo-search")


@pytest.mark.anyio
async def test_a_poll_that_shows_none_of_ours_keeps_nothing() -> None:
    desk = Desk(page(9, cursor={"mark": 9}, text="别人的奶茶"))
    await desk.poll()
    assert responses(desk) == []


@pytest.mark.anyio
async def test_a_second_look_keeps_its_answer_too() -> None:
    desk = Desk(page(9, cursor={"mark": 9}))
    await desk.poll()
    key = a_post(native_id="9").key
    seen = Sighting(key=key, seen_at=NOON + timedelta(minutes=3), counts=Counts(reposts=Count(8)))
    desk.site.again = Batch(sightings=(seen,))
    await desk.watch.look_again(desk.feed, desk.site, [key])
    assert len(rows(desk.store, schema.proof)) == 2


@pytest.mark.anyio
async def test_of_a_file_the_lines_that_were_read_are_kept(tmp_path: Path) -> None:
    drop = tmp_path / "drop.jsonl"
    line = (
        '{"schema":"langyan.post.v1","platform":"weibo","id":"1","text":"星禾奶茶","created_at":"2026-11-02T04:00:00Z",'
        '"collected_at":"2026-11-02T04:00:00Z","counts":{"reposts":9}}\n'
    )
    drop.write_text(line + line[:40])
    desk = Desk()
    desk.feed.connector = JsonLines(path=str(drop))
    await desk.poll()
    [kept] = responses(desk)
    assert zlib.decompress(kept["body"]).decode() == line
    assert (kept["url"], kept["status"]) == (f"file:{drop}", None)
