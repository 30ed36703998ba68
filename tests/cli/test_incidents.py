"""`langyan incidents`: what is open and what was, for people and for programs."""

import asyncio
import json
import sys
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from monitor import app, cli, fittings, listing
from monitor.config import load
from monitor.ports import Refusal
from monitor.sentiment.desk import Desk
from monitor.store import Store
from tests.builders import NOON, a_forecast, an_incident

TOML = """
language = "en"
state = "state"
listen = "127.0.0.1:0"
[[brand]]
name = "星禾"
match = "星禾"
[[feed]]
name = "drop"
type = "jsonl"
path = "{folder}/drop.jsonl"
[alerts.receivers.crisis]
type = "slack"
channel = "C0CRISIS01"
token = {{ file = "slack.token" }}
base_url = "http://127.0.0.1:9/slack/api/"
"""

WORKER = """
import json, sys
print(json.dumps({"engine": sys.argv[1], "version": "1"}), flush=True)
for line in sys.stdin:
    print(json.dumps([[0.98, 0.98, 0.0, ["虫子"], []]] * len(json.loads(line)["passages"])), flush=True)
"""

TEXT = "星禾奶茶里喝出虫子 \\u001b[31m<!channel>\\u202e"


@pytest.fixture
def toml(tmp_path: Path) -> Path:
    (tmp_path / "slack.token").write_text("xoxb-sandbox")
    (tmp_path / "langyan.toml").write_text(TOML.format(folder=tmp_path))
    (tmp_path / "worker.py").write_text(WORKER)
    return tmp_path / "langyan.toml"


def ran(toml: Path, *arguments: str) -> Result:
    return CliRunner().invoke(cli.main, ["incidents", *arguments, "-c", str(toml)])


def once(toml: Path) -> None:
    config = load(toml)
    desk = Desk("fake", command=[sys.executable, str(toml.parent / "worker.py")])
    asyncio.run(app.once(config, shadow=True, desk=desk))


@pytest.fixture
def crisis(toml: Path) -> Path:
    """A state in which one incident is open."""
    once(toml)
    now = datetime.now(UTC)
    made, seen = (now - timedelta(minutes=10)).isoformat(), now.isoformat()
    (toml.parent / "drop.jsonl").write_text(
        f'{{"schema":"langyan.post.v1","platform":"weibo","id":"1","text":"{TEXT}","url":"https://example.org/1",'
        f'"created_at":"{made}","collected_at":"{seen}","counts":{{"reposts":900}}}}\n'
    )
    once(toml)
    return toml


def test_before_the_first_run_there_is_a_kind_word(toml: Path) -> None:
    for arguments in (["list"], ["show", "1"]):
        done = ran(toml, *arguments)
        assert done.exit_code == 2
        assert "there is no database yet. Start langyan run once" in done.stderr
        assert len(done.stderr.splitlines()) == 1
    assert not (toml.parent / "state").exists()


def test_where_nothing_happened_it_says_so(toml: Path) -> None:
    once(toml)
    assert (ran(toml, "list").exit_code, ran(toml, "list").stdout) == (0, "no open incidents\n")
    assert ran(toml, "list", "--all").stdout == "no incidents\n"
    assert ran(toml, "list", "--json").stdout == ""


def test_a_line_says_how_bad_it_is_and_how_far_it_goes(crisis: Path) -> None:
    done = ran(crisis, "list")
    assert done.exit_code == 0
    (line,) = done.stdout.splitlines()
    assert line.startswith("#1 orange open 星禾 · now 900 reposts, expected ")
    assert "星禾奶茶里喝出虫子" in line


def test_a_label_is_written_down_to_be_learned_from(crisis: Path) -> None:
    done = ran(crisis, "label", "1", "not_bad", "--by", "小周")
    assert (done.exit_code, done.stdout) == (0, "incident 1: not_bad, by 小周\n")
    with closing(Store.reading(crisis.parent / "state" / "langyan.db")) as store:
        assert [label.said for label in store.labelled()] == ["not_bad"]


def test_a_label_that_means_nothing_or_goes_nowhere_is_refused(crisis: Path) -> None:
    assert ran(crisis, "label", "1", "meh").exit_code == 2
    done = ran(crisis, "label", "7", "confirmed")
    assert done.exit_code == 1
    assert "there is no incident 7" in done.stderr


def test_a_line_can_do_nothing_to_a_terminal(crisis: Path) -> None:
    for arguments in (["list"], ["show", "1"]):
        said = ran(crisis, *arguments).stdout
        assert "\x1b" not in said
        assert "\u202e" not in said


def test_a_page_shows_why_how_far_which_posts_and_who_was_told(crisis: Path) -> None:
    said = ran(crisis, "show", "1").stdout
    for part in (
        "#1 orange open 星禾",
        "forecast: ",
        "why:",
        "虫子",
        "weibo:1",
        "https://example.org/1",
        "told:",
    ):
        assert part in said
    assert "['" not in said
    assert "+00:00" not in said


def test_without_curves_a_line_expects_nothing() -> None:
    unfitted = an_incident(forecast=a_forecast(unit="likes", now=396, median=156_413.0, p_viral=None))
    assert "now 396 likes · " in listing.as_line(unfitted).en


def test_a_page_that_was_refused_is_not_listed_as_one_that_arrived() -> None:
    paged = an_incident(paged_at=NOON)
    for heard, said in ((False, "page of 11-02 12:00 refused by crisis, nobody got it"),
                        (True, "paged 11-02 12:00, refused by crisis")):  # fmt: skip
        assert f" · {said} · " in listing.as_line(paged, Refusal(by=("crisis",), heard=heard)).en


def spoken_in_chinese(toml: Path) -> None:
    toml.write_text(toml.read_text().replace('language = "en"\n', ""))


