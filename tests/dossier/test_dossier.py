"""An incident's evidence as a zip: whole, checkable, the same bytes for the same case, and harmless to open."""

import hashlib
import io
import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pytest

from monitor import dossier
from monitor.dossier.binding import ExportError
from monitor.errors import StoreError
from monitor.model import Act, Actor, Author, Count, IncidentState, Outcome, Precision, Receipt, Step
from monitor.store import Store
from monitor.web.words import WORDS as BOARD
from tests.store.seen import CRISIS, SETTLE, after, counted, exhibit, page, record, saw

HOSTILE = '<script>alert(1)</script>"><img src=x onerror=alert(2)>{{7*7}}\u202e'
LI = Actor("slack:U1", "李娜")


def a_case(store: Store, **said: Any) -> int:
    """A post in three answers, paged, told, acknowledged, labelled."""
    fields = {"url": "https://m.weibo.cn/status/5340", "author": Author(id="17", name="小周"), **said}
    record(store, saw("5340", text="奶茶里喝出虫子 5340", **fields), exhibit=exhibit(b'{"n":1}'))
    incident = page(store)
    for minute, reposts in ((5, 120), (10, 512)):
        looked = counted(at=after(60 * minute), reposts=Count(reposts), likes=Count(12_000, Precision.ROUNDED))
        record(store, looked, walk_done=False, exhibit=exhibit(b'{"n":%d}' % minute, after(60 * minute)))
    claimed = store.claim(CRISIS, after(60), SETTLE)
    assert claimed is not None
    store.settle(claimed, Receipt(outcome=Outcome.SENT, handle={"channel": "C0CRISIS01", "ts": "1.5"}), after(61), None)
    store.handle(incident, Step(act=Act.ACKNOWLEDGE, actor=LI, at=after(120), key="ack", source="slack"))
    store.label(store.incident_posts(incident)[0].id, "confirmed", "slack:U1", after(180))
    return incident


@pytest.fixture
def store() -> Iterator[Store]:
    made = Store.memory(hash_key=b"a key")
    yield made
    made.close()


def bound(store: Store, incident: int, language: Any = "zh") -> bytes:
    file = io.BytesIO()
    store.case(incident, lambda case: dossier.written(case, file, language))
    return file.getvalue()


def opened(zipped: bytes) -> dict[str, bytes]:
    with ZipFile(io.BytesIO(zipped)) as file:
        assert file.testzip() is None
        return {name: file.read(name) for name in file.namelist()}


def index(zipped: bytes) -> dict[str, Any]:
    read: dict[str, Any] = json.loads(opened(zipped)["index.json"])
    return read


# ── what is in it ───────────────────────────────────────────────────────────────────────────────────────────────────


def test_it_holds_two_indexes_every_raw_answer_under_its_sum_and_the_sums_of_all(store: Store) -> None:
    files = opened(bound(store, a_case(store)))
    raw = {
        "responses/2bfd14f43d17fc7cea24e0917a8879b4b2f880b8baeec1b9d90fbaad655e71bd.txt": b'{"n":1}',
        "responses/11d0a8967009cbcdf468f09e5b09e73e7119b528c35a0e0b23f2ae052786b8fa.txt": b'{"n":5}',
        "responses/3ff6698e101869f36e088516c6c0ca6495c40c0abdae72f6e4d124610dace7b0.txt": b'{"n":10}',
    }
    assert list(files) == ["index.html", "index.json", *raw, "SHA256SUMS"]
    assert {name: files[name] for name in raw} == raw


def test_the_index_tells_everything_that_is_known(store: Store) -> None:
    told = index(bound(store, a_case(store)))
    assert told["schema"] == "langyan.dossier.v1"
    assert (told["incident"]["severity"], told["incident"]["state"]) == ("orange", "acknowledged")
    assert told["incident"]["owner"] == {"id": "slack:U1", "name": "李娜"}
    assert told["incident"]["reasons"][0]["code"] == "risk"
    assert [(event["act"], event["actor"]["name"]) for event in told["timeline"]] == [
        ("page", "langyan"),
        ("acknowledge", "李娜"),
    ]
    [post] = told["posts"]
    assert (post["url"], post["author"]["name"]) == ("https://m.weibo.cn/status/5340", "小周")
    assert [(look["at"], look["reposts"]) for look in post["looks"]] == [
        ("2026-11-02T04:00:00Z", 3),
        ("2026-11-02T04:05:00Z", 120),
        ("2026-11-02T04:10:00Z", 512),
    ]
    assert (post["looks"][1]["likes"], post["looks"][1]["inexact"]) == (12_000, {"likes": "rounded"})
    assert post["looks"][0]["views"] is None
    assert [label["said"] for label in told["labels"]] == ["confirmed"]
    [sent, *_] = told["notifications"]
    assert (sent["receiver"], sent["arrived_at"]) == (CRISIS, "2026-11-02T04:01:01Z")


