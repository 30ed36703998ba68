"""What would have happened: own looks, explanations, the trade-off, a tuned threshold, two configurations, forecasts."""

import json
import sys
from collections.abc import Sequence
from datetime import datetime, timedelta
from importlib import resources
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner, Result

from monitor import cli
from monitor.backtest.ledger import Ledger, Moment
from monitor.backtest.outcomes import Outcome
from monitor.backtest.trade import Trade
from monitor.model import Act, Actor, Count, Counts, Match, PostKey, Severity, Sighting, Step
from monitor.pipeline import judge
from monitor.store import Store
from monitor.triage.severity import DEFAULT_LEVELS, Thresholds
from tests.builders import NOON, a_post, a_sentiment

MINUTE = timedelta(minutes=1)
FIRE = (3, 25, 80, 170, 330, 560, 900, 1_200)
STEADY = (4, 30, 90, 150, 210, 270, 330, 390, 450, 520)
"""One that many people carry, more of them every five minutes."""
PAGES = DEFAULT_LEVELS[Severity.ORANGE].risk
CALM = (0, 1, 1, 2, 2, 2, 2, 2)
BUG = "星禾奶茶喝到一半发现里面有虫子,客服三天没人回,太恶心了"


def line(native_id: str, minutes: float, reposts: int, **said: Any) -> dict[str, Any]:
    seen = (NOON + minutes * MINUTE).isoformat()
    return {"platform": "weibo", "id": native_id, "collected_at": seen, "counts": {"reposts": reposts}, **said}


def post(native_id: str, reposts: Sequence[int], *, start: float = 2, text: str = BUG) -> list[dict[str, Any]]:
    """A post that was looked at every five minutes, and once more after a day."""
    said = {"text": f"{text} {native_id}", "created_at": NOON.isoformat()}
    lines = [line(native_id, start + 5 * n, count, **({} if n else said)) for n, count in enumerate(reposts)]
    return [*lines, line(native_id, 24 * 60, reposts[-1] + 1)]


def recording(path: Path, *posts: list[dict[str, Any]]) -> Path:
    whole = sorted(
        (one for lines in posts for one in lines), key=lambda one: datetime.fromisoformat(one["collected_at"])
    )
    path.write_text("".join(json.dumps(one, ensure_ascii=False) + "\n" for one in whole), encoding="utf-8")
    return path


def run(*arguments: object) -> Result:
    return CliRunner().invoke(cli.main, [str(argument) for argument in arguments])


def told(done: Result) -> list[dict[str, Any]]:
    assert done.exit_code == 0, done.stderr
    return [json.loads(each) for each in done.stdout.splitlines()]


def replay(path: Path, *options: object) -> Result:
    return run("replay", path, "--assume-negative", *options)


@pytest.fixture
def mixed(tmp_path: Path) -> Path:
    return recording(tmp_path / "r.jsonl", post("fire", FIRE), post("calm", CALM), post("late", FIRE, start=7))


# ── looks of its own ────────────────────────────────────────────────────────────────────────────────────────────────


def test_with_looks_of_its_own_a_fire_is_paged_and_requests_are_counted(mixed: Path) -> None:
    done = replay(mixed, "--looks", "own", "--json")
    assert sorted(page["id"] for page in told(done)) == ["weibo:fire", "weibo:late"]
    assert "requests per post in its first 6 h" in done.stderr


def test_a_later_line_is_seen_only_when_somebody_looks(tmp_path: Path) -> None:
    """Between two looks the post explodes and is taken down: the page knows the count of the moment it looked."""
    path = recording(tmp_path / "r.jsonl", post("1", FIRE))
    (page,) = told(replay(path, "--looks", "own", "--json"))
    paged = datetime.fromisoformat(page["paged_at"])
    shown = [count for n, count in enumerate(FIRE) if NOON + (2 + 5 * n) * MINUTE <= paged]
    assert page["reposts"] == shown[-1]


def test_a_quiet_recording_answers_with_what_it_said_last(tmp_path: Path) -> None:
    quiet = [line("1", 2, 3, text=BUG, created_at=NOON.isoformat()), line("1", 40, 4), line("1", 600, 4)]
    done = replay(recording(tmp_path / "r.jsonl", quiet), "--looks", "own", "--explain", "1", "--json")
    looks = [(datetime.fromisoformat(step["at"]), step["now"]) for step in told(done)]
    assert len(looks) > 5
    assert all(now == (3 if at < NOON + 40 * MINUTE else 4) for at, now in looks)


