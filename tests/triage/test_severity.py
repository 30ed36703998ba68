"""How bad a mention is, and why: tables of cases."""

from dataclasses import replace
from datetime import timedelta

import pytest

from monitor.model import Availability, Count, Counts, Severity
from monitor.triage.redlines import Touch, Touched
from monitor.triage.severity import BAD, DEFAULT_LEVELS, EARNEST, HEARD, Level, Thresholds, judge
from tests.builders import NOON, a_forecast, a_mention, a_sentiment, looks

USUAL = Thresholds()


def codes(verdict: object) -> list[str]:
    return [reason.code for reason in verdict.reasons]  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("p_viral", "wanted"),
    [(0.1, None), (0.2, Severity.BLUE), (0.4, Severity.YELLOW), (0.95, Severity.ORANGE), (1.0, Severity.ORANGE)],
)
def test_risk_decides_the_colour(p_viral: float, wanted: Severity | None) -> None:
    assert judge(a_mention(), a_forecast(p_viral=p_viral), USUAL).severity == wanted


def test_red_asks_for_ten_times_what_hurts() -> None:
    sure = a_mention(sentiment=a_sentiment(1.0))
    assert judge(sure, a_forecast(p_viral=0.99, median=4_999), USUAL).severity is Severity.ORANGE
    assert judge(sure, a_forecast(p_viral=0.99, median=5_000), USUAL).severity is Severity.RED


def test_a_harmless_post_never_pages_however_far_it_goes() -> None:
    happy = a_mention(sentiment=a_sentiment(0.05))
    assert judge(happy, a_forecast(p_viral=1.0, now=90_000, median=99_000), USUAL).severity is None


def test_the_count_ceiling_catches_a_slow_burner_that_the_forecast_doubts() -> None:
    verdict = judge(a_mention(), a_forecast(p_viral=0.01, now=500), USUAL)
    assert verdict.severity is Severity.ORANGE
    assert "count_ceiling" in codes(verdict)


def test_what_bots_brought_does_not_count_towards_the_ceiling_but_is_shown() -> None:
    pushed = judge(a_mention(), a_forecast(p_viral=0.01, now=505, shoved=360), USUAL)
    assert pushed.severity is Severity.YELLOW
    assert codes(pushed)[0] == "shoved"
    assert pushed.reasons[0].facts == {"now": 505, "threshold": 500, "unit": "reposts", "shoved": 360}
    assert judge(a_mention(), a_forecast(p_viral=0.01, now=860, shoved=360), USUAL).severity is Severity.ORANGE
    assert judge(a_mention(), a_forecast(p_viral=0.01, now=5_100, shoved=360), USUAL).severity is Severity.ORANGE
    assert judge(a_mention(), a_forecast(p_viral=0.01, now=5_360, shoved=360), USUAL).severity is Severity.RED


def test_a_brand_says_what_hurts_on_each_platform() -> None:
    thresholds = Thresholds(levels=DEFAULT_LEVELS, viral={"星禾": {"weibo": 60}})
    assert judge(a_mention(), a_forecast(p_viral=0.0, now=60), thresholds).severity is Severity.ORANGE


def test_a_level_with_everything_off_is_never_reached() -> None:
    thresholds = Thresholds(levels={Severity.ORANGE: Level()}, viral={"星禾": {"weibo": 10**9}})
    assert judge(a_mention(), a_forecast(p_viral=1.0), thresholds).severity is None


def test_views_count_where_a_threshold_is_set() -> None:
    seen = list(looks(1, 2))
    seen[-1] = replace(seen[-1], counts=Counts(reposts=Count(2), views=Count(80_000)))
    thresholds = Thresholds(levels={Severity.ORANGE: Level(views=50_000)})
    assert "views" in codes(judge(a_mention(seen=seen), a_forecast(p_viral=0.0, now=2), thresholds))


def test_a_weak_match_weighs_less() -> None:
    weak = judge(a_mention(confidence=0.5), a_forecast(), USUAL)
    sure = judge(a_mention(), a_forecast(), USUAL)
    assert weak.risk is not None
    assert sure.risk is not None
    assert weak.risk < sure.risk
    assert "low_confidence" in codes(judge(a_mention(confidence=0.5), a_forecast(p_viral=1.0), USUAL))


