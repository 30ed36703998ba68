"""`langyan check --brand`: the posts that were found, the term that found each, and each term's share."""

import json
from contextlib import closing

from monitor import fittings
from monitor.config import load
from monitor.matched import Matched
from monitor.model import PostKey, Sighting
from monitor.watch.query import Brand, Matcher, Query
from tests.builders import NOON, a_mention, a_post
from tests.check.conftest import World

TEXTS = ("星禾的奶茶", "XingHe 门店,星禾奶茶", "好喝的奶茶")


def found(*texts: str) -> Matched:
    matcher = Matcher([Brand(name="星禾", match=Query.parse("星禾 OR xinghe"), exclude=Query.parse("抽奖"))])
    return Matched.of([a_mention(post=a_post(text=text)) for text in texts], matcher, "星禾")


def test_each_term_has_its_share_and_what_it_found_alone() -> None:
    one, other = found(*TEXTS).shares
    assert (one.term, one.posts, one.alone, round(one.share, 2)) == ("星禾", 2, 1, 0.67)
    assert (other.term, other.posts, other.alone) == ("xinghe", 1, 0)


def test_a_post_that_no_term_finds_today_is_counted_apart() -> None:
    assert found(*TEXTS, "星禾抽奖").unnamed == 2


def test_the_lines_are_in_both_languages_and_show_nothing_that_cannot_be_seen() -> None:
    zh, en = "\n".join(found(*TEXTS).as_text("zh")), "\n".join(found("星禾\u202e\n茶").as_text("en"))
    assert "最近 3 帖" in zh
    assert " 67%  星禾  2 · 仅靠它 1" in zh
    assert "星禾 · Weibo 5340 · 星禾 茶" in en
    assert list(found().as_text("zh")) == ["星禾：还没有看到帖子"]


def test_the_command_reads_the_store(world: World) -> None:
    settings = load(world.toml)
    with closing(fittings.open_store(settings)) as store:
        matcher = Matcher(settings.brands)
        for number, text in enumerate(TEXTS):
            post = a_post(native_id=str(number), text=text)
            look = Sighting(key=PostKey("weibo", str(number)), post=post, seen_at=NOON)
            store.record("f", [look], {look.key: matcher.match(post)}, now=NOON)
    done = world.langyan("check", "--brand", "星禾", "--last", "1", "--json")
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    assert [line["kind"] for line in lines] == ["post", "term", "term"]
    assert lines[0]["id"] == "weibo:1"
    assert lines[0]["terms"] == ["星禾", "xinghe"]
    assert "2 posts" in world.langyan("check", "--brand", "星禾").stdout


def test_a_brand_that_does_not_exist_is_said_with_those_that_do(world: World) -> None:
    done = world.langyan("check", "--brand", "星和")
    assert done.exit_code == 2
    assert "There are: 星禾" in done.stderr
