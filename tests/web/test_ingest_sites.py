"""What the sandbox's vendor hands on, pushed as it is: notes, reviews and complaints become posts, refusals become reasons."""

from datetime import timedelta

import anyio
import httpx
import pytest

from monitor.sandbox.server import app
from monitor.sandbox.stage import Stage, StageClock
from tests.builders import NOON
from tests.web.test_ingest import Vendor

STAGE = Stage("everywhere", 7, NOON - timedelta(minutes=80), 75)
STAGE.clock = StageClock(NOON, 75)
NDJSON = "application/x-ndjson"


def handed_on(path: str) -> bytes:
    async def ask() -> bytes:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app(STAGE, 7)), base_url="http://sandbox") as client:
            return (await client.get(path)).content

    return anyio.run(ask)


@pytest.mark.parametrize(
    ("form", "path"),
    [
        ("xhs", "/forms/xhs?shape=note"),
        ("xhs", "/forms/xhs?shape=flat"),
        ("heimao", "/forms/heimao"),
        ("jd", "/forms/jd"),
        ("dianping", "/forms/dianping"),
    ],
)
def test_lines_in_a_sites_own_form_become_posts_and_the_same_lines_again_change_nothing(form: str, path: str) -> None:
    vendor, body = Vendor(format=form, brand="星禾"), handed_on(path)
    first = vendor.push(body, form=NDJSON, delivery="one")
    assert first.status_code == 202
    assert first.json()["rejected"] == []
    assert vendor.stored()[0] == first.json()["kept"] == len(body.splitlines())
    before = vendor.stored()
    vendor.push(body, form=NDJSON, delivery="two")
    assert vendor.stored()[0] == before[0]
    vendor.books.close()


def test_what_the_vendor_was_refused_with_is_no_post_and_is_told_back() -> None:
    vendor = Vendor(format="xhs", brand="星禾")
    body = handed_on("/forms/xhs?shape=flagged&limit=1") + handed_on("/forms/xhs?limit=2")
    answer = vendor.push(body, form=NDJSON).json()
    assert (answer["accepted"], answer["rejected_in_all"]) == (2, 1)
    assert answer["rejected"][0]["line"] == 1
    assert "300011 (blocked)" in answer["rejected"][0]["error"]
    vendor.books.close()
