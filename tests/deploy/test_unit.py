"""The systemd unit: hardened, complete, with the paths of whoever installs it, and the one in `deploy` is what the command writes."""

import re
import shutil
import subprocess
import tomllib
from pathlib import Path, PurePosixPath

import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner, Result

from monitor import cli
from monitor.config import load
from monitor.errors import ConfigError
from monitor.install import unit

ROOT = Path(__file__).parents[2]
SHIPPED = ROOT / "deploy" / "langyan.service"
ETC = PurePosixPath("/etc/langyan")
OPT = PurePosixPath("/opt/langyan/bin/langyan")
STATE = PurePosixPath("/var/lib/langyan")

needs_systemd = pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="there is no systemd-analyze")

TOML = """
state = "/var/lib/langyan"
feed = [{ name = "mentions", type = "weibo", token = { file = "weibo.token" } }]
[[brand]]
name = "星禾"
match = "星禾"
products = { file = "文件夹" }
[alerts.receivers.crisis]
type = "slack"
channel = "C0CRISIS01"
token = { file = "slack.token" }
app_token = { credential = "slack-app.token" }
"""


def template() -> str:
    return (ROOT / "monitor" / "install" / "langyan.service").read_text(encoding="utf-8")


def install(image: Path, *options: str, toml: str = TOML) -> Result:
    etc = image / "etc" / "langyan"
    etc.mkdir(parents=True)
    (etc / "langyan.toml").write_text(toml, encoding="utf-8")
    command = ["install-systemd", "--command", str(OPT), *options]
    return CliRunner().invoke(cli.main, command, env={"COLUMNS": "200", "TERM": "dumb"})


def settings(text: str, key: str) -> list[str]:
    return re.findall(rf"^{key}=(.*)$", text, re.MULTILINE)


def test_the_unit_in_deploy_is_what_the_command_writes() -> None:
    shown = {name: ETC / name for name in ("slack.token", "weibo.token")}
    assert unit.unit(template(), OPT, ETC / "langyan.toml", STATE, shown) == SHIPPED.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("Type", "notify"),
        ("WatchdogSec", "120"),
        ("Restart", "always"),
        ("StartLimitIntervalSec", "0"),
        ("DynamicUser", "yes"),
        ("StateDirectory", "langyan"),
        ("ExecStart", "/opt/langyan/bin/langyan run -c /etc/langyan/langyan.toml"),
        ("ExecReload", "/bin/kill -HUP $MAINPID"),
    ],
)
def test_it_starts_again_for_ever_and_listens_for_the_daemons_word(key: str, value: str) -> None:
    assert settings(SHIPPED.read_text(encoding="utf-8"), key) == [value]


def test_it_waits_longer_than_the_daemon_takes_to_end() -> None:
    assert int(settings(SHIPPED.read_text(encoding="utf-8"), "TimeoutStopSec")[0]) > 30


@needs_systemd
def test_it_is_exposed_to_little() -> None:
    judged = subprocess.run(
        ["systemd-analyze", "security", "--offline=true", str(SHIPPED)], capture_output=True, text=True, check=True
    )
    (exposure,) = re.findall(r"Overall exposure level for langyan.service: ([\d.]+)", judged.stdout)
    assert float(exposure) <= 1.5


ODD = PurePosixPath("/etc/brand crisis/狼烟 100%")


@needs_systemd
@pytest.mark.parametrize(
    "written",
    [
        SHIPPED.read_text(encoding="utf-8"),
        unit.unit(
            template(), OPT, ODD / "l.toml", PurePosixPath("/var/lib/狼 烟"), {"slack.token": ODD / "slack.token"}
        ),
    ],
    ids=["as shipped", "with blanks and Chinese in its paths"],
)
def test_systemd_finds_nothing_wrong_with_it(tmp_path: Path, written: str) -> None:
    program = tmp_path / "langyan"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    copy = tmp_path / "langyan.service"
    copy.write_text(written.replace(str(OPT), str(program)), encoding="utf-8")
    said = subprocess.run(["systemd-analyze", "verify", str(copy)], capture_output=True, text=True, check=False)
    assert (said.returncode, said.stderr) == (0, "")


def test_every_secret_of_the_configuration_is_shown_to_the_service() -> None:
    secrets = list(unit.secrets_in(tomllib.loads(TOML)))
    assert [place for place, _, _ in secrets] == [
        "feed[0].token",
        "alerts.receivers.crisis.token",
        "alerts.receivers.crisis.app_token",
    ]
    assert unit.credentials(secrets, ETC, STATE) == {
        "weibo.token": ETC / "weibo.token",
        "slack.token": ETC / "slack.token",
        "slack-app.token": ETC / "slack-app.token",
    }


