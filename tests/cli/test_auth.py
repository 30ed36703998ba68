"""`langyan auth weibo` against the sandbox's Weibo: a token in a file for its owner alone, and never on a screen."""

import os
import re
import stat
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr
from typer.testing import CliRunner

from monitor.authorise import code_in, keep
from monitor.cli import main
from monitor.errors import ConfigError
from monitor.sandbox.server import WEIBO_TOKEN, app
from monitor.sandbox.serving import serving
from monitor.sandbox.stage import Stage
from monitor.sandbox.weibo_oauth import APP_KEY, APP_SECRET, CODE

REDIRECT = "https://brand.example/back"


@pytest.fixture
def url() -> Iterator[str]:
    with serving(app(Stage("demo", 7, datetime(2026, 11, 2, 1, 0, tzinfo=UTC), 75), 7)) as address:
        yield address


def run(tmp_path: Path, url: str, pasted: str, secret: str = APP_SECRET, key: str = APP_KEY) -> tuple[int, str]:
    (tmp_path / "app.secret").write_text(secret + "\n")
    given = ["auth", "weibo", "--app-key", key, "--secret-file", str(tmp_path / "app.secret"), "--redirect", REDIRECT]
    given += ["--out", str(tmp_path / "weibo.token"), "--base-url", f"{url}/weibo", "--allow-private", "127.0.0.1"]
    result = CliRunner().invoke(main, given, input=pasted + "\n", env={"COLUMNS": "200"})
    assert WEIBO_TOKEN not in result.output
    assert APP_SECRET not in result.output
    return result.exit_code, result.output


def test_the_token_is_kept_for_its_owner_alone_and_never_shown(tmp_path: Path, url: str) -> None:
    code, said = run(tmp_path, url, f"{REDIRECT}?code={CODE}")
    kept = tmp_path / "weibo.token"
    assert code == 0, said
    assert kept.read_text() == WEIBO_TOKEN + "\n"
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    assert "account 1700000001 is good and ends at 20" in said
    assert f'token = {{ file = "{kept}" }}' in said
    assert sorted(path.name for path in tmp_path.iterdir()) == ["app.secret", "weibo.token"]


def test_the_page_that_is_printed_leads_back_with_a_code(tmp_path: Path, url: str) -> None:
    _, said = run(tmp_path, url, CODE)
    page = re.search(r"http\S+/oauth2/authorize\S+", said)
    assert page is not None
    moved = httpx.get(page[0], trust_env=False).headers["location"]
    assert moved.startswith(f"{REDIRECT}?code={CODE}&state=")


def test_a_code_that_was_used_leaves_the_token_that_is_there(tmp_path: Path, url: str) -> None:
    (tmp_path / "weibo.token").write_text("2.00before")
    code, said = run(tmp_path, url, "old-code")
    assert code == 1
    assert "21325" in said
    assert (tmp_path / "weibo.token").read_text() == "2.00before"


def test_a_wrong_app_secret_is_said_by_weibo(tmp_path: Path, url: str) -> None:
    code, said = run(tmp_path, url, CODE, secret="not-the-secret")
    assert code == 1
    assert "21324" in said
    assert "not-the-secret" not in said


@pytest.mark.parametrize(
    ("pasted", "says"),
    [
        ("https://brand.example/back?error=access_denied&error_description=用户取消", "Weibo refused"),
        ("https://brand.example/back?state=s1", "holds no code"),
        ("https://brand.example/back?code=c&state=other", "answers another request"),
        ("   ", "nothing was pasted"),
    ],
)
def test_what_was_pasted_wrongly_says_how_to_do_it_right(pasted: str, says: str) -> None:
    with pytest.raises(ConfigError, match=says):
        code_in(pasted, "s1")


@pytest.mark.parametrize("pasted", ["c0de", " https://b.example/x?code=c0de&state=s1 ", "code=c0de&state=s1"])
def test_an_address_its_query_or_the_code_alone_will_do(pasted: str) -> None:
    assert code_in(pasted, "s1") == "c0de"


@given(st.text(max_size=60) | st.text(max_size=40).map(lambda tail: f"https://b.example/?{tail}"))
def test_whatever_is_pasted_is_a_code_or_a_plain_error(pasted: str) -> None:
    try:
        assert code_in(pasted, "s1")
    except ConfigError:
        return


def test_a_folder_that_cannot_be_written_is_named_and_nothing_is_left(tmp_path: Path) -> None:
    (tmp_path / "taken").mkdir()
    (tmp_path / "taken" / "x").write_text("")
    for path in (tmp_path / "no" / "weibo.token", tmp_path / "taken"):
        with pytest.raises(ConfigError, match="cannot be written"):
            keep(SecretStr("2.00x"), path)
    assert [path.name for path in tmp_path.iterdir()] == ["taken"]


def test_a_token_written_by_root_belongs_to_whom_the_folder_belongs(tmp_path: Path) -> None:
    state = tmp_path / "state"
    state.mkdir()
    if os.geteuid() == 0:
        os.chown(state, 61234, 61234)
    keep(SecretStr("2.00x"), state / "weibo.token")
    written, folder = (state / "weibo.token").stat(), state.stat()
    assert (written.st_uid, written.st_gid) == (folder.st_uid, folder.st_gid)
    assert stat.S_IMODE(written.st_mode) == 0o600
