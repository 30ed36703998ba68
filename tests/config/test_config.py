"""The configuration: what is read, what stops the start and how it says so."""

import re
from pathlib import Path
from typing import Any

import pytest

from alerts.policy import routed
from monitor import fittings
from monitor.config import Config, build, load
from monitor.doors import DoorTable
from monitor.errors import ConfigError
from monitor.model import Severity, TellClass

ROOT = Path(__file__).parents[2]

SMALL = """
[[brand]]
name = "星禾"
match = '星禾'

[[feed]]
name = "mentions"
type = "weibo"
token = { file = "weibo.token" }

[alerts.receivers.crisis]
type = "slack"
channel = "C0CRISIS01"
token = { env = "LANGYAN_TEST_TOKEN" }
"""


DOOR = "[ingest.vendor]\nsecret = 'canary-plain'\n"
PLAIN, NAMED = "'canary-plain'", "{ file = 'vendor.secret' }"


@pytest.fixture(autouse=True)
def _secrets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("weibo.token", "weibo-search.token", "slack.token", "bilibili.buvid3"):
        (tmp_path / name).write_text("canary-" + name + "\n")
    (tmp_path / "vendor.secret").write_text("canary-vendor-secret\n")
    (tmp_path / "short.secret").write_text("canary\n")
    monkeypatch.setenv("LANGYAN_TEST_TOKEN", "xoxb-canary")
    monkeypatch.delenv("CREDENTIALS_DIRECTORY", raising=False)


def read(tmp_path: Path, text: str) -> Config:
    path = tmp_path / "langyan.toml"
    path.write_text(text, encoding="utf-8")
    return load(path)


def refused(tmp_path: Path, text: str) -> str:
    with pytest.raises(ConfigError) as caught:
        read(tmp_path, text)
    said = str(caught.value)
    assert "canary" not in said
    return said


def test_the_manual_loads_as_it_is_and_shows_every_default(tmp_path: Path) -> None:
    example = (ROOT / "config.example.toml").read_text(encoding="utf-8")
    whole, small = read(tmp_path, example), read(tmp_path, SMALL)
    for name in ("language", "host", "port", "log", "engine", "page_at", "public_url", "board_shows", "settle"):
        assert getattr(whole, name) == getattr(small, name), name
    for name in ("levels", "official", "settled"):
        assert getattr(whole.thresholds, name) == getattr(small.thresholds, name), name
    assert {feed.type for feed in whole.feeds} == {
        "weibo",
        "rsshub",
        "appstore",
        "appstore-ratings",
        "heimao",
        "rss",
        "jsonl",
        "bilibili",
        "hotlist",
    }


def test_the_doors_of_the_manual_load_as_they_are_and_show_every_default(tmp_path: Path) -> None:
    (tmp_path / "hotline.secret").write_text("canary-hotline-secret\n")
    example = (ROOT / "config.example.toml").read_text(encoding="utf-8")
    keys, shown = re.search(r"# POST /ingest/NAME.*?\n#\n(# \[ingest.*?)\n\n", example, re.DOTALL), None
    assert keys is not None
    shown = keys[1].replace("\n# ", "\n").replace("\n#\n", "\n").removeprefix("# ")
    doors = read(tmp_path, SMALL + "\n" + shown).doors
    assert set(doors) == {"vendor", "hotline"}
    said = dict(re.findall(r"^#   (\w+) = (\S+)", keys[0], re.MULTILINE))
    fresh = {name: field.default for name, field in DoorTable.model_fields.items()}
    assert said == {"format": '"record"', "map": "{}", "platform": '""', "brand": '""', "every": '"1d"'}
    assert (fresh["format"], fresh["platform"], fresh["brand"], fresh["every"]) == ("record", "", "", 86400.0)


