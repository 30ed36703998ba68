"""`langyan check`: every credential and every feed, a line each, with what to do."""

import os
from pathlib import Path

import pytest

from tests.check.conftest import FEED, HEAD, RECEIVERS, RSS, WHOLE, World

LOGIN = "<!doctype html><html><head><title>登录</title></head><body><form action='/login'>请先登录</form></body></html>"


def test_when_all_is_well_every_line_says_so(world: World) -> None:
    done = world.langyan("check")
    assert done.exit_code == 0
    lines = done.stdout.splitlines()
    assert {line[:4] for line in lines} <= {"ok  ", "    "}
    assert "2 posts" in lines[2]
    assert "1 concern a brand" in lines[2]
    assert lines[3] == "ok   receiver crisis: answers, and may post"


def test_what_a_line_is_about_is_said_in_the_language_of_people_here(world: World) -> None:
    (world.folder / "langyan.toml").write_text(
        (world.folder / "langyan.toml").read_text().replace('language = "en"\n', "")
    )
    said = world.langyan("check").stdout
    for part in (
        "ok   数据源 complaints: ",
        "ok   接收方 crisis: 有回应，可以发消息",
        "接收方 crisis，权限 files:write: ",
    ):
        assert part in said
    assert "feed complaints" in world.check()[1]


def test_nothing_is_posted_and_nothing_is_stored(world: World) -> None:
    world.langyan("check")
    world.langyan("check")
    assert {entry.method for entry in world.slack.ledger} == {"auth.test", "conversations.history"}
    assert "no open incidents" in world.langyan("incidents", "list").stdout


def test_a_token_that_slack_refuses(world: World) -> None:
    (world.folder / "slack.token").write_text("xoxb-old")
    code, lines = world.check()
    line = lines["receiver crisis"]
    assert (code, line["ok"]) == (1, False)
    assert line["says"] == "auth.test: invalid_auth"
    assert "token" in str(line["fix"])


def test_a_channel_to_which_nobody_invited_us(world: World) -> None:
    world.write(WHOLE.replace("C0CRISIS01", "C0LOUNGE"))
    code, lines = world.check()
    line = lines["receiver crisis, channel C0LOUNGE"]
    assert (code, line["ok"], line["says"]) == (1, False, "not_in_channel")
    assert line["fix"] == "Invite the app to the channel"
    assert lines["receiver ops"]["ok"]


def test_a_slack_that_cannot_be_reached(world: World) -> None:
    world.write((HEAD + FEED + RECEIVERS).replace("{site}/slack", "http://127.0.0.1:9/slack"))
    code, lines = world.check()
    assert (code, lines["receiver crisis"]["ok"]) == (1, False)
    assert lines["receiver crisis"]["fix"] == "Check base_url, the proxy and whether this machine reaches Slack"


def test_a_feed_that_cannot_be_reached(world: World) -> None:
    world.write(WHOLE.replace("{site}/feed.xml", "http://127.0.0.1:9/feed.xml"))
    code, lines = world.check()
    line = lines["feed complaints"]
    assert (code, line["ok"]) == (1, False)
    assert str(line["says"]).startswith("transient: ")
    assert line["fix"]


WEIBO = """
[[feed]]
name = "weibo"
type = "weibo"
token = {{ file = "weibo.token" }}
base_url = "{site}"
allow_private = ["127.0.0.1"]
"""


def test_a_login_page_in_place_of_an_answer_is_a_credential_to_renew(world: World) -> None:
    (world.folder / "weibo.token").write_text("2.00canary")
    world.write(HEAD + WEIBO + RECEIVERS)
    world.site.body, world.site.headers = LOGIN, {"content-type": "text/html"}
    code, lines = world.check()
    line = lines["feed weibo"]
    assert (code, line["ok"]) == (1, False)
    assert str(line["says"]).startswith("auth_expired: ")
    assert line["fix"] == "Log in or authorise again, and replace the feed's credential"


def test_a_login_page_where_nobody_logs_in_is_no_empty_feed(world: World) -> None:
    world.site.body, world.site.headers = LOGIN, {"content-type": "text/html"}
    code, lines = world.check()
    line = lines["feed complaints"]
    assert (code, line["ok"]) == (1, False)
    assert "shows a web page (登录) instead of data" in str(line["says"])
    assert line["fix"]


def test_a_private_address_that_nobody_allowed(world: World) -> None:
    world.write(WHOLE.replace('allow_private = ["127.0.0.1"]', ""))
    code, lines = world.check()
    assert code == 1
    assert str(lines["feed complaints"]["says"]).startswith("refused: ")
    assert "allow_private" in str(lines["feed complaints"]["fix"])


@pytest.mark.parametrize("status", [401, 403, 404, 429, 500])
def test_a_site_that_refuses(world: World, status: int) -> None:
    world.site.status, world.site.body = status, "no"
    code, lines = world.check()
    assert (code, lines["feed complaints"]["ok"]) == (1, False)
    assert lines["feed complaints"]["fix"]


