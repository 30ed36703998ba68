"""What init was told becomes a file that says exactly that, whatever the answers hold."""

import tomllib
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.config import build
from monitor.install.answers import Answers, Doors, Language, Secret, Slack, any_of, as_table, as_toml, inline, mention
from monitor.install.questions import HOT_LISTS
from monitor.install.refusals import AnswerError
from monitor.watch.query import Query
from monitor.watch.text import fold

EVERYTHING = Answers(
    brand="星禾",
    names=("xinghe", "星禾 茶饮"),
    exclude=("抽奖",),
    context=("奶茶", "门店"),
    doors=Doors(
        mentions=Secret("file", "weibo.token"),
        search=Secret("file", "weibo-search.token"),
        push="10542",
        vendor=Secret("file", "vendor.secret"),
        vendor_platform="xiaohongshu",
        rsshub="http://127.0.0.1:1200",
        mediacrawler="/srv/crawled",
        apps=("999000111",),
        heimao=True,
        hot_lists=HOT_LISTS,
        own="hotline",
        own_secret=Secret("file", "own.secret"),
    ),
    slack=Slack(
        token=Secret("file", "slack.token"),
        app_token=Secret("file", "slack-app.token"),
        channel="C0CRISIS01",
        quiet="C0QUIET1",
        ops="C0OPS",
        on_duty=("<!subteam^S012PRTEAM>",),
    ),
    language="en",
)

HOSTILE = st.text(
    st.characters(codec="utf-8") | st.sampled_from("'\"\\\n\r\t#[]{}=\x00\x7f\u2028“”「」（）"), min_size=1, max_size=30
)


@given(HOSTILE, st.lists(HOSTILE, max_size=3), HOSTILE)
def test_whatever_a_brand_is_called_the_file_says_exactly_that(brand: str, names: list[str], path: str) -> None:
    answers = replace(
        EVERYTHING,
        brand=brand,
        names=tuple(names),
        state=path,
        doors=replace(EVERYTHING.doors, mediacrawler=path, push=path),
    )
    try:
        table = as_table(answers)
    except AnswerError:
        return
    assert tomllib.loads(as_toml(answers)) == table


@given(HOSTILE)
def test_a_word_is_looked_for_as_it_is_or_refused_in_plain_words(word: str) -> None:
    try:
        query = Query.parse(any_of([word, "奶茶"]))
    except AnswerError:
        return
    assert query.terms == {" ".join(fold(word).split()), "奶茶"}


@given(
    st.recursive(
        st.booleans() | st.integers() | HOSTILE,
        lambda of: (
            st.lists(of, max_size=3) | st.dictionaries(st.from_regex(r"[a-z_]{1,8}", fullmatch=True), of, max_size=3)
        ),
    )
)
def test_a_value_on_one_line_is_read_back_as_it_was(value: object) -> None:
    line = f"value = {inline(value)}"
    assert tomllib.loads(line) == {"value": value}


@pytest.mark.parametrize("language", ["zh", "en"])
def test_with_every_door_open_the_file_has_at_most_25_lines_of_settings(language: Language) -> None:
    text = as_toml(replace(EVERYTHING, language=language))
    settings = [line for line in text.splitlines() if line.strip() and not line.startswith("#")]
    assert len(settings) <= 25
    assert sum(line.startswith("#") for line in text.splitlines()) >= 6


def test_hot_lists_have_a_line_each_where_there_is_room() -> None:
    text = as_toml(Answers(brand="星禾", doors=Doors(hot_lists=HOT_LISTS)))
    assert all(line.count("hotlist") <= 1 for line in text.splitlines())


def test_with_every_door_open_it_loads_on_trial(tmp_path: Path) -> None:
    for name in ("weibo.token", "weibo-search.token", "slack.token", "slack-app.token"):
        (tmp_path / name).write_text("2.00token")
    for name in ("vendor.secret", "own.secret"):
        (tmp_path / name).write_text("0123456789abcdef")
    config = build(tomllib.loads(as_toml(EVERYTHING)), tmp_path / "langyan.toml")
    assert config.route.trial == ("quiet",)
    assert [receiver.name for receiver in config.receivers] == ["crisis", "quiet", "ops"]
    assert [feed.type for feed in config.feeds] == [
        *["hotlist"] * 6, "weibo", "weibo", "weibo-push", "rsshub", "mediacrawler", "heimao", "appstore",
    ]  # fmt: skip
    assert config.feeds[9].allow_private == frozenset({"127.0.0.1"})
    assert list(config.doors) == ["vendor", "hotline"]


def test_the_smallest_answer_is_a_brand_on_a_hot_list(tmp_path: Path) -> None:
    config = build(tomllib.loads(as_toml(Answers(brand="星禾"))), tmp_path / "langyan.toml")
    assert [feed.type for feed in config.feeds] == ["hotlist"]
    assert (config.language, config.receivers) == ("zh", ())


def test_who_is_on_duty_is_mentioned_as_slack_writes_it() -> None:
    assert [mention(who) for who in ("S012", "U034", "here")] == ["<!subteam^S012>", "<@U034>", "<!here>"]
    with pytest.raises(AnswerError, match="is nobody"):
        mention("@li")