def test_the_smallest_file_stands_in_the_readme_and_works(tmp_path: Path) -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    (smallest,) = re.findall(r"```toml\n(.*?)```", readme, re.DOTALL)
    assert len(smallest.strip().splitlines()) <= 25
    config = read(tmp_path, smallest)
    assert config.state == tmp_path / "state"
    assert [receiver.name for receiver in config.receivers] == ["crisis"]


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (("[[brand]]", "langauge = 'zh'\n[[brand]]"), "langauge: unknown key. Did you mean language?"),
        (("match = '星禾'", "match = '星禾'\nexcepts = 'x'"), "brand[0].excepts: unknown key. Did you mean except?"),
        (("match = '星禾'", "match = '星禾 and 奶茶'"), "brand[0].match, column 4"),
        (("match = '星禾'", ""), "brand[0]: needs either match or match_file"),
        (("match = '星禾'", "match_file = 'words.txt'"), "brand[0].match_file"),
        (('name = "mentions"', 'name = "mentions"\nevry = "3m"'), "feed[0].evry: unknown key. Did you mean every?"),
        (('name = "mentions"', 'name = "mentions"\nevery = "soon"'), 'feed[0].every: write a duration as "90s"'),
        (('name = "mentions"', 'name = "mentions"\naccount = "a"'), "feed[0].account: there is no [accounts.a]"),
        (('type = "weibo"', 'type = "weibbo"'), "feed[0].type"),
        (('type = "slack"', 'type = "slak"'), "alerts.receivers.crisis.type"),
        (('{ file = "weibo.token" }', '"canary-plain"'), "feed[0].token: a secret stands in plain text"),
        (
            ('{ env = "LANGYAN_TEST_TOKEN" }', '"xoxb-canary"'),
            "alerts.receivers.crisis.token: a secret stands in plain",
        ),
        (('{ file = "weibo.token" }', '{ file = "absent" }'), "feed[0].token"),
        (('{ file = "weibo.token" }', '{ credential = "x" }'), "no credentials directory"),
        (('{ file = "weibo.token" }', '{ file = "a", env = "B" }'), "exactly one of file, env, credential"),
        (('{ env = "LANGYAN_TEST_TOKEN" }', '{ env = "ABSENT" }'), "the environment has no ABSENT"),
        (
            ('channel = "C0CRISIS01"', "chanel = 'C0'"),
            "alerts.receivers.crisis.chanel: unknown key. Did you mean channel",
        ),
        (("[[brand]]", "listen = '0.0.0.0:9733'\n[[brand]]"), "listen: 0.0.0.0 is reachable by others"),
        (("[[brand]]", "listen = '9733'\n[[brand]]"), "listen"),
        (("[[brand]]", DOOR + "[[brand]]"), "ingest.vendor.secret: a secret stands in plain text"),
        (("[[brand]]", DOOR.replace(PLAIN, NAMED) + "patience = 1\n[[brand]]"), "ingest.vendor.patience: unknown key"),
        (("[[brand]]", DOOR.replace(PLAIN, NAMED) + "format = 'csv'\n[[brand]]"), "there is no format csv"),
        (("[[brand]]", DOOR.replace(PLAIN, NAMED) + "map = { txt = '/a' }\n[[brand]]"), "there is no field txt"),
        (("[[brand]]", DOOR.replace(PLAIN, NAMED) + "map = { text = 'a' }\n[[brand]]"), "is no JSON pointer"),
        (
            ("[[brand]]", DOOR.replace(PLAIN, NAMED) + "brand = '月禾'\n[[brand]]"),
            "ingest.vendor.brand: there is no brand",
        ),
        (
            ("[[brand]]", DOOR.replace("vendor", "mentions", 1).replace(PLAIN, NAMED) + "[[brand]]"),
            "a [[feed]] is called",
        ),
        (("[[brand]]", DOOR.replace("vendor", '"a/b"', 1).replace(PLAIN, NAMED) + "[[brand]]"), "stands in an address"),
        (("[[brand]]", DOOR.replace(PLAIN, "{ file = 'short.secret' }") + "[[brand]]"), "ingest.vendor.secret"),
        (("[[brand]]", "[severity.orange]\nrisk = 1.5\n[[brand]]"), "severity.orange.risk"),
        (("[[brand]]", "[severity.pink]\nrisk = 0.5\n[[brand]]"), "severity.pink"),
        (("match = '星禾'", "match = '星禾'\nown = ['1700000001']"), "names no platform"),
        (("match = '星禾'", "match = '星禾'\nredlines_off = ['fier']"), "brand[0].redlines_off.fier: no such red line"),
        (("match = '星禾'", "match = '星禾'\nredlines_file = 'absent'"), "brand[0].redlines_file: absent"),
        (("[[brand]]", "[board]\nshow = 'full'\n[[brand]]"), "board.show: unknown key. Did you mean shows?"),
        (("[[brand]]", "[board]\nshows = 'link'\n[[brand]]"), "board.shows: Input should be 'masked' or 'full'"),
        (("[[brand]]", "settled = 'soon'\n[[brand]]"), 'settled: write a duration as "90s"'),
    ],
)
def test_a_mistake_stops_the_start_and_names_its_place(tmp_path: Path, change: tuple[str, str], says: str) -> None:
    assert change[0] in SMALL
    assert says in refused(tmp_path, SMALL.replace(*change, 1))


def test_files_as_windows_editors_write_them_are_read(tmp_path: Path) -> None:
    config_file = tmp_path / "langyan.toml"
    config_file.write_text(SMALL.replace("\n", "\r\n"), encoding="utf-8-sig", newline="")
    (tmp_path / "weibo.token").write_text("2.00tok\r\n", encoding="utf-8-sig", newline="")
    connector: Any = load(config_file).feeds[0].connector
    assert connector.token.get_secret_value() == "2.00tok"


