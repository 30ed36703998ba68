"""`langyan train spread --from-store`: from the posts in a store to the weights that the daemon reads at its next start."""

from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner

from monitor import cli, fittings, teaching
from monitor.config import SPREAD_WEIGHTS, Config, build
from monitor.errors import ConfigError
from monitor.model import Count, Counts, Forecast, Look, Match, Post, PostKey, Sighting
from monitor.spread.forecast import Ask, Forecaster
from monitor.store import Store
from monitor.teaching import WorseError
from monitor.training.own import FEWEST
from tests.builders import NOON
from tests.spread.test_own import posts, silent

Installed = Callable[..., Config]


@pytest.fixture
def installed(tmp_path: Path) -> Installed:
    def with_posts(number: int, platform: str = "weibo") -> Config:
        store = Store.open(tmp_path / "langyan.db", hash_key=b"key")
        for n, post in enumerate(posts(number, 1.2, platform=platform)):
            key = PostKey(platform, str(n))
            seen = [
                Sighting(
                    key=key,
                    seen_at=look.seen_at,
                    counts=look.counts,
                    post=Post(platform=platform, native_id=str(n), text="星禾", posted_at=post.born)
                    if not place
                    else None,
                )
                for place, look in enumerate(post.looks)
            ]
            store.record("search", seen, {key: [Match("星禾", 1.0, "named")]}, now=seen[-1].seen_at)
        store.close()
        return build({"state": str(tmp_path), "brand": [{"name": "星禾", "match": "星禾"}]}, tmp_path / "l.toml")

    return with_posts


def test_own_posts_become_the_weights_that_the_daemon_reads(installed: Installed) -> None:
    config = installed(FEWEST + 40)
    later = NOON.replace(month=12)
    table = teaching.refit(config, None, 1, later, silent)
    written = config.state / SPREAD_WEIGHTS
    assert table.endswith(f"{written} is used from the next start on")
    assert fittings.forecaster(config).weights.chance != fittings.forecaster().weights.chance
    first = written.read_bytes()
    teaching.refit(config, None, 1, later, silent)
    assert written.read_bytes() == first, "the same posts and seed give the same bytes, whatever was learnt before"
    assert written.with_suffix(".before").read_bytes() == first


def test_notes_are_forecast_once_their_own_posts_have_taught_how(installed: Installed) -> None:
    config = installed(FEWEST + 40, "xiaohongshu")
    assert told(fittings.forecaster(config)).p_viral is None
    table = teaching.refit(config, None, 1, NOON.replace(month=12), silent, "xiaohongshu")
    assert table.endswith(f"{config.state / 'spread.xiaohongshu.weights.json'} is used from the next start on")
    forecaster = fittings.forecaster(config)
    assert forecaster.weights.chance == fittings.forecaster().weights.chance
    learnt = told(forecaster)
    assert learnt.p_viral is not None
    assert learnt.unit == "likes"
    assert learnt.low <= learnt.median <= learnt.high < 2_000
    assert "个赞" in learnt.sentence
    assert "spread.xiaohongshu.weights.json" in fittings.KEPT_WITH_IT


def told(forecaster: Forecaster) -> Forecast:
    """What is said of a note at half an hour."""
    looks = [Look(seen_at=NOON, age=60.0 * n, counts=Counts(likes=Count(n))) for n in (5, 15, 30)]
    ask = Ask(platform="xiaohongshu", looks=looks, born=NOON, now=NOON, viral=2_000, others=range(10, 200))
    found = forecaster.forecast(ask, "zh")
    assert found is not None
    return found


def test_what_nobody_counts_cannot_be_forecast(installed: Installed) -> None:
    with pytest.raises(ConfigError, match="nothing is counted on 'hotline'"):
        teaching.refit(installed(1), None, 1, NOON, silent, "hotline")


def test_posts_younger_than_a_week_are_not_over(installed: Installed) -> None:
    config = installed(FEWEST + 40)
    with pytest.raises(ConfigError, match="no post shows a counter"):
        teaching.refit(config, None, 1, NOON.replace(day=8), silent)
    assert not (config.state / SPREAD_WEIGHTS).exists()


def test_weights_that_are_worse_are_not_written(tmp_path: Path) -> None:
    with pytest.raises(WorseError, match="not used, for the held-out table is worse\nthe table"):
        teaching.kept(tmp_path / SPREAD_WEIGHTS, b"{}", "the table", better=False)
    assert list(tmp_path.iterdir()) == []


def test_weights_of_another_time_stop_the_start_and_say_what_to_do(installed: Installed) -> None:
    config = installed(1)
    (config.state / SPREAD_WEIGHTS).write_text("{}", encoding="utf-8")
    with pytest.raises(ConfigError, match="train spread --from-store makes it anew"):
        fittings.forecaster(config)


def test_the_command_says_how_many_posts_are_missing(installed: Installed) -> None:
    config = installed(3)
    config.path.write_text(f'state = "{config.state}"\n[[brand]]\nname = "星禾"\nmatch = "星禾"\n', encoding="utf-8")
    done = CliRunner().invoke(cli.main, ["train", "spread", "--from-store", "-c", str(config.path)])
    assert done.exit_code == 2
    assert f"{FEWEST} " in done.stderr
    assert CliRunner().invoke(cli.main, ["train", "spread"]).exit_code == 2
