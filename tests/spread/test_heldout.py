"""How a forecast is examined, and that one trained on invented posts passes on posts it has not seen."""

from collections.abc import Sequence

import numpy as np
import pytest

from monitor.spread import fit, heldout, scored
from monitor.spread.analogs import AGES
from monitor.spread.curves import MINUTE, REAL, THIN, learn, rhythm_of
from monitor.spread.doubt import UNPROVEN
from monitor.spread.features import measure
from monitor.spread.heldout import Exam, Judged, Rises
from monitor.spread.nets import AS_IT_IS, Calibration
from monitor.spread.usual import EXPECTED
from tests.spread.conftest import Invent
from tests.spread.histories import judged_post as post

VIRAL = 150
EXAMS = (Exam(mix=REAL, viral=VIRAL), Exam(mix=THIN, viral=VIRAL, draws=2))


@pytest.fixture(scope="session")
def examined(invent: Invent) -> list[tuple[Exam, list[Judged]]]:
    """Four hundred posts in three folds, each followed by a net that has not seen its fold."""
    curves = invent(400, 11)
    rhythm = rhythm_of(curves)
    given, come, _, fold = learn(curves, [], rhythm, np.random.default_rng(1))
    scales = fit.scales(given)

    def without(one: int) -> fit.Rows:
        return fit.Rows(given=given[fold != one], come=come[fold != one])

    def silent() -> None:
        """Nobody watches."""

    blind = {
        one: fit.side_by_side([fit.fit(without(one), *scales, np.random.default_rng(one), silent)], *scales)
        for one in range(3)
    }
    chance = np.random.default_rng(2)
    watched = [(exam, heldout.watch(curves, exam, blind, rhythm, chance)) for exam in EXAMS]
    lines = heldout.calibrations(watched, range(3))
    return [(exam, heldout.judged(posts, lines)) for exam, posts in watched]


Examined = Sequence[tuple[Exam, Sequence[Judged]]]


@pytest.mark.parametrize("minutes", heldout.AGES)
def test_four_in_five_posts_end_inside_their_interval(examined: Examined, minutes: int) -> None:
    for _, posts in examined:
        known = [(one.post.told[minutes], one.post.final) for one in posts if minutes in one.post.told]
        assert len(known) > 150
        held = np.mean([low <= final <= high for (_, low, high), final in known])
        assert 0.65 <= held <= 0.98


def test_half_of_the_posts_end_above_the_median(examined: Examined) -> None:
    told = [(one.post.told[60][0], one.post.final) for _, posts in examined for one in posts if 60 in one.post.told]
    assert 0.3 <= np.mean([final > median for median, final in told]) <= 0.7


def test_what_is_said_to_be_likely_comes_true_as_often(examined: Examined) -> None:
    for _, posts in examined:
        rows = [(one, int(np.searchsorted(one.post.ages, 30 * MINUTE, side="right")) - 1) for one in posts]
        told = [(float(one.chance[place]), one.post.viral) for one, place in rows if place >= 0]
        assert np.mean([p for p, _ in told]) == pytest.approx(np.mean([viral for _, viral in told]), abs=0.06)
        assert np.mean([viral for p, viral in told if p >= 0.7]) > 0.7
        assert np.mean([viral for p, viral in told if p <= 0.1]) < 0.12


def test_a_chance_is_said_for_every_look_and_is_one_once_it_hurts(examined: Examined) -> None:
    for _, posts in examined:
        for one in posts:
            assert len(one.post.ages) == len(one.chance) == len(one.page) == len(one.post.counts)
            reached = np.array(one.post.counts) >= VIRAL
            assert (one.chance[reached] == 1).all()
            assert (one.page[reached & ~one.post.doubted] == 1).all()


def test_a_sudden_rise_is_held_in_what_pages_go_by_and_only_there(examined: Examined) -> None:
    held = [
        (one.page[place], one.chance[place])
        for _, posts in examined
        for one in posts
        for place in np.flatnonzero(one.post.doubted & (np.array(one.post.counts) < VIRAL))
    ]
    assert max(page for page, _ in held) <= UNPROVEN
    assert max(chance for _, chance in held) > UNPROVEN