def test_a_file_that_is_no_toml_and_one_that_is_not_there(tmp_path: Path) -> None:
    assert "is not TOML" in refused(tmp_path, "[[brand")
    with pytest.raises(ConfigError, match="cannot be read"):
        load(tmp_path / "absent.toml")


def test_an_unreadable_secret_names_its_place(tmp_path: Path) -> None:
    (tmp_path / "weibo.token").unlink()
    (tmp_path / "weibo.token").mkdir()
    assert "feed[0].token" in refused(tmp_path, SMALL)


def test_a_brand_s_own_red_lines_stand_beside_the_shipped_ones(tmp_path: Path) -> None:
    (tmp_path / "own.toml").write_text('[strike]\nzh = "罢工"\nen = "strike"\nwords = "罢工"\n', encoding="utf-8")
    own = "match = '星禾'\nredlines_file = 'own.toml'\nredlines_off = ['fire']"
    lines = read(tmp_path, SMALL.replace("match = '星禾'", own, 1)).redlines["星禾"]
    assert [touch.harm for touch in lines.read("星禾门店罢工，骨折两人").touches] == ["injury", "strike"]
    assert not lines.read("星禾的灯自燃").touches


def test_a_mistake_in_red_lines_names_the_file_and_the_place(tmp_path: Path) -> None:
    (tmp_path / "own.toml").write_text('[fire]\ntogether = ["{chld} + 着火"]\n', encoding="utf-8")
    said = refused(tmp_path, SMALL.replace("match = '星禾'", "match = '星禾'\nredlines_file = 'own.toml'", 1))
    assert "brand[0].redlines_file: own.toml [fire].together" in said
    assert "no group {chld}" in said


def test_names_are_unique(tmp_path: Path) -> None:
    twice = SMALL + '\n[[brand]]\nname = "星禾"\nmatch = "x"\n'
    assert "brand[1].name: '星禾' is taken by brand[0]" in refused(tmp_path, twice)


def test_secrets_are_never_shown(tmp_path: Path) -> None:
    assert "canary" not in repr(read(tmp_path, SMALL))


def test_a_credential_comes_from_systemd(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path))
    config = read(tmp_path, SMALL.replace('{ file = "weibo.token" }', '{ credential = "weibo.token" }'))
    connector: Any = config.feeds[0].connector
    assert connector.token.get_secret_value() == "canary-weibo.token"


def test_severities_are_plain_keys(tmp_path: Path) -> None:
    config = read(tmp_path, SMALL + "\n[severity.orange]\nrisk = 0.8\n")
    assert config.thresholds.levels[Severity.ORANGE].risk == 0.8
    assert config.thresholds.levels[Severity.ORANGE].reposts == 500


def receivers(*names: str, **alerts: object) -> dict[str, object]:
    table = {name: {"type": "webhook", "url": {"env": "HOOK"}, "secret": {"env": "HOOK"}} for name in names}
    return {"brand": [{"name": "星禾", "match": "星禾"}], "alerts": {"receivers": table, **alerts}}


def test_on_trial_the_quiet_channel_hears_and_live_it_hears_of_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOOK", "https://example.org/hook")
    trial = build(receivers("crisis", "quiet", mode="trial", trial="quiet"), Path("x.toml")).route
    live = build(receivers("crisis", "quiet", mode="live", trial="quiet"), Path("x.toml")).route
    assert [routed(route, "星禾", Severity.ORANGE) for route in (trial, live)] == [
        (("quiet", TellClass.TRIAL),),
        (("crisis", TellClass.PAGE),),
    ]


def test_a_trial_in_a_channel_that_does_not_exist_stops_the_start(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOOK", "https://example.org/hook")
    with pytest.raises(ConfigError, match=r"alerts\.trial: there is no receiver quite"):
        build(receivers("crisis", mode="trial", trial="quite"), Path("x.toml"))


def test_brands_that_leave_the_red_lines_as_they_are_share_them(tmp_path: Path) -> None:
    more = "[[brand]]\nname = '{0}'\nmatch = '{0}'\n{1}\n"
    text = SMALL + more.format("甲乙", "") + more.format("丙丁", "redlines_off = ['fire']")
    lines = read(tmp_path, text).redlines
    assert lines["甲乙"] is lines["星禾"]
    assert lines["丙丁"] is not lines["星禾"]


def test_a_new_database_is_its_owners_alone_in_a_folder_that_is_everybodys(tmp_path: Path) -> None:
    (tmp_path / "state").mkdir()
    fittings.open_store(read(tmp_path, "state = 'state'\n" + SMALL)).close()
    assert {file.name: oct(file.stat().st_mode)[-3:] for file in (tmp_path / "state").iterdir()} == {
        "author.key": "600",
        "langyan.db": "600",
    }