def test_a_post_more_likely_bad_than_not_pages_by_how_far_it_will_go() -> None:
    far = a_forecast(p_viral=0.95)
    assert judge(a_mention(sentiment=a_sentiment(0.6)), far, USUAL).severity is Severity.ORANGE
    doubted = judge(a_mention(sentiment=a_sentiment(0.4)), far, USUAL)
    assert doubted.severity is Severity.YELLOW
    assert doubted.risk == pytest.approx(0.4 * 0.95)


def test_a_red_line_that_hardly_sounds_like_a_complaint_is_shown_and_pages_when_people_pass_it_on() -> None:
    harm = Touched(touches=(Touch("death", "死亡", "death", ("凶案",)),))
    small = a_forecast(p_viral=0.01, now=3)

    def colour(aimed: float, reposts: int) -> Severity | None:
        return judge(a_mention(sentiment=a_sentiment(aimed), seen=looks(reposts)), small, USUAL, harm).severity

    assert colour(0.1, 3) is Severity.YELLOW
    assert colour(0.1, HEARD) is Severity.ORANGE
    assert colour(EARNEST, 0) is Severity.ORANGE


def test_a_doubtful_red_line_pages_only_where_it_is_more_likely_bad_than_not_however_many_pass_it_on() -> None:
    joke = Touched(touches=(Touch("death", "死亡", "death", ("凶案",)),), doubtful=True)

    def colour(aimed: float) -> Severity | None:
        seen = looks(HEARD * 5)
        return judge(
            a_mention(sentiment=a_sentiment(aimed), seen=seen), a_forecast(p_viral=0.01, now=50), USUAL, joke
        ).severity

    assert colour(EARNEST) is Severity.YELLOW
    assert colour(BAD) is Severity.ORANGE


def test_where_no_reposts_are_shown_likes_say_whether_a_red_line_is_heard() -> None:
    harm = Touched(touches=(Touch("death", "死亡", "death", ("凶案",)),))
    liked = [replace(looks(0)[0], counts=Counts(likes=Count(HEARD)))]
    assert judge(a_mention(sentiment=a_sentiment(0.1), seen=liked), None, USUAL, harm).severity is Severity.ORANGE


def test_without_curves_there_is_no_risk_but_growth_is_said() -> None:
    note = replace(a_mention().post, platform="xiaohongshu")
    forecast = a_forecast(unit="likes", p_viral=None, now=300, median=2_500.0)
    verdict = judge(a_mention(post=note), forecast, USUAL)
    assert (verdict.severity, verdict.risk) == (Severity.YELLOW, None)
    assert "growth" in codes(verdict)


def test_a_post_found_late_is_background_until_it_grows() -> None:
    late = a_mention(first_seen=NOON + timedelta(hours=30), seen=looks(3_000, first=108_000))
    assert judge(late, a_forecast(now=3_000, p_viral=1.0, median=3_400), USUAL).severity is None


def test_a_post_found_late_that_still_grows_pages_and_says_so() -> None:
    late = a_mention(first_seen=NOON + timedelta(hours=30), seen=looks(3_000, 3_100, first=108_000))
    verdict = judge(late, a_forecast(now=3_100, p_viral=1.0, median=3_900), USUAL)
    assert verdict.severity is Severity.ORANGE
    assert verdict.found_late
    assert "found_late" in codes(verdict)


def test_a_post_found_late_that_creeps_stays_background() -> None:
    late = a_mention(first_seen=NOON + timedelta(hours=30), seen=looks(3_000, 3_001, first=108_000))
    assert judge(late, a_forecast(now=3_001, p_viral=1.0, median=3_020), USUAL).severity is None


def test_a_backlog_is_background_however_young() -> None:
    first = a_mention(background=True, seen=looks(900))
    assert judge(first, a_forecast(now=900, p_viral=1.0), USUAL).severity is None


@pytest.mark.parametrize("gone", [Availability.GONE, Availability.RESTRICTED])
def test_a_post_that_is_gone_opens_nothing_new(gone: Availability) -> None:
    seen = (*looks(10, 90), replace(looks(90)[0], availability=gone))
    assert judge(a_mention(seen=seen), a_forecast(p_viral=1.0), USUAL).severity is None


def test_nothing_known_means_nothing_opened() -> None:
    assert judge(a_mention(), None, USUAL).severity is None
    assert judge(a_mention(sentiment=None), a_forecast(), USUAL).severity is None