def test_every_look_names_the_answer_it_was_seen_in(store: Store) -> None:
    zipped = bound(store, a_case(store))
    files, told = opened(zipped), index(zipped)
    listed = {one["sha256"]: one for one in told["responses"]}
    for look in told["posts"][0]["looks"]:
        assert hashlib.sha256(files[listed[look["response"]]["file"]]).hexdigest() == look["response"]
    assert [one["fetched_at"] for one in told["responses"]] == sorted(one["fetched_at"] for one in told["responses"])


def test_it_says_whether_and_when_the_evidence_threshold_was_passed(store: Store) -> None:
    zipped = bound(store, a_case(store))
    reposts, views = index(zipped)["threshold"]
    assert reposts == {
        "counter": "reposts",
        "threshold": 500,
        "passed": True,
        "first_seen_at": "2026-11-02T04:10:00Z",
        "post": "weibo:5340",
        "showed": 512,
        "count": "exact",
    }
    assert views == {"counter": "views", "threshold": 5_000, "passed": False}
    html = opened(zipped)["index.html"].decode()
    assert "转发 ≥ 500: <b>已达到</b> · 首次看到 2026-11-02 12:10:00 · 当时显示 512" in html
    assert "阅读 ≥ 5000: 未见达到" in html


def test_the_page_is_read_in_chinese_first_and_in_english_where_that_is_spoken(store: Store) -> None:
    incident = a_case(store)
    zh, en = (opened(bound(store, incident, language))["index.html"].decode() for language in ("zh", "en"))
    for word in (
        "本材料未作任何遮盖",
        "经过",
        "认领",
        "李娜",
        "小周",
        "奶茶里喝出虫子",
        "送达 2026-11-02 12:01:01",
        "属实",
    ):
        assert word in zh
    for word in ("Nothing in here is masked", "What happened", "acknowledged", "arrived 2026-11-02 12:01:01"):
        assert word in en


def test_nothing_is_masked_for_evidence_is_whole(store: Store) -> None:
    text = "我叫王小明，电话 13800138000，" + "很长" * 500
    incident = a_case(store, title=text)
    files = opened(bound(store, incident))
    assert text in files["index.html"].decode()
    assert text in json.loads(files["index.json"])["posts"][0]["title"]


@pytest.mark.parametrize("language", ["zh", "en"])
def test_every_step_and_state_has_its_word(language: str) -> None:
    words = BOARD[language]
    assert set(words["act"]) >= {act.value for act in Act}
    assert set(words["state"]) >= {state.value for state in IncidentState}


# ── that it can be checked ──────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_same_case_gives_the_same_bytes(store: Store, language: str) -> None:
    incident = a_case(store)
    assert bound(store, incident, language) == bound(store, incident, language)
    other = Store.memory(hash_key=b"a key")
    assert bound(other, a_case(other), language) == bound(store, incident, language)
    other.close()


def test_sha256sum_agrees_with_every_file_and_notices_a_change(store: Store, tmp_path: Path) -> None:
    if shutil.which("sha256sum") is None:
        return
    with ZipFile(io.BytesIO(bound(store, a_case(store)))) as file:
        file.extractall(tmp_path)

    def agrees() -> bool:
        check = ["sha256sum", "--strict", "--quiet", "-c", "SHA256SUMS"]
        return subprocess.run(check, cwd=tmp_path, capture_output=True, check=False).returncode == 0

    assert agrees()
    listed = {line.split("  ", 1)[1] for line in (tmp_path / "SHA256SUMS").read_text().splitlines()}
    assert listed == {str(f.relative_to(tmp_path)) for f in tmp_path.rglob("*") if f.is_file()} - {"SHA256SUMS"}
    (tmp_path / "index.json").write_text("{}")
    assert not agrees()