def test_a_post_that_is_deleted_is_not_asked_for_again(tmp_path: Path) -> None:
    gone = [*post("1", CALM)[:2], line("1", 9, 1, deleted=True), line("1", 600, 1, deleted=True)]
    done = replay(recording(tmp_path / "r.jsonl", gone), "--looks", "own", "--explain", "1", "--json")
    after = [step for step in told(done) if datetime.fromisoformat(step["at"]) > NOON + 9 * MINUTE]
    assert len(after) == 1


def test_a_short_budget_is_not_overspent(tmp_path: Path) -> None:
    config = tmp_path / "langyan.toml"
    (tmp_path / "token").write_text("t")
    config.write_text(
        'state = "state"\n[[brand]]\nname = "星禾"\nmatch = "星禾"\n[accounts.a]\nlimit = 24\nwindow = "1d"\n'
        '[[feed]]\nname = "w"\ntype = "weibo"\nmode = "mentions"\naccount = "a"\ntoken = { file = "token" }\n',
        encoding="utf-8",
    )
    calm = post("calm", CALM)
    done = run("replay", recording(tmp_path / "r.jsonl", calm), "-c", config, "--assume-negative", "--looks", "own")
    requests = int(done.stderr.split(" looks in ")[1].split(" batches")[0])
    assert 3 <= requests <= 14


