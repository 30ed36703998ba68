"""What the brand's own channels push: whose complaint it is stays known, who it is does not."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import orjson
import pytest
from pydantic import SecretStr

from connectors.formats import reader
from monitor.clock import VirtualClock
from monitor.doors import Door, Doors, DoorTable
from monitor.model import Sighting
from monitor.store import Store
from monitor.watch.query import Brand, Matcher, Query
from tests.builders import NOON

CALLER, ORDER = "13812345678", "SO-20261102-77"
MATCHER = Matcher([Brand(name="星禾", match=Query.parse("星禾", place="test"))])


def taken(store: Store, *records: dict[str, Any], **table: Any) -> None:
    door = Door.of(
        "desk", DoorTable.model_validate({"secret": SecretStr("0123456789abcdef"), "brand": "星禾", **table})
    )
    body = b"\n".join(map(orjson.dumps, records))
    Doors({"desk": door}, store, MATCHER, VirtualClock(NOON)).take("desk", "", body, lines=True)


def a_call(**told: Any) -> dict[str, Any]:
    call = {"platform": "hotline", "id": "c-1", "text": "暖杯漏水", "collected_at": NOON.isoformat()}
    return {**call, "customer_ref": CALLER, "order_ref": ORDER, **told}


def read(**told: Any) -> Sighting:
    found = reader("record")(a_call(**told), NOON)
    assert isinstance(found, Sighting)
    return found


def test_neither_customer_nor_order_stands_anywhere_in_the_database(tmp_path: Path) -> None:
    store = Store.open(tmp_path / "langyan.db", hash_key=b"key")
    taken(store, a_call())
    taken(store, a_call(id="c-2", platform=7), a_call(id="c-3", customer_ref=None, order_ref=None))
    taken(store, {"no": 3, "t": "漏水", "who": CALLER, "order": ORDER}, {"no": 4, "t": ["?"], "who": CALLER},
          platform="hotline", map={"id": "/no", "text": "/t", "customer_ref": "/who", "order_ref": "/order"})  # fmt: skip
    assert store.totals()["posts"] == 3
    on_disk = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    store.close()
    on_disk += b"".join(path.read_bytes() for path in tmp_path.iterdir())
    assert CALLER.encode() not in on_disk
    assert ORDER.encode() not in on_disk


def test_a_customer_is_the_same_on_every_channel_however_the_mark_is_written() -> None:
    one, other = read(customer_ref=" VIP-77 ").post, read(platform="email", customer_ref="vip-77").post
    assert one is not None
    assert other is not None
    assert one.customer_ref == other.customer_ref == "vip-77"


@pytest.mark.parametrize("nobody", ["", "无", "0", "匿名", "N/A", "-"])
def test_what_stands_for_nobody_makes_no_strangers_one(nobody: str) -> None:
    post = read(customer_ref=nobody, order_ref=nobody).post
    assert post is not None
    assert (post.customer_ref, post.order_ref) == (None, None)


def test_a_call_has_no_reach_whatever_is_said_of_it() -> None:
    assert read(counts={"views": 90_000}).counts.views is None
    assert read(platform="weibo", counts={"views": 90_000}).counts.views is not None


def test_a_post_older_than_a_day_is_backlog_when_it_is_pushed() -> None:
    store = Store.memory()
    old, new = (NOON - timedelta(days=2)).isoformat(), (NOON - timedelta(hours=2)).isoformat()
    taken(store, a_call(id="old", created_at=old), a_call(id="new", created_at=new))
    found = store._db.read(lambda c: c.exec_driver_sql("SELECT native_id, background FROM post").all())
    assert {row[0]: bool(row[1]) for row in found} == {"old": True, "new": False}
