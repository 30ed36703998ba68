"""Deliveries pushed to us: who is let in, what is answered, what is written down."""

import gzip
import hmac
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import anyio
import httpx
import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr
from structlog.testing import capture_logs

from monitor.clock import VirtualClock
from monitor.doors import BACKLOG, RECORDS_AT_MOST, Door, Doors, DoorTable
from monitor.errors import StoreError
from monitor.store import Store
from monitor.watch.query import Brand, Matcher, Query
from monitor.web import board, ingest
from tests.builders import NOON

SECRET = "a canary of thirty-two characters"
VENDOR = {"text": "/note/content", "id": "/note/no", "created_at": "/note/at", "counts.likes": "/stats/0"}


class Books(Store):
    """A store whose troubles can be arranged."""

    pending: int | None = None
    slow = 0.0

    def waiting(self) -> int:
        return super().waiting() if self.pending is None else self.pending

    def writer_stuck(self) -> float:
        return self.slow


class Vendor:
    """Signs and pushes, as a vendor would."""

    def __init__(self, **table: Any) -> None:
        self.clock = VirtualClock(NOON)
        self.books = Books.memory()
        assert isinstance(self.books, Books)
        doors = {"vendor": Door.of("vendor", DoorTable.model_validate({"secret": SecretStr(SECRET), **table}))}
        brand = Brand(name="星禾", match=Query.parse("星禾", place="test"))
        self.doors = Doors(doors, self.books, Matcher([brand]), self.clock)
        self.app = board.app(
            reading=self.books,
            clock=self.clock,
            language="zh",
            intervals={"vendor": 86400.0},
            unwell=lambda: (),
            ready=lambda: True,
            also=[ingest.route(self.doors, self.clock)],
        )

    def push(
        self,
        body: bytes | list[Any] | dict[str, Any],
        *,
        delivery: str = "",
        form: str = "application/json",
        source: str = "vendor",
        secret: str = SECRET,
        late: float = 0.0,
        **headers: Any,
    ) -> httpx.Response:
        content = body if isinstance(body, bytes) else orjson.dumps(body)
        stamp = str(int(self.clock.now().timestamp() - late))
        signature = hmac.digest(secret.encode(), stamp.encode() + b"." + content, "sha256").hex()
        sent = {"content-type": form, "x-timestamp": stamp, "x-signature": f"sha256={signature}"}
        sent |= {"x-delivery-id": delivery} if delivery else {}
        sent |= {name.replace("_", "-"): value for name, value in headers.items()}

        async def ask() -> httpx.Response:
            transport = httpx.ASGITransport(self.app)
            async with httpx.AsyncClient(transport=transport, base_url="http://langyan") as client:
                raw = {name.encode(): value.encode("latin-1") for name, value in sent.items()}
                return await client.post(f"/ingest/{source}", content=content, headers=raw)

        return anyio.run(ask)

    def stored(self) -> tuple[int, int]:
        """Posts and looks."""
        totals = self.books.totals()
        return totals["posts"], totals["sightings"]


@pytest.fixture
def vendor() -> Iterator[Vendor]:
    one = Vendor()
    yield one
    one.books.close()


def a_record(number: int = 1, **told: Any) -> dict[str, Any]:
    return {
        "platform": "weibo",
        "id": str(5340 + number),
        "text": "星禾的奶茶里喝出虫子",
        "created_at": "2026-11-02T11:58:00+08:00",
        "collected_at": "2026-11-02T12:00:00+08:00",
        "counts": {"reposts": number},
        **told,
    }


def lines(*records: Any) -> bytes:
    return b"\n".join(record if isinstance(record, bytes) else orjson.dumps(record) for record in records)


def test_a_delivery_is_answered_once_it_is_written_down(vendor: Vendor) -> None:
    answer = vendor.push([a_record(1), a_record(2, text="今天天气很好")], delivery="d-1")
    assert answer.status_code == 202
    assert answer.json() == {"delivery": "d-1", "accepted": 2, "kept": 1, "rejected": [], "rejected_in_all": 0}
    assert vendor.stored() == (1, 1)


def test_a_store_that_cannot_write_is_no_success(vendor: Vendor, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise StoreError("the disk is full")

    monkeypatch.setattr(vendor.books, "record", refuse)
    answer = vendor.push([a_record()])
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "30")
    monkeypatch.undo()
    assert vendor.push([a_record()]).status_code == 202