def test_a_feed_without_posts_is_worth_a_look(world: World) -> None:
    world.site.body = RSS[: RSS.index("<item>")] + "</channel></rss>"
    code, lines = world.check()
    assert (code, lines["feed complaints"]["says"]) == (0, "answers, with no posts now")
    assert lines["feed complaints"]["fix"]


def test_a_file_that_is_there_or_not_yet(world: World) -> None:
    drop = '[[feed]]\nname = "drop"\ntype = "jsonl"\npath = "{folder}/drop.jsonl"\n'
    world.write(HEAD + drop + RECEIVERS)
    code, lines = world.check()
    assert (code, lines["feed drop"]["ok"]) == (0, True)
    assert "not there yet" in str(lines["feed drop"]["says"])
    (world.folder / "drop.jsonl").write_text("{}\n")
    assert "3 bytes" in str(world.check()[1]["feed drop"]["says"])


def test_a_file_in_a_folder_that_does_not_exist(world: World) -> None:
    world.write(HEAD + '[[feed]]\nname = "drop"\ntype = "jsonl"\npath = "{folder}/spool/drop.jsonl"\n' + RECEIVERS)
    code, lines = world.check()
    assert (code, lines["feed drop"]["says"]) == (1, f"there is no folder {world.folder / 'spool'}")


def test_a_file_that_is_a_folder_or_cannot_be_read(world: World) -> None:
    drop = '[[feed]]\nname = "drop"\ntype = "jsonl"\npath = "{folder}/drop.jsonl"\n'
    world.write(HEAD + drop + RECEIVERS)
    (world.folder / "drop.jsonl").mkdir()
    code, lines = world.check()
    assert (code, lines["feed drop"]["ok"]) == (1, False)
    assert lines["feed drop"]["fix"]


def test_nobody_to_page(world: World) -> None:
    world.write(HEAD + FEED)
    code, lines = world.check()
    assert code == 1
    assert lines["receivers"]["ok"] or "nobody would be paged" in str(lines["receivers"]["says"])


def test_one_bad_feed_does_not_hide_the_next(world: World) -> None:
    twice = FEED.replace("complaints", "second").replace("/feed.xml", "/gone.xml")
    world.write(HEAD + twice + FEED + RECEIVERS)
    code, lines = world.check()
    assert (code, lines["feed second"]["ok"], lines["feed complaints"]["ok"]) == (1, False, True)


def test_a_state_folder_that_cannot_be_written(world: World) -> None:
    (world.folder / "state").write_text("a file where the folder should be")
    done = world.langyan("check")
    assert done.exit_code == 2
    assert done.stderr.startswith(f"langyan: state: {world.folder / 'state'} cannot be written (File exists). ")
    assert len(done.stderr.splitlines()) == 1


@pytest.mark.parametrize("name", ["langyan.db", "author.key", "langyan.lock"])
def test_a_folder_where_a_file_of_the_state_should_be(world: World, name: str) -> None:
    (world.folder / "state" / name).mkdir(parents=True)
    done = world.langyan("run")
    assert done.exit_code == 2, done.exception
    assert str(world.folder / "state") in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_the_state_is_for_its_owner_alone(world: World) -> None:
    world.langyan("check")
    assert oct(os.stat(world.folder / "state").st_mode & 0o777) == "0o700"  # noqa: PTH116
    assert oct(Path(world.folder / "state" / "author.key").stat().st_mode & 0o777) == "0o600"


# ── --explain ───────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("星禾的奶茶里有虫子", "yes 星禾: matches 星禾 with 奶茶"),
        ("星禾奶茶转发抽奖", "no  星禾: matches 星禾, but is excepted by 抽奖"),
        ("星禾老师来了", "no  星禾: matches 星禾, but nothing of its context is there"),
        ("青岚的奶茶里有虫子", "no  星禾: does not match, none of its words is there"),
        ("Ｘｉｎｇｈｅ 奶茶漏了", "yes 星禾: matches xinghe with 奶茶"),
    ],
)
def test_explain_says_which_brand_and_why(world: World, text: str, says: str) -> None:
    done = world.langyan("check", "--explain", text)
    assert (done.exit_code, done.stdout) == (0, says + "\n")


def test_explain_asks_nobody_and_stores_nothing(world: World) -> None:
    world.langyan("check", "--explain", "星禾奶茶")
    assert world.slack.ledger == []
    assert not (world.folder / "state").exists()


def test_explain_as_json(world: World) -> None:
    done = world.langyan("check", "--explain", "星禾奶茶", "--json")
    assert done.stdout == '{"brand":"星禾","matched":true,"why":"星禾: matches 星禾 with 奶茶"}\n'


def test_a_secret_that_others_may_read_is_named_with_the_command_that_hides_it(world: World) -> None:
    token = world.folder / "slack.token"
    token.chmod(0o640)
    code, lines = world.check()
    assert code == 0
    assert lines[str(token)]["fix"] == f"chmod 600 {token}"
    token.chmod(0o600)
    assert str(token) not in world.check()[1]