def test_people_here_are_told_in_chinese_and_programs_as_ever(crisis: Path) -> None:
    before = json.loads(ran(crisis, "list", "--json").stdout)
    spoken_in_chinese(crisis)
    (line,) = ran(crisis, "list").stdout.splitlines()
    assert line.startswith("#1 橙 待认领 星禾 · 现在 900 次转发，预计 ")
    assert " · 1 帖 · " in line
    page = ran(crisis, "show", "1").stdout
    for part in (
        "#1 橙 待认领 星禾",
        "建立",
        "负责人 无",
        "为什么：",
        "帖子（1）：",
        "经过：",
        "狼烟 呼叫（待认领）",
        "通知：",
    ):
        assert part in page
    assert json.loads(ran(crisis, "list", "--json").stdout) == before


def test_what_is_refused_is_said_in_chinese(crisis: Path) -> None:
    spoken_in_chinese(crisis)
    assert ran(crisis, "show", "7").stderr == "langyan: 没有事件 7\n"
    assert ran(crisis, "ack", "7").stderr == "langyan: 没有事件 7\n"
    assert " · 李 已认领 · " in ran(crisis, "ack", "1", "--as", "李").stdout
    assert ran(crisis, "ack", "1", "--as", "王").stderr == "langyan: 事件 1：李 已经认领了\n"
    assert ran(crisis, "split", "1", "weibo:99").stderr == "langyan: 不是事件 1 的帖子：weibo:99\n"
    assert ran(crisis, "review", "1").stderr == "langyan: 事件 1：只有已解决的才复盘；它现在是 已认领\n"
    assert ran(crisis, "label", "1", "not_bad", "--by", "小周").stdout == "事件 1：not_bad，小周 说的\n"
    assert ran(crisis, "resolve", "1").exit_code == 0
    assert ran(crisis, "list").stdout == "没有进行中的事件\n"


def test_json_is_lines_of_json_and_nothing_else(crisis: Path) -> None:
    (line,) = ran(crisis, "list", "--json").stdout.splitlines()
    listed = json.loads(line)
    assert (listed["id"], listed["severity"], listed["state"], listed["post"]) == (1, "orange", "open", "weibo:1")
    assert listed["forecast"]["now"] == 900
    shown = json.loads(ran(crisis, "show", "1", "--json").stdout)
    assert shown.items() >= listed.items()
    assert [post["id"] for post in shown["texts"]] == ["weibo:1"]


def test_an_incident_that_is_not_there(crisis: Path) -> None:
    done = ran(crisis, "show", "7")
    assert (done.exit_code, done.stdout, done.stderr) == (1, "", "langyan: there is no incident 7\n")


def test_it_reads_while_a_daemon_writes(crisis: Path) -> None:
    store = fittings.open_store(load(crisis))
    try:
        store.save_budget("weibo", {"spent": 1})
        assert ran(crisis, "list").exit_code == 0
        store.save_budget("weibo", {"spent": 2})
    finally:
        store.close()


# ── what people do ──────────────────────────────────────────────────────────────────────────────────────────────────


def test_an_incident_is_taken_answered_closed_and_reviewed_from_the_command_line(crisis: Path) -> None:
    states = []
    for command in (["ack", "1"], ["respond", "1"], ["resolve", "1", "--reason", "已退款"], ["review", "1"]):
        done = ran(crisis, *command, "--as", "李", "--json")
        assert done.exit_code == 0, done.stderr
        states.append(json.loads(done.stdout)["state"])
    assert states == ["acknowledged", "responding", "resolved", "reviewed"]
    said = ran(crisis, "show", "1").stdout
    for part in ("owner 李", "page by langyan (open)", "acknowledge by 李 (open -> acknowledged)", "已退款"):
        assert part in said
    assert ran(crisis, "list").stdout == "no open incidents\n"


def test_a_step_that_is_refused_says_why_and_fails(crisis: Path) -> None:
    assert ran(crisis, "ack", "1", "--as", "李").exit_code == 0
    done = ran(crisis, "ack", "1", "--as", "王")
    assert (done.exit_code, done.stdout, done.stderr) == (1, "", "langyan: incident 1: 李 has it already\n")
    done = ran(crisis, "ack", "1", "--as", "王", "--json")
    assert json.loads(done.stdout)["refused"] == {"code": "taken", "owner": "李"}
    done = ran(crisis, "ack", "7")
    assert "there is no incident 7" in done.stderr
    assert done.exit_code != 0


def test_a_false_alarm_is_undone(crisis: Path) -> None:
    assert " false_alarm " in ran(crisis, "false", "1", "--as", "李").stdout
    assert " open " in ran(crisis, "undo", "1", "--as", "李").stdout
    assert "nothing was closed a moment ago" in ran(crisis, "undo", "1").stderr


def test_it_is_given_to_somebody_else(crisis: Path) -> None:
    assert "王 has it" in ran(crisis, "reassign", "1", "王", "--as", "李").stdout


def test_a_split_needs_posts_that_are_in_it_and_one_that_stays(crisis: Path) -> None:
    assert "not a post of incident 1: weibo:99" in ran(crisis, "split", "1", "weibo:99").stderr
    assert "at least one post must stay" in ran(crisis, "split", "1", "weibo:1").stderr
    assert "an incident cannot join itself" in ran(crisis, "merge", "1", "1").stderr


def test_a_hostile_name_or_reason_can_do_nothing_to_a_terminal(crisis: Path) -> None:
    hostile = "\x1b[31m李\u202e"
    ran(crisis, "resolve", "1", "--as", hostile, "--reason", hostile)
    for arguments in (["list", "--all"], ["show", "1"]):
        said = ran(crisis, *arguments).stdout
        assert "\x1b" not in said
        assert "\u202e" not in said