# ── that it is harmless ─────────────────────────────────────────────────────────────────────────────────────────────


class Tags(HTMLParser):
    """Which elements and addresses a browser would see."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.addresses: list[str] = []
        self.attributes: set[str] = set()
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes.update(name for name, _ in attrs)
        self.addresses += [value or "" for name, value in attrs if name == "href"]


def test_hostile_words_stay_words(store: Store) -> None:
    said: dict[str, Any] = {
        "text": HOSTILE,
        "title": HOSTILE,
        "author": Author(name=HOSTILE),
        "url": "javascript:alert(3)",
    }
    record(store, saw("../../etc/passwd", **said), exhibit=exhibit(b"<script>", content_type=HOSTILE, url=HOSTILE))
    incident = page(store, "../../etc/passwd")
    record(store, saw("../../etc/passwd", at=after(60), **said))
    evil = Step(act=Act.ACKNOWLEDGE, actor=Actor(HOSTILE, HOSTILE), at=after(2), key="k", source="cli", reason=HOSTILE)
    assert store.handle(incident, evil).refused is None
    store.label(store.incident_posts(incident)[0].id, HOSTILE, HOSTILE, after(3))
    files = opened(bound(store, incident))
    seen = Tags(files["index.html"].decode())
    assert not seen.tags & {"script", "img", "iframe", "object", "form", "base", "link"}
    assert not {name for name in seen.attributes if name.startswith("on")}
    assert all(address.startswith("responses/") for address in seen.addresses)
    assert "{{7*7}}" in files["index.html"].decode()
    assert json.loads(files["index.json"])["posts"][0]["text"] == HOSTILE


def test_no_file_in_it_has_a_name_that_a_stranger_chose(store: Store) -> None:
    record(store, saw("../../x", text="虫子"), exhibit=exhibit(b"<script>", content_type="text/html; ../../x"))
    names = list(opened(bound(store, page(store, "../../x"))))
    sum_of_it = hashlib.sha256(b"<script>").hexdigest()
    assert names == ["index.html", "index.json", f"responses/{sum_of_it}.txt", "SHA256SUMS"]


# ── the file ────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_file_is_its_owners_alone_and_its_sum_is_told(store: Store, tmp_path: Path) -> None:
    done = dossier.bind(store, a_case(store), tmp_path / "it.zip", "zh")
    assert (done.posts, done.looks, done.exhibits) == (1, 3, 3)
    assert done.sha256 == hashlib.sha256(done.path.read_bytes()).hexdigest()
    assert done.size == done.path.stat().st_size
    assert done.path.stat().st_mode & 0o777 == 0o600
    assert [item.name for item in tmp_path.iterdir()] == ["it.zip"]


def test_what_stands_there_is_not_written_over(store: Store, tmp_path: Path) -> None:
    (tmp_path / "it.zip").write_text("the first export")
    with pytest.raises(ExportError, match="is there already"):
        dossier.bind(store, a_case(store), tmp_path / "it.zip", "zh")
    assert (tmp_path / "it.zip").read_text() == "the first export"


def test_where_nothing_can_be_written_it_says_so(store: Store, tmp_path: Path) -> None:
    with pytest.raises(ExportError, match=r"cannot be written .*Give another --out"):
        dossier.bind(store, a_case(store), tmp_path / "no such folder" / "it.zip", "zh")


def test_a_disk_that_is_full_is_named(store: Store, tmp_path: Path) -> None:
    (tmp_path / f"it.zip.part-{os.getpid()}").symlink_to("/dev/full")
    with pytest.raises(ExportError, match=r"No space left on device\)\. Make room there"):
        dossier.bind(store, a_case(store), tmp_path / "it.zip", "zh")
    assert not list(tmp_path.glob("it.zip*"))


def test_an_incident_that_does_not_exist_leaves_no_file(store: Store, tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="there is no incident 7"):
        dossier.bind(store, 7, tmp_path / "it.zip", "zh")
    assert list(tmp_path.iterdir()) == []


def test_the_moment_the_export_was_made_is_no_part_of_it(store: Store) -> None:
    with ZipFile(io.BytesIO(bound(store, a_case(store)))) as file:
        assert {entry.date_time for entry in file.infolist()} == {(1980, 1, 1, 0, 0, 0)}