@settings(max_examples=10, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(kept=st.integers(1, 26))
def test_own_looks_never_depend_on_later_lines(mixed: Path, kept: int) -> None:
    whole = mixed.read_text(encoding="utf-8").splitlines(keepends=True)
    part = mixed.with_name("part.jsonl")
    part.write_text("".join(whole[:kept]), encoding="utf-8")
    of_part, of_whole = (told(replay(path, "--looks", "own", "--json")) for path in (part, mixed))
    assert of_part == of_whole[: len(of_part)]


# ── explained ───────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_page_is_explained_with_its_looks_reasons_lead_and_curve(mixed: Path) -> None:
    said = replay(mixed, "--explain", "weibo:fire").stdout
    assert "weibo:fire" in said
    assert "came to 1,201, 500 after 27 min" in said
    assert "<- page" in said
    assert "min before it had 500" in said
    assert "对品牌不利" in said
    assert "█" in said


def test_a_miss_is_explained_by_how_near_it_came(mixed: Path) -> None:
    said = replay(mixed, "--explain", "calm").stdout
    assert "no page. The highest risk was 0.0" in said
    assert f"{PAGES:g} pages" in said
    assert "of the 500 that hurt" in said


def test_a_miss_for_its_words_says_so(tmp_path: Path, mixed: Path) -> None:
    config = tmp_path / "langyan.toml"
    config.write_text('state = "state"\n[[brand]]\nname = "星禾"\nmatch = "星禾"\n', encoding="utf-8")
    kind = recording(tmp_path / "k.jsonl", post("kind", FIRE, text="星禾的新杯子真漂亮,暖暖的很贴心,祝大家开心"))
    said = run("replay", kind, "-c", config, "--explain", "kind").stdout
    assert "its text is bad for the brand with 0." in said


def test_a_post_that_was_never_judged_is_said_to_be(mixed: Path) -> None:
    assert "nobody was never judged" in replay(mixed, "--explain", "nobody").stdout


def test_the_curve_is_drawn_as_a_picture_too(mixed: Path) -> None:
    picture = mixed.with_name("fire.png")
    assert replay(mixed, "--explain", "fire", "--png", picture).exit_code == 0
    assert picture.read_bytes().startswith(b"\x89PNG")
    done = replay(mixed, "--explain", "fire", "--png", mixed.parent / "nowhere" / "fire.png")
    assert done.exit_code == 1
    assert "cannot be written" in done.stderr


def test_nothing_but_drawing_imports_matplotlib() -> None:
    import subprocess

    asks = "import sys, monitor.cli, monitor.app, monitor.backtest.drawing; print('matplotlib' in sys.modules)"
    done = subprocess.run([sys.executable, "-P", "-c", asks], check=True, capture_output=True, text=True)
    assert done.stdout.strip() == "False"


# ── traded off ──────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_sweep_shows_that_a_higher_threshold_pages_less_and_later(mixed: Path) -> None:
    scores = told(replay(mixed, "--sweep", "--json"))
    assert [score["threshold"] for score in scores] == sorted(score["threshold"] for score in scores)
    assert 0.7 in [score["threshold"] for score in scores]
    pages = [score["pages"] for score in scores]
    assert pages == sorted(pages, reverse=True)
    assert pages[0] >= 2
    leads = [score["lead"] for score in scores]
    assert leads == sorted(leads, reverse=True)


def test_a_sweep_at_the_threshold_in_force_agrees_with_the_pages(mixed: Path) -> None:
    score = next(score for score in told(replay(mixed, "--sweep", "--json")) if score["threshold"] == 0.7)
    pages = told(replay(mixed, "--json"))
    assert (score["pages"], score["right"], score["false"]) == (len(pages), 2, 0)


def test_what_was_not_followed_for_a_day_counts_for_neither_side(tmp_path: Path) -> None:
    short = recording(tmp_path / "r.jsonl", post("fire", FIRE)[:-1])
    (score,) = (s for s in told(replay(short, "--sweep", "--json")) if s["threshold"] == 0.7)
    assert (score["pages"], score["unknown"], score["precision"]) == (1, 1, None)


def test_truth_may_come_from_a_file(mixed: Path) -> None:
    truth = mixed.with_name("truth.jsonl")
    small = [
        {"id": name, "created_at": NOON.timestamp(), "final": 3, "offsets": [60, 70, 80]} for name in ("fire", "late")
    ]
    truth.write_text("".join(json.dumps(one) + "\n" for one in small), encoding="utf-8")
    score = next(s for s in told(replay(mixed, "--sweep", "--truth", truth, "--json")) if s["threshold"] == 0.7)
    assert (score["right"], score["false"]) == (0, 2)
    truth.write_text('{"id": "fire"}\n', encoding="utf-8")
    done = replay(mixed, "--sweep", "--truth", truth)
    assert done.exit_code == 2
    assert "line 1" in done.stderr


def test_two_configurations_stand_side_by_side(tmp_path: Path, mixed: Path) -> None:
    shared = 'state = "state"\n[[brand]]\nname = "星禾"\nmatch = "星禾"\n'
    bold, shy = tmp_path / "bold.toml", tmp_path / "shy.toml"
    bold.write_text(shared + "[severity.orange]\nrisk = 0.3\n", encoding="utf-8")
    shy.write_text(shared + "[severity.orange]\nrisk = 0.99\n", encoding="utf-8")
    pairs = told(run("replay", mixed, "-c", bold, "--against", shy, "--assume-negative", "--json"))
    fire = next(pair for pair in pairs if pair["id"] == "weibo:fire")
    assert fire["right"]
    assert fire["paged_at"] < (fire["against_paged_at"] or "9")
    said = run("replay", mixed, "-c", bold, "--against", shy, "--assume-negative").stdout
    assert "bold.toml: 2 pages, 2 right, 0 false" in said


def test_one_question_at_a_time(mixed: Path) -> None:
    assert replay(mixed, "--sweep", "--explain", "fire").exit_code == 2
    assert replay(mixed, "--png", "x.png").exit_code == 2


# ── tuned ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def middling(count: int) -> list[list[dict[str, Any]]]:
    """Posts that look as if they may go far, and do not."""
    return [post(f"m{n}", [c * (8 + n) // 10 for c in (3, 20, 45, 70, 90, 100, 105, 107)]) for n in range(count)]


def test_tuning_proposes_a_change_to_the_toml_with_what_it_costs(tmp_path: Path) -> None:
    path = recording(tmp_path / "r.jsonl", post("fire", FIRE), *middling(6))
    proposal = json.loads(run("tune", path, "--assume-negative", "--pages-per-week", 7, "--json").stdout)
    assert proposal["key"] == "severity.orange.risk"
    now, then = proposal["scores"][0], proposal["scores"][-1]
    assert then["pages"] <= 1 <= now["pages"]
    said = run("tune", path, "--assume-negative", "--pages-per-week", 7).stdout
    assert "pages a week wanted" in said
    if proposal["proposed"] != PAGES:
        assert f"-risk = {PAGES:g}" in said
        assert f"+risk = {proposal['proposed']:g}" in said


def test_a_lower_risk_that_would_page_nobody_who_was_right_is_not_proposed(tmp_path: Path) -> None:
    path = recording(tmp_path / "r.jsonl", *middling(3))
    proposal = json.loads(run("tune", path, "--assume-negative", "--pages-per-week", 500, "--json").stdout)
    assert proposal["proposed"] == proposal["in_force"] == PAGES
    said = run("tune", path, "--assume-negative", "--pages-per-week", 500).stdout
    assert "stays: a lower one pages more often, or finds nothing more" in said


def test_where_counts_alone_page_more_often_tuning_says_what_to_raise(tmp_path: Path) -> None:
    path = recording(tmp_path / "r.jsonl", *(post(f"f{n}", FIRE) for n in range(4)))
    said = run("tune", path, "--assume-negative", "--pages-per-week", 1).stdout
    assert "Raise viral or reposts" in said


def test_tuning_wants_one_source(mixed: Path) -> None:
    assert run("tune").exit_code == 2
    assert run("tune", mixed, "--store", "14d").exit_code == 2
    assert run("tune", "--store", "14d").exit_code == 2


def test_tuning_from_the_store_judges_again_what_it_saw(tmp_path: Path) -> None:
    from monitor import fittings
    from monitor.backtest.running import remembered
    from monitor.config import load

    config = tmp_path / "langyan.toml"
    config.write_text('state = "state"\n[[brand]]\nname = "星禾"\nmatch = "星禾"\n', encoding="utf-8")
    store: Store = fittings.open_store(load(config))
    key = PostKey("weibo", "fire")
    for number, count in enumerate((*STEADY, 1_300)):
        now = NOON + (2 + 5 * number + (24 * 60 if number == len(STEADY) else 0)) * MINUTE
        first = a_post(native_id="fire", text=BUG) if number == 0 else None
        look = Sighting(key=key, seen_at=now, counts=Counts(reposts=Count(count)), post=first)
        store.record("test", [look], {key: [Match("星禾", 1.0, "星禾")]} if first else {}, now=now)
    store.save_sentiments([(one.mention_id, a_sentiment()) for one in store.unscored(10)], NOON)
    trade = remembered(load(config), store, NOON - MINUTE, NOON + timedelta(days=2))
    store.close()
    score = trade.score(PAGES)
    assert (score.pages, score.right, score.false) == (1, 1, 0)
    assert trade.ledger.pages(PAGES)[key].now < 500


def lived(folder: Path, *, pressed: bool | None = None) -> Path:
    """An installation that saw a post catch fire in the last days, and paged; perhaps somebody pressed."""
    from monitor import fittings
    from monitor.clock import RealClock
    from monitor.config import load

    config = folder / "langyan.toml"
    config.write_text('state = "state"\n[[brand]]\nname = "星禾"\nmatch = "星禾"\n', encoding="utf-8")
    settings, born = load(config), RealClock().now() - timedelta(days=3)
    store: Store = fittings.open_store(settings)
    key = PostKey("weibo", "fire")
    for number, count in enumerate((*STEADY, 1_300)):
        now = born + (2 + 5 * number + (24 * 60 if number == len(STEADY) else 0)) * MINUTE
        first = a_post(native_id="fire", text=BUG, posted_at=born) if number == 0 else None
        look = Sighting(key=key, seen_at=now, counts=Counts(reposts=Count(count)), post=first)
        store.record("test", [look], {key: [Match("星禾", 1.0, "星禾")]} if first else {}, now=now)
        store.save_sentiments([(one.mention_id, a_sentiment()) for one in store.unscored(10)], now)
        judge.judge(store, fittings.rules(settings), limit=10, now=now)
    if pressed is not None:
        reason = "wake_right" if pressed else "wake_wrong"
        step = Step(act=Act.NOTE, actor=Actor("slack:U1", "李"), at=now, key="1", source="slack", reason=reason)
        store.handle(1, step)
    store.close()
    return config


def test_the_stores_own_past_is_replayed_with_what_was_said_of_it_then(tmp_path: Path) -> None:
    (page,) = told(run("replay", "--store", "14d", "-c", lived(tmp_path), "--json"))
    assert (page["id"], page["brand"]) == ("weibo:fire", "星禾")
    assert page["reposts"] in STEADY


def test_what_is_older_than_the_span_is_not_replayed(tmp_path: Path) -> None:
    done = run("replay", "--store", "1h", "-c", lived(tmp_path))
    assert done.exit_code == 1
    assert "judged nothing since" in done.stderr


@pytest.mark.parametrize(("pressed", "right", "false"), [(None, 1, 0), (True, 1, 0), (False, 0, 1)])
def test_what_the_team_pressed_decides_whether_a_page_was_right(
    tmp_path: Path, pressed: bool | None, right: int, false: int
) -> None:
    config = lived(tmp_path, pressed=pressed)
    (proposal,) = told(run("tune", "--store", "14d", "-c", config, "--json"))
    score = proposal["scores"][0]
    assert (score["right"], score["false"]) == (right, false)
    said = run("tune", "--store", "14d", "-c", config).stdout
    assert ("your team pressed" in said) is (pressed is not None)


def test_a_page_that_the_team_said_no_to_raises_the_threshold_where_no_right_one_is_lost() -> None:
    trade = trade_of({"wrong": 0.5, "right": 0.8}, said={"wrong": False, "right": True})
    assert trade.threshold_for(7) == pytest.approx(0.51)
    assert trade_of({"wrong": 0.5, "right": 0.8}, said={}).threshold_for(7) == pytest.approx(0.1)
    assert trade_of({"wrong": 0.9, "right": 0.8}, said={"wrong": False, "right": True}).threshold_for(
        7
    ) == pytest.approx(0.1)


def trade_of(risks: dict[str, float], said: dict[str, bool]) -> Trade:
    """Posts that once had these risks, and what people said of them."""
    ledger = Ledger(thresholds=Thresholds(), pages_at=Severity.ORANGE)
    for name, risk in risks.items():
        ledger._moments[PostKey("weibo", name)].append(Moment(at=NOON, now=9, risk=risk, anyway=False))
    return Trade(
        ledger=ledger,
        outcomes={key: Outcome(born=NOON) for key in ledger.posts},
        hurts=lambda _: 500,
        began=NOON,
        ended=NOON + timedelta(days=7),
        said={PostKey("weibo", name): yes for name, yes in said.items()},
    )


# ── forecasts ───────────────────────────────────────────────────────────────────────────────────────────────────────


def forecasts(path: Path, *options: object) -> list[dict[str, Any]]:
    return told(run("forecast", path, "--json", *options))


def test_a_forecast_is_one_line_a_post_and_age(mixed: Path) -> None:
    lines = forecasts(mixed, "--at", "15m,30m")
    assert {(one["id"], one["age_min"]) for one in lines} == {
        (f"weibo:{name}", age) for name in ("fire", "calm", "late") for age in (15, 30)
    }
    for one in lines:
        assert one["low"] <= one["median"] <= one["high"]
        assert 0 <= one["p_viral"] <= 1


def test_a_forecast_knows_nothing_of_what_comes_after_its_age(mixed: Path) -> None:
    cut = recording(mixed.with_name("cut.jsonl"), post("fire", FIRE)[:3])
    (early,) = forecasts(cut, "--at", "14m")
    assert early in forecasts(mixed, "--at", "14m")


def test_a_post_found_after_an_age_has_no_forecast_there(mixed: Path) -> None:
    assert {one["id"] for one in forecasts(mixed, "--at", "5m")} == {"weibo:fire", "weibo:calm"}


def test_with_a_configuration_a_forecast_goes_by_the_installations_own_weights(tmp_path: Path, mixed: Path) -> None:
    config = tmp_path / "l.toml"
    config.write_text('language = "en"\nstate = "."\n[[brand]]\nname = "星禾"\nmatch = "星禾"\n', encoding="utf-8")
    assert forecasts(mixed, "-c", config) == forecasts(mixed)
    assert "at this pace" in run("forecast", mixed, "-c", config).stdout
    shipped = json.loads(resources.files("monitor.spread").joinpath("weights.json").read_bytes())
    shipped["chance"]["base"] -= 3
    (tmp_path / "spread.weights.json").write_text(json.dumps(shipped))
    own, usual = forecasts(mixed, "-c", config), forecasts(mixed)
    assert [one["median"] for one in own] == [one["median"] for one in usual]
    unsure = [
        (mine["p_viral"], theirs["p_viral"])
        for mine, theirs in zip(own, usual, strict=True)
        if 0 < theirs["p_viral"] < 1
    ]
    assert unsure
    assert all(mine < theirs for mine, theirs in unsure)


def test_an_age_or_a_horizon_that_cannot_be_is_said(mixed: Path) -> None:
    for options in (("--at", "soon"), ("--horizon", "3h")):
        done = run("forecast", mixed, *options)
        assert done.exit_code == 2
        assert options[0] in done.stderr