def test_each_line_has_its_own_verdict(vendor: Vendor) -> None:
    late = a_record(4, collected_at="2026-11-02T15:00:00+08:00")
    body = lines(a_record(1), b"{broken", b"", {"platform": "weibo"}, a_record(3), late)
    answer = vendor.push(body, form="application/x-ndjson; charset=utf-8").json()
    assert answer["accepted"] == 2
    assert [row["line"] for row in answer["rejected"]] == [2, 4, 6]
    assert "not JSON" in answer["rejected"][0]["error"]
    assert answer["rejected"][1]["error"] == "id is missing or no text (numbers are written in quotes)"
    assert answer["rejected"][2]["error"] == "collected_at lies in the future"


def test_one_object_is_a_delivery_of_one(vendor: Vendor) -> None:
    assert vendor.push(a_record()).json()["accepted"] == 1


def test_a_delivery_that_comes_again_gets_the_first_answer_and_changes_nothing(vendor: Vendor) -> None:
    first = vendor.push([a_record()], delivery="d-1")
    vendor.clock.advance(timedelta(hours=3).total_seconds())
    again = vendor.push([a_record()], delivery="d-1")
    assert (again.status_code, again.json()) == (202, first.json())
    assert vendor.stored() == (1, 1)


def test_the_same_body_packed_anew_is_the_same_delivery(vendor: Vendor) -> None:
    first = vendor.push(lines(a_record()), form="application/x-ndjson", delivery="d-1")
    packed = gzip.compress(lines(a_record()), mtime=7)
    again = vendor.push(packed, form="application/x-ndjson", delivery="d-1", content_encoding="gzip")
    assert again.json() == first.json()


def test_an_id_that_comes_again_with_another_body_is_refused_and_nothing_is_lost_silently(vendor: Vendor) -> None:
    vendor.push([a_record(1)], delivery="d-1")
    assert vendor.push([a_record(2)], delivery="d-1").status_code == 409
    assert vendor.push([a_record(2)], delivery="d-2").status_code == 202


def test_after_a_week_an_id_is_forgotten_and_the_same_looks_are_still_not_counted_twice(vendor: Vendor) -> None:
    vendor.push([a_record(1)], delivery="d-1")
    vendor.clock.advance(timedelta(days=8).total_seconds())
    vendor.push([a_record(2)], delivery="d-2")
    assert vendor.books.answer_to("vendor", "d-1") is None
    vendor.push([a_record(1)], delivery="d-1")
    assert vendor.stored() == (2, 2)


@pytest.mark.parametrize(
    ("given_", "status", "says"),
    [
        ({"source": "nobody"}, 404, "no such source"),
        ({"secret": "another secret, long enough"}, 401, "X-Signature does not fit"),
        ({"x_signature": ""}, 401, "X-Signature does not fit"),
        ({"x_signature": "sha256=\xff"}, 401, "X-Signature does not fit"),
        ({"x_timestamp": "soon"}, 401, "X-Timestamp is missing"),
        ({"late": 400}, 401, "X-Timestamp is 400 s behind"),
        ({"late": -400}, 401, "X-Timestamp is 400 s ahead"),
        ({"form": "text/csv"}, 415, "Content-Type"),
        ({"content_encoding": "br"}, 415, "not gzip"),
        ({"content_encoding": "gzip"}, 400, "not gzip, or breaks off"),
        ({"x_delivery_id": "d" * 300}, 400, "longer than 200"),
        ({"body": b""}, 400, "empty"),
        ({"body": b"{"}, 400, "not JSON"),
        ({"body": b"[" * 100_000}, 400, "not JSON"),
        ({"body": b" " * (ingest.BODY_AT_MOST + 1)}, 413, "larger than 10 MB"),
        ({"body": b"[" + b"1," * RECORDS_AT_MOST + b"1]"}, 413, "more than 10000 records"),
    ],
)
def test_what_cannot_be_taken_is_refused_with_what_to_do(
    vendor: Vendor, given_: dict[str, Any], status: int, says: str
) -> None:
    options = {"body": [a_record()], **given_}
    answer = vendor.push(**options)
    assert answer.status_code == status
    assert says in answer.json()["error"]
    assert vendor.stored() == (0, 0)


def test_a_bomb_is_refused_before_it_goes_off(vendor: Vendor) -> None:
    bomb = gzip.compress(b"[" + b" " * (50 * 1024 * 1024) + b"]")
    assert len(bomb) < 100_000
    assert vendor.push(bomb, content_encoding="gzip").status_code == 413
    many = gzip.compress(b"") * 1_000
    assert vendor.push(many, content_encoding="gzip").status_code == 400


