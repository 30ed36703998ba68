"""`langyan doctor`: what tells how an installation stands goes in; no secret, no post's text and nobody's name does."""

import json
import stat
import tarfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.applications import Starlette
from typer.testing import CliRunner, Result

from monitor import cli
from monitor.clock import RealClock
from monitor.doctor.redact import HIDDEN, Redaction
from monitor.sandbox.serving import serving
from monitor.sandbox.slack import FakeSlack

BOT, WEIBO, HOOK = (
    "xoxb-canary-2222-DOCTOR",
    "2.00canaryDOCTORweibo",
    "https://hooks.slack.com/services/T0/B0/canaryDOCTOR",
)
ODD, PLAIN = "odd-canary-doctor-of-no-known-form", "canary-doctor-plain-in-toml"
AUTHOR, TEXT, LEAD, MEMBER = "阿梨在路上", "星禾的奶茶里喝出虫子，太恶心", "李组长", "U0LIDOCTOR"
CANARIES = (
    BOT,
    WEIBO,
    HOOK,
    "canaryDOCTOR",
    ODD,
    PLAIN,
    AUTHOR,
    TEXT,
    "喝出虫子",
    LEAD,
    MEMBER,
    "13800138000",
    "li@brand.example",
)

TOML = f"""
# remember: {PLAIN}, ask {LEAD}
state = "state"
listen = "127.0.0.1:9"
[[brand]]
name = "星禾"
match = '星禾 OR {LEAD}'
own = ["weibo:{MEMBER}"]
[[feed]]
name = "mentions"
type = "weibo"
every = "36m"
token = {{ file = "weibo.token" }}
base_url = "http://user:{ODD}@127.0.0.1:9/x?access_token={WEIBO}"
[alerts.receivers.crisis]
type = "slack"
channel = "C0CRISIS01"
people = ["{MEMBER}"]
mention = "<@{MEMBER}>"
token = {{ env = "DOCTOR_TOKEN" }}
[alerts.receivers.hook]
type = "webhook"
url = {{ file = "hook.url" }}
secret = {{ file = "hook.secret" }}
"""
LOG = "\n".join(
    [
        json.dumps(
            {
                "event": "feed failed",
                "feed": "mentions",
                "failure": "blocked",
                "rest_s": 60,
                "problem": f"said “{TEXT}” {BOT}",
            }
        ),
        json.dumps(
            {"event": "incident lowered", "incident": 7, "by": LEAD, "text": TEXT, "post": "weibo:1", "token": ODD},
            ensure_ascii=False,
        ),
        json.dumps(
            {
                "event": "a connector did not expect this answer",
                "exception": 'Traceback (most recent call last):\n  File "/home/li/monitor/feeds.py", line 12, in poll\n    raise'
                f" ValueError('{TEXT}')\nValueError: {TEXT} {ODD}",
            }
        ),
        f"WARNING httpx HTTP Request: GET https://api.weibo.com/2?access_token={WEIBO} {AUTHOR}",
        f"2026-11-02T09:00:00Z [info     ] ready                          feeds=3 lead={LEAD} tel=13800138000",
        f"{TEXT} {LEAD} li@brand.example",
    ]
)