def test_a_token_in_the_state_directory_is_read_there_and_not_copied(tmp_path: Path) -> None:
    done = install(
        tmp_path, "--root", str(tmp_path), toml=TOML.replace('"weibo.token"', '"/var/lib/langyan/weibo.token"')
    )
    assert done.exit_code == 0, done.output
    written = (tmp_path / "etc/systemd/system/langyan.service").read_text(encoding="utf-8")
    assert not [line for line in settings(written, "LoadCredential") if "weibo" in line]
    assert "# slack.token, slack-app.token: copied at the start; keep what is renewed" in done.output


def test_it_is_printed_without_writing_anything(tmp_path: Path) -> None:
    done = install(tmp_path, "--print", "--root", str(tmp_path))
    assert done.exit_code == 0, done.output
    assert "LoadCredential=slack-app.token:/etc/langyan/slack-app.token\n" in done.output
    assert [path.name for path in tmp_path.rglob("*") if path.is_file()] == ["langyan.toml"]


def test_it_is_written_below_a_root_with_what_to_do_next(tmp_path: Path) -> None:
    done = install(tmp_path, "--root", str(tmp_path))
    assert done.exit_code == 0, done.output
    written = (tmp_path / "etc/systemd/system/langyan.service").read_text(encoding="utf-8")
    assert settings(written, "ExecStart") == [f"{OPT} run -c {ETC}/langyan.toml"]
    assert done.output.endswith("systemctl daemon-reload\nsystemctl enable --now langyan\nsystemctl status langyan\n")


def test_what_its_user_could_not_read_and_what_it_lacks_are_said(tmp_path: Path) -> None:
    install(tmp_path / "first", "--root", str(tmp_path / "first"))
    before = tmp_path / "first/etc/langyan/langyan.toml"
    before.chmod(0o600)
    before.write_text(TOML.replace('file = "slack.token"', 'env = "SLACK"'), encoding="utf-8")
    command = ["install-systemd", "--command", str(OPT), "--root", str(tmp_path / "first")]
    done = CliRunner().invoke(cli.main, command, env={"COLUMNS": "200"})
    assert "chmod 644 /etc/langyan/langyan.toml" in done.output
    assert "alerts.receivers.crisis.token: EnvironmentFile= with SLACK" in done.output


def test_only_root_may_write_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.geteuid", lambda: 1000)
    done = install(tmp_path)
    assert done.exit_code == 2
    assert "only root may write a unit" in done.output


@pytest.mark.parametrize(
    ("command", "config", "state", "says"),
    [
        (OPT, ETC / "langyan.toml", PurePosixPath("/etc/langyan/state"), 'Write state = "/var/lib/langyan"'),
        (PurePosixPath("/home/li/venv/bin/langyan"), ETC / "langyan.toml", STATE, "sees nothing of /home"),
        (OPT, PurePosixPath('/etc/"x"/langyan.toml'), STATE, "cannot stand in a unit"),
        (OPT, PurePosixPath("/etc/a\nExecStartPre=/bin/sh/langyan.toml"), STATE, "cannot stand in a unit"),
    ],
)
def test_what_cannot_work_is_said_before_it_is_written(
    command: PurePosixPath, config: PurePosixPath, state: PurePosixPath, says: str
) -> None:
    with pytest.raises(ConfigError, match=says):
        unit.unit(template(), command, config, state, {})


@given(
    st.text(st.characters(codec="utf-8", exclude_characters="/\x00"), min_size=1, max_size=30).filter(
        lambda s: s not in ("..", ".")
    )
)
def test_no_path_adds_a_line_to_it(name: str) -> None:
    try:
        written = unit.unit(template(), OPT, ETC / name / "langyan.toml", STATE, {"slack.token": ETC / name})
    except ConfigError:
        return
    assert len(written.splitlines()) == len(template().splitlines())


def test_two_secrets_of_one_name_are_refused() -> None:
    two = [unit.Named("a", "file", "x/slack.token"), unit.Named("b", "file", "y/slack.token")]
    with pytest.raises(ConfigError, match=r"b: two secrets stand in files called slack\.token"):
        unit.credentials(two, ETC, STATE)


def test_a_secret_that_the_services_user_may_not_read_is_taken_from_its_credentials(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown = tmp_path / "credentials"
    shown.mkdir()
    for name in ("weibo.token", "slack.token", "slack-app.token"):
        (shown / name).write_text(f"of-systemd-{name}\n")
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(shown))
    (tmp_path / "slack.token").write_text("beside")
    (tmp_path / "langyan.toml").write_text(TOML, encoding="utf-8")
    config = load(tmp_path / "langyan.toml")
    assert config.feeds[0].connector.token.get_secret_value() == "of-systemd-weibo.token"  # type: ignore[attr-defined]
    assert config.receivers[0].options.token.get_secret_value() == "beside"