def test_several_members_of_one_gzip_are_one_body(vendor: Vendor) -> None:
    body = gzip.compress(lines(a_record(1)) + b"\n") + gzip.compress(lines(a_record(2)))
    answer = vendor.push(body, form="application/x-ndjson", content_encoding="gzip")
    assert answer.json()["accepted"] == 2


def test_a_large_body_without_a_length_is_refused_as_it_comes(vendor: Vendor) -> None:
    async def ask() -> httpx.Response:
        async def body() -> Any:
            for _ in range(200):
                yield b" " * 65536

        stamp = str(int(NOON.timestamp()))
        sent = {"content-type": "application/json", "x-timestamp": stamp, "x-signature": "sha256=00"}
        async with httpx.AsyncClient(transport=httpx.ASGITransport(vendor.app), base_url="http://langyan") as client:
            return await client.post("/ingest/vendor", content=body(), headers=sent)

    assert anyio.run(ask).status_code == 413


@pytest.mark.parametrize("trouble", [{"pending": BACKLOG + 1}, {"slow": 6.0}])
def test_where_more_waits_than_can_be_read_the_sender_is_told_when_to_come_again(
    vendor: Vendor, trouble: dict[str, Any]
) -> None:
    for name, value in trouble.items():
        setattr(vendor.books, name, value)
    answer = vendor.push([a_record()])
    assert answer.status_code == 429
    assert int(answer.headers["retry-after"]) >= 1
    for name in trouble:
        delattr(vendor.books, name)
    assert vendor.push([a_record()]).status_code == 202


def test_no_secret_and_nothing_a_stranger_wrote_stands_in_the_log(vendor: Vendor) -> None:
    with capture_logs() as logged:
        vendor.push([a_record()], secret="another secret, long enough")
        vendor.push(b"{canary-of-a-body", delivery="d-1")
        vendor.push([a_record(id=7)])
    told = str(logged)
    assert "canary" not in told
    assert "sha256=" not in told


def test_a_vendors_own_fields_are_read_by_its_map() -> None:
    vendor = Vendor(map=VENDOR, platform="xiaohongshu")
    said = {"note": {"no": 68, "content": "星禾的杯子漏水", "at": "昨天 08:15"}, "stats": ["1.2万"]}
    answer = vendor.push([said, {"note": {"no": 69, "content": {"a": 1}}}])
    assert answer.json()["rejected"] == [{"line": 2, "error": "text is neither text nor number"}]
    posts = vendor.books.scored_since(NOON - timedelta(days=9), 0, 10)
    assert posts == []
    assert vendor.stored() == (1, 1)


def test_a_source_may_name_the_brand_of_all_it_says() -> None:
    vendor = Vendor(brand="星禾")
    assert vendor.push([a_record(text="漏水了")]).json()["kept"] == 1


def test_a_push_is_seen_on_the_board_as_a_feed_is(vendor: Vendor) -> None:
    vendor.push([a_record()])
    (health,) = vendor.books.feeds()
    assert (health.feed, health.last_ok) == ("vendor", NOON)


class Spoken:
    """One vendor for many examples."""

    vendor: Vendor | None = None


@given(st.binary(max_size=300), st.sampled_from(["application/json", "application/x-ndjson"]), st.booleans())
def test_whatever_is_signed_and_sent_is_answered(body: bytes, form: str, packed: bool) -> None:
    vendor = Spoken.vendor = Spoken.vendor or Vendor()
    headers: dict[str, Any] = {"content_encoding": "gzip"} if packed else {}
    answer = vendor.push(gzip.compress(body) if packed else body, form=form, **headers)
    assert answer.status_code in (202, 400)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63) | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=12,
)


@given(st.dictionaries(st.sampled_from(sorted(a_record())), JSON))
def test_a_record_with_anything_in_its_fields_costs_only_itself(change: dict[str, Any]) -> None:
    vendor = Spoken.vendor = Spoken.vendor or Vendor()
    answer = vendor.push(orjson.dumps([{**a_record(), **change}, a_record()], option=orjson.OPT_NON_STR_KEYS))
    assert answer.status_code == 202
    assert answer.json()["accepted"] >= 1


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
def test_who_only_looks_is_told_how_to_deliver(vendor: Vendor, method: str) -> None:
    async def ask() -> httpx.Response:
        transport = httpx.ASGITransport(vendor.app)
        async with httpx.AsyncClient(transport=transport, base_url="http://langyan") as client:
            return await client.request(method, "/ingest/vendor")

    answer = anyio.run(ask)
    assert (answer.status_code, answer.headers["allow"]) == (405, "POST")
    assert answer.json() == {"error": "a delivery is a POST", "fix": "POST it here, signed"}
