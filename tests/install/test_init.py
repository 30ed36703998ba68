"""`langyan init`: by questions or by flags, all of it or nothing, and no secret in the TOML."""

import stat
import tomllib
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from monitor import cli
from monitor.install import files
from monitor.install.questions import listed, ways_in

SLACK, WEIBO = "xoxb-canary-of-init", "2.00canary-of-init"
FLAGS = ("--brand", "星禾", "--doors", "appstore,vendor", "--app-ids", "999000111", "--yes")


class Desk:
    """A folder, and the command at work in it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def init(self, *flags: str, typed: str = "", env: dict[str, str] | None = None) -> Result:
        command = ["init", *flags, "--state", "state", "-c", str(self.folder / "langyan.toml")]
        return CliRunner().invoke(cli.main, command, input=typed, env={"COLUMNS": "200", "TERM": "dumb", **(env or {})})

    @property
    def table(self) -> dict[str, object]:
        return tomllib.loads((self.folder / "langyan.toml").read_text(encoding="utf-8"))

    @property
    def there(self) -> list[str]:
        return sorted(path.name for path in self.folder.iterdir())


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


def test_with_flags_it_asks_nothing(desk: Desk) -> None:
    done = desk.init(
        *FLAGS, "--slack-channel", "C0CRISIS01", "--slack-token", "env:INIT_TOKEN", env={"INIT_TOKEN": SLACK}
    )
    assert done.exit_code == 0, done.output
    assert desk.there == ["langyan.toml", "vendor.secret"]
    assert desk.table["alerts"] == {
        "mode": "trial",
        "receivers": {"crisis": {"type": "slack", "channel": "C0CRISIS01", "token": {"env": "INIT_TOKEN"}}},
    }
    assert "App Store: 指定应用或店铺的评论" in done.stdout
    assert "小红书、抖音、快手、公众号: 看不到（需数据商）" in done.stdout
    assert done.stdout.splitlines()[-1] == f"下一步: langyan check -c {desk.folder / 'langyan.toml'}"


def test_a_vendors_secret_is_made_and_is_its_owners_alone(desk: Desk) -> None:
    desk.init(*FLAGS)
    kept = desk.folder / "vendor.secret"
    assert len(kept.read_text().strip()) == 48
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    assert kept.read_text().strip() not in (desk.folder / "langyan.toml").read_text()
    assert stat.S_IMODE((desk.folder / "langyan.toml").stat().st_mode) == 0o644


def test_it_asks_each_thing_once_and_shows_no_secret(desk: Desk) -> None:
    typed = [
        "星禾",
        "xinghe",
        "",
        "奶茶，门店",
        "1, 7",
        WEIBO,
        "999000111",
        "",
        "C0CRISIS01",
        SLACK,
        "C0QUIET1",
        "",
        "",
        "S012PRTEAM",
    ]
    done = desk.init(typed="\n".join(typed) + "\n")
    assert done.exit_code == 0, done.output
    assert SLACK not in done.output
    assert WEIBO not in done.output
    assert done.output.count("品牌名:") == 1
    assert desk.there == ["langyan.toml", "slack.token", "weibo.token"]
    assert (desk.folder / "slack.token").read_text() == SLACK + "\n"
    assert {stat.S_IMODE((desk.folder / name).stat().st_mode) for name in ("slack.token", "weibo.token")} == {0o600}
    assert desk.table["brand"] == [
        {
            "name": "星禾",
            "match": "星禾 OR xinghe",
            "except": "抽奖 OR 转发有礼 OR 招聘",
            "context": "奶茶 OR 门店",
        }
    ]
    assert SLACK not in (desk.folder / "langyan.toml").read_text()


def test_complaints_hot_lists_and_ones_own_desk_are_doors_too(desk: Desk) -> None:
    typed = ["星禾", "", "", "", "8, 9, 10", "", "email", "", ""]
    done = desk.init(typed="\n".join(typed) + "\n")
    assert done.exit_code == 0, done.output
    feeds = desk.table["feed"]
    assert isinstance(feeds, list)
    assert [feed["name"] for feed in feeds] == [
        "weibo-hot", "baidu-hot", "zhihu-hot", "bilibili-hot", "douyin-hot", "toutiao-hot", "heimao",
    ]  # fmt: skip
    assert desk.table["ingest"] == {
        "email": {"secret": {"file": "own.secret"}, "platform": "email", "brand": "星禾"},
    }
    assert len((desk.folder / "own.secret").read_text().strip()) == 48
    assert "黑猫投诉: " in done.output


def test_a_list_or_a_channel_that_is_none_is_refused_with_those_there_are(desk: Desk) -> None:
    for flag, doors, known in (("--hot-lists", "hotlist", "baidu, zhihu"), ("--own-channel", "own", "hotline, wechat")):
        done = desk.init("--brand", "星禾", "--doors", doors, flag, "tieba", "--yes")
        assert done.exit_code == 2
        assert f"there is no 'tieba'; there are {known}" in done.output


def test_in_english_it_asks_and_writes_english(desk: Desk) -> None:
    done = desk.init("--language", "en", typed="Starmill\n" + "\n" * 5)
    assert done.exit_code == 0, done.output
    assert "The brand's name: " in done.output
    assert "nobody is woken" in done.output
    assert desk.table["language"] == "en"
    assert not any("\u4e00" <= c <= "\u9fff" for c in (desk.folder / "langyan.toml").read_text().split("except")[0])


def test_a_wrong_answer_is_told_what_is_wrong(desk: Desk) -> None:
    done = desk.init("--language", "en", typed="星禾\n\n\n\nnone\n#crisis\n\n")
    assert done.exit_code == 0, done.output
    assert "'#crisis' is no channel id" in done.output


def test_what_is_wrong_is_told_in_the_language_that_is_spoken(desk: Desk) -> None:
    done = desk.init(typed="!!!\n星禾\n\n\n\n99\nnone\nC0CRISIS01\nnot-a-token\n" + SLACK + "\n\n\n\nbob\n\n")
    assert done.exit_code == 0, done.output
    for said in ("'!!!' 里没有能搜的字", "没有 '99' 这个入口", "不是以 xoxb- 开头的令牌", "'bob' 谁也不是"):
        assert said in done.output
    assert "not-a-token" not in done.output


def test_names_that_no_search_asks_for_are_said(desk: Desk) -> None:
    done = desk.init(
        *FLAGS, "--names", "星禾茶饮,Xinghe", "--doors", "rsshub,appstore", "--rsshub", "http://127.0.0.1:1200"
    )
    assert done.exit_code == 0, done.output
    assert "搜索只用“星禾”这一个词；要按 星禾茶饮、Xinghe 搜" in done.output


def test_a_secret_that_is_there_already_is_used_and_not_asked_for(desk: Desk) -> None:
    (desk.folder / "slack.token").write_text(SLACK)
    done = desk.init(*FLAGS, "--slack-channel", "C0CRISIS01")
    assert done.exit_code == 0, done.output
    assert (desk.folder / "slack.token").read_text() == SLACK


def test_a_secret_may_stand_in_a_file_elsewhere(desk: Desk, tmp_path_factory: pytest.TempPathFactory) -> None:
    elsewhere = tmp_path_factory.mktemp("secrets") / "bot"
    elsewhere.write_text(SLACK)
    done = desk.init(*FLAGS, "--slack-channel", "C0CRISIS01", "--slack-token", f"file:{elsewhere}")
    assert done.exit_code == 0, done.output
    assert f'token = {{ file = "{elsewhere}" }}' in (desk.folder / "langyan.toml").read_text()


@pytest.mark.parametrize(
    ("flags", "says"),
    [
        (("--yes",), "--brand: is needed"),
        ((*FLAGS, "--doors", "weibo"), "--weibo-token: is needed"),
        ((*FLAGS, "--doors", "door"), "--doors: there is no door 'door'"),
        ((*FLAGS, "--slack-channel", "C0CRISIS01"), "--slack-token: is needed"),
        ((*FLAGS, "--slack-channel", "crisis"), "--slack-channel: 'crisis' is no channel id"),
        ((*FLAGS, "--slack-channel", "C0CRISIS01", "--slack-token", SLACK), "--slack-token: a secret does not belong on a command line"),
        ((*FLAGS, "--app-ids", "id999"), "--app-ids: 'id999' is no App Store id"),
        (("--brand", "星禾", "--weibo-token", "env:X", "--doors", "none", "--yes"), "--weibo-token: says nothing without its door"),
        ((*FLAGS, "--ops-channel", "C0OPS"), "--ops-channel: says nothing without its door or channel"),
        ((*FLAGS, "--country", "china"), "country"),
        ((*FLAGS, "--brand", "\u200b"), "--brand"),
        ((*FLAGS, "--language", "de"), "--language"),
    ],
)  # fmt: skip
def test_what_is_missing_or_wrong_is_named_and_nothing_is_written(
    desk: Desk, flags: tuple[str, ...], says: str
) -> None:
    done = desk.init(*flags)
    assert (done.exit_code, desk.there) == (2, []), done.output
    assert says in done.output
    assert SLACK not in done.output


def test_who_gives_up_leaves_nothing(desk: Desk) -> None:
    done = desk.init(typed=f"星禾\n\n\n\nweibo\n{WEIBO}\nC0CRISIS01\n")
    assert done.exit_code == 1
    assert "Aborted" in done.output
    assert desk.there == []


def test_ctrl_c_while_it_writes_leaves_nothing(tmp_path: Path) -> None:
    def interrupted(_path: Path) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        files.found(tmp_path / "langyan.toml", "state = 'x'\n", {"slack.token": SLACK}, interrupted)
    assert list(tmp_path.iterdir()) == []


def test_a_configuration_that_is_there_stays_as_it_is(desk: Desk) -> None:
    (desk.folder / "langyan.toml").write_text("# mine\n")
    done = desk.init(*FLAGS)
    assert done.exit_code == 2
    assert "is there already" in done.output
    assert (desk.folder / "langyan.toml").read_text() == "# mine\n"
    assert desk.there == ["langyan.toml"]


def test_the_cookie_of_a_website_is_not_offered(desk: Desk) -> None:
    done = desk.init(typed="")
    assert "cookie" not in done.output.lower()
    assert "weibo-web" not in CliRunner().invoke(cli.main, ["init", "--help"]).output


def test_doors_are_named_by_number_or_name() -> None:
    assert ways_in("1，rsshub、 1") == ("weibo", "rsshub")
    assert ways_in("none") == ()
    assert listed("星禾, ，xinghe;星禾") == ("星禾", "xinghe")
