"""What an installation knows of how far posts usually go, from its store."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import cast

from monitor.model import Count, Counts
from monitor.pipeline import judge, score
from monitor.pipeline.usual import EVERY, Experience
from monitor.ports import Judging
from monitor.spread.usual import EXPECTED, NEWEST, Usual
from monitor.store import Store
from tests.builders import NOON, a_post
from tests.pipeline.conftest import Rooms, says

DAY, MINUTE = timedelta(days=1), timedelta(minutes=1)


def finish(rooms: Rooms, name: str, reposts: int, born: datetime) -> None:
    rooms.see(a_post(native_id=name, posted_at=born), reposts, born + timedelta(hours=23))


class Counting:
    """A store that remembers what it was asked for."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self.asked: list[tuple[datetime, datetime, int]] = []

    def finished(self, platform: str, unit: str, after: datetime, until: datetime, limit: int) -> Sequence[int]:
        if platform == "weibo":
            self.asked.append((after, until, limit))
        return self._store.finished(platform, unit, after, until, limit)


def test_before_anything_is_a_day_old_it_is_what_one_expects(rooms: Rooms) -> None:
    finish(rooms, "1", 900, NOON)
    assert Experience(rooms.store).sizes(NOON + DAY - MINUTE) == EXPECTED


def test_what_is_a_day_old_is_known(rooms: Rooms) -> None:
    finish(rooms, "1", 900, NOON)
    assert Experience(rooms.store).sizes(NOON + DAY) == Usual([900]).sizes


def test_the_store_is_asked_at_most_every_ten_minutes_and_only_for_what_is_new(rooms: Rooms) -> None:
    store = Counting(rooms.store)
    experience = Experience(cast("Judging", store))
    finish(rooms, "1", 900, NOON)
    finish(rooms, "2", 4, NOON + 5 * MINUTE)
    known = [experience.sizes(NOON + DAY + minutes * MINUTE) for minutes in (0, 5, 9, 10, 11, 20)]
    assert known[:3] == [Usual([900]).sizes] * 3
    assert known[3:] == [Usual([900, 4]).sizes] * 3
    assert [until for _, until, _ in store.asked] == [NOON, NOON + EVERY, NOON + 2 * EVERY]
    assert [after for after, _, _ in store.asked[1:]] == [NOON, NOON + EVERY]


def test_no_post_is_counted_twice(rooms: Rooms) -> None:
    experience = Experience(rooms.store)
    finish(rooms, "1", 900, NOON)
    for hours in range(30):
        known = experience.sizes(NOON + timedelta(hours=hours))
    assert known == Usual([900]).sizes


def test_a_restart_reads_the_newest_again(rooms: Rooms) -> None:
    before = Experience(rooms.store)
    for number in range(NEWEST + 5):
        finish(rooms, str(number), number, NOON + number * MINUTE)
    later = NOON + DAY
    while later <= NOON + DAY + (NEWEST + 15) * MINUTE:
        known = before.sizes(later)
        later += EVERY
    assert Experience(rooms.store).sizes(later) == known == Usual(range(NEWEST + 5)).sizes


def test_a_clock_set_back_counts_no_post_twice(rooms: Rooms) -> None:
    finish(rooms, "1", 900, NOON)
    experience = Experience(rooms.store)
    experience.sizes(NOON + 2 * DAY)
    assert experience.sizes(NOON + DAY) == Usual([900]).sizes


def liked(rooms: Rooms, name: str, likes: int, born: datetime) -> None:
    note = a_post(platform="xiaohongshu", native_id=name, posted_at=born)
    rooms.spot(note, Counts(likes=Count(likes)), born + timedelta(hours=23))


def test_what_notes_had_after_a_day_is_known_platform_by_platform(rooms: Rooms) -> None:
    for number, likes in enumerate((40, 3, 900)):
        liked(rooms, str(number), likes, NOON + number * MINUTE)
    finish(rooms, "1", 900, NOON)
    experience = Experience(rooms.store)
    assert experience.others(NOON + DAY) == {"xiaohongshu": [40]}
    assert experience.others(NOON + DAY + EVERY) == {"xiaohongshu": [3, 40, 900]}


def test_a_note_is_told_with_its_rank_among_the_notes_before_it(rooms: Rooms) -> None:
    for number in range(25):
        liked(rooms, str(number), 10 * number, NOON + number * MINUTE)
    now = NOON + DAY + EVERY * 3
    rooms.spot(a_post(platform="xiaohongshu", native_id="new", posted_at=now), Counts(likes=Count(201)), now)
    experience = Experience(rooms.store)
    while score.score(rooms.store, says, {}, limit=64, now=now):
        continue
    judged = judge.judge(rooms.store, rooms.rules, limit=99, now=now, others=experience.others(now))
    (forecast,) = [it.verdict.forecast for it, _ in judged if it.mention.post.native_id == "new"]
    assert forecast is not None
    assert forecast.p_viral is None
    assert "最近 25 条旧帖，一天后有 21 条还不到这么多" in forecast.sentence