def test_every_post_is_followed_once_a_draw(examined: Examined) -> None:
    assert [len(posts) for _, posts in examined] == [400, 800]


def test_an_interval_is_whole_reposts_and_holds_the_median() -> None:
    assert heldout.interval(10, (3.4, 1.6, 7.1)) == (13.4, 12, 18)
    assert heldout.interval(10, (0.2, 0.1, 0.3)) == (10.2, 10, 11)
    assert heldout.interval(10, (0.0, 0.0, 0.0)) == (10, 10, 11)


def test_the_table_tells_each_exam(examined: Examined) -> None:
    told = scored.table(examined)
    assert all(f"{exam.mix.name}, V = {VIRAL}" in told for exam in EXAMS)
    assert told.count("P >= 0.80") == told.count("count >= ") == 2
    assert "nan" not in told


def test_earlier_posts_are_kept_for_every_age_rounded_and_without_small_ones(invent: Invent) -> None:
    kept = heldout.analogs(invent(40, 11), np.random.default_rng(1))
    assert len(kept.shown) == len(kept.reach) == len(AGES)
    for table, reach in zip(kept.shown, kept.reach, strict=True):
        assert len(table) == len(reach) > 0
        assert np.exp(table[:, 0]).min() >= 1 + heldout.WORTH_COMPARING - 1e-3
        assert all(len(str(end).rstrip("0")) <= 2 for end in reach.tolist())


# ── what calibrations learn from ────────────────────────────────────────────────────────────────────────────────────


def test_a_chance_is_taught_by_the_last_look_before_each_age() -> None:
    early = post(final=600, chances=(0.2, 0.6, 0.9), viral=True, hours=(0.2, 0.4, 0.9))
    p, where, truth = heldout.chance_rows([early.post])
    assert p.tolist() == [0.2, 0.6, 0.9]
    assert where.tolist() == [[*EXPECTED, 0.0, 0.0]] * 3
    assert truth.all()


def test_a_page_is_taught_by_the_first_look_that_is_so_high_and_by_each_look_once() -> None:
    p, _, truth = heldout.page_rows([post(final=90, chances=(0.6, 0.4, 0.93), viral=False).post])
    assert p.tolist() == [0.6, 0.93]
    assert not truth.any()


def test_looks_that_have_what_hurts_teach_nothing() -> None:
    certain = post(final=600, chances=(1.0, 1.0, 1.0), viral=True, hours=(0.2, 0.4, 0.9)).post
    for rows in (heldout.chance_rows, heldout.page_rows):
        assert len(rows([certain])[0]) == 0


def test_with_nothing_to_learn_from_a_probability_stays_as_it_is() -> None:
    assert heldout.calibration([(EXAMS[0], [])], heldout.page_rows, [0]) == AS_IT_IS


def test_an_exam_that_is_not_taught_moves_no_calibration() -> None:
    posts = [post(final=600, chances=(0.2, 0.6, 0.9), viral=i % 3 > 0, hours=(0.2, 0.4, 0.9)).post for i in range(60)]
    shown_only = Exam(mix=THIN, viral=VIRAL, taught=False)
    assert heldout.calibration([(shown_only, posts)], heldout.chance_rows, [0]) == AS_IT_IS
    moved = heldout.calibration([(EXAMS[0], posts)], heldout.chance_rows, [0])
    assert isinstance(moved, Calibration)
    assert moved != AS_IT_IS
    assert heldout.calibration([(EXAMS[0], posts), (shown_only, posts)], heldout.chance_rows, [0]) == moved


def test_what_the_daemon_doubts_the_table_doubts() -> None:
    ages = [300.0 * n for n in range(1, 21)]
    counts = [*range(30, 42), 242, 442, 444, 445, 446, 447, 448, 449]
    looks = [measure(ages[:n], counts[:n]) for n in range(1, len(ages) + 1)]
    rises = Rises.of(looks, ages, counts)
    assert (rises.ended[13], rises.awaited[13]) == (0, 403)
    assert rises.ended[-1] == 403
    assert rises.doubted(400)[13:].all()