class Desk:
    """An installation with something to hide in every corner."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        for name, text in (("weibo.token", WEIBO), ("hook.url", HOOK), ("hook.secret", ODD), ("daemon.log", LOG)):
            (folder / name).write_text(text, encoding="utf-8")
        (folder / "posts.csv").write_text(
            f"平台,正文,作者,链接\n微博,{TEXT} 13800138000,{AUTHOR},https://weibo.com/1700000009/Mb15BDYR0\n",
            encoding="utf-8",
        )
        self.configure(TOML)

    def configure(self, toml: str) -> None:
        (self.folder / "langyan.toml").write_text(toml, encoding="utf-8")

    def run(self, *command: str) -> Result:
        whole = [*command, "-c", str(self.folder / "langyan.toml")]
        return CliRunner().invoke(cli.main, whole, env={"COLUMNS": "200", "DOCTOR_TOKEN": BOT})

    def doctor(self, *options: str) -> dict[str, str]:
        to = self.folder / "bundle.tar.gz"
        to.unlink(missing_ok=True)
        done = self.run("doctor", str(to), *options)
        assert done.exit_code == 0, done.output
        with tarfile.open(to) as archive:
            read = {one.name.removeprefix("langyan-doctor/"): archive.extractfile(one) for one in archive.getmembers()}
            found = {name: file.read().decode() for name, file in read.items() if file}
        for name, text in {**found, "stdout": done.output}.items():
            assert not [canary for canary in CANARIES if canary in text], (name, text)
        return found


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


def test_a_bundle_tells_how_the_installation_stands_and_hides_the_rest(desk: Desk) -> None:
    desk.run("ingest", str(desk.folder / "posts.csv"))
    found = desk.doctor("--offline", "--log", str(desk.folder / "daemon.log"))
    assert sorted(found) == [
        "CONTENTS.txt", "config.json", "feeds.json", "log.txt", "queues.json", "store.json", "system.txt", "version.json",
    ]  # fmt: skip
    config = json.loads(found["config.json"])
    assert config["feed"] == [
        {
            "name": "mentions",
            "type": "weibo",
            "every": "36m",
            "token": {"file": HIDDEN},
            "base_url": f"http://127.0.0.1:9/{HIDDEN}",
        }
    ]
    assert config["alerts"]["receivers"]["hook"] == {
        "type": "webhook",
        "url": {"file": HIDDEN},
        "secret": {"file": HIDDEN},
    }
    assert config["brand"][0] == {"name": "星禾", "match": HIDDEN, "own": [HIDDEN]}
    store = json.loads(found["store.json"])
    assert (store["whole"], store["rows"]["post"]) == (["ok"], 1)
    assert json.loads(found["queues.json"])["totals"]["posts"] == 1
    assert json.loads(found["version.json"])["langyan"]


def test_of_a_log_it_keeps_what_happened_and_not_to_whom(desk: Desk) -> None:
    lines = desk.doctor("--offline", "--log", str(desk.folder / "daemon.log"))["log.txt"].splitlines()
    failed, lowered, raised, request, ready, other = lines
    assert json.loads(failed) == {
        "event": "feed failed", "feed": "mentions", "failure": "blocked", "rest_s": 60, "problem": f"said {HIDDEN} {HIDDEN}",
    }  # fmt: skip
    assert json.loads(lowered) == {"event": "incident lowered", "incident": 7}
    assert json.loads(raised)["exception"] == ["monitor/feeds.py:12 poll", "ValueError"]
    assert request == f"WARNING httpx {HIDDEN}"
    assert ready == "2026-11-02T09:00:00Z [info] ready"
    assert other == HIDDEN


def test_what_sites_and_slack_answered_is_told_without_their_words(desk: Desk) -> None:
    with serving(Starlette(routes=FakeSlack(RealClock()).routes)) as address:
        desk.configure(
            TOML.replace('channel = "C0CRISIS01"', f'channel = "C0CRISIS01"\nbase_url = "{address}/slack/api/"')
        )
        desk.run("ingest", str(desk.folder / "posts.csv"))
        found = desk.doctor()
    assert "FAIL\tfeed mentions" in found["check.txt"]
    assert "FAIL\treceiver crisis" in found["check.txt"]
    assert "小红书、抖音、快手、公众号: 看不到" in found["check.txt"]
    assert found["metrics.txt"].startswith("no daemon answers there")


@pytest.mark.parametrize(
    ("toml", "says"),
    [
        (TOML.replace('every = "36m"', f'every = "36m"\ntokn = "{PLAIN}"'), "unknown key"),
        (TOML.replace('token = { file = "weibo.token" }', f'token = "{WEIBO}"'), "a secret stands in plain text"),
        (TOML + f"\npassword = {PLAIN}", "is not TOML"),
    ],
)
def test_a_configuration_that_cannot_be_used_is_no_reason_to_tell_more(desk: Desk, toml: str, says: str) -> None:
    desk.configure(toml)
    assert says in json.loads(desk.doctor("--offline")["config.json"])["problem"]


def test_a_database_that_is_not_there_is_not_made(desk: Desk) -> None:
    found = desk.doctor()
    assert json.loads(found["store.json"])["problem"] == "there is no database yet"
    assert "not checked" in found["check.txt"]
    assert not (desk.folder / "state").exists()


def test_a_damaged_database_is_named_as_one(desk: Desk) -> None:
    (desk.folder / "state").mkdir()
    (desk.folder / "state" / "langyan.db").write_bytes(f"no database, {TEXT}".encode() * 200)
    assert "DatabaseError" in json.loads(desk.doctor("--offline")["store.json"])["problem"]


def test_the_bundle_is_its_owners_alone_and_replaces_no_other(desk: Desk) -> None:
    desk.doctor("--offline")
    assert stat.S_IMODE((desk.folder / "bundle.tar.gz").stat().st_mode) == 0o600
    done = desk.run("doctor", str(desk.folder / "bundle.tar.gz"), "--offline")
    assert done.exit_code == 2
    assert "File exists" in done.output


@given(st.text(max_size=200))
def test_any_line_of_a_log_is_redacted_without_an_error(line: str) -> None:
    redaction = Redaction([ODD])
    assert ODD not in redaction.log_line(line + ODD)
    assert ODD not in redaction.log_line(json.dumps({"event": line + ODD, "problem": ODD + line, line: ODD}))


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=9),
        lambda of: (
            st.lists(of, max_size=3) | st.dictionaries(st.from_regex(r"[a-z]{1,6}", fullmatch=True), of, max_size=3)
        ),
    )
)
def test_a_table_keeps_its_keys_and_its_length(table: Any) -> None:
    def shape(of: Any) -> Any:
        if isinstance(of, dict):
            return {key: shape(value) for key, value in of.items()}
        return [shape(one) for one in of] if isinstance(of, list) else None

    assert shape(Redaction([]).table(table)) == shape(table)
