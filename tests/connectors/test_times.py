"""Displayed times, as platforms write them."""

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.times import SHANGHAI, moment

NOON = datetime(2026, 11, 2, 4, 0, tzinfo=UTC)
"""Noon in Shanghai."""

SHOWN = [
    ("Tue May 31 17:46:55 +0800 2011", "2011-05-31T09:46:55+00:00"),
    ("Mon Nov  2 11:58:00 +0800 2026", "2026-11-02T03:58:00+00:00"),
    (1793591880, "2026-11-02T03:58:00+00:00"),
    (1793591880000, "2026-11-02T03:58:00+00:00"),
    ("1793591880", "2026-11-02T03:58:00+00:00"),
    ("1793591880000", "2026-11-02T03:58:00+00:00"),
    ("刚刚", "2026-11-02T04:00:00+00:00"),
    ("30秒前", "2026-11-02T03:59:30+00:00"),
    ("3分钟前", "2026-11-02T03:57:00+00:00"),
    ("2 小时前", "2026-11-02T02:00:00+00:00"),
    ("1天前", "2026-11-01T04:00:00+00:00"),
    ("今天 08:15", "2026-11-02T00:15:00+00:00"),
    ("今天08:15", "2026-11-02T00:15:00+00:00"),
    ("昨天 23:30", "2026-11-01T15:30:00+00:00"),
    ("前天 00:05", "2026-10-30T16:05:00+00:00"),
    ("11-01", "2026-10-31T16:00:00+00:00"),
    ("11-01 09:00", "2026-11-01T01:00:00+00:00"),
    ("11月01日 09:00", "2026-11-01T01:00:00+00:00"),
    ("11-02 12:05", "2026-11-02T04:05:00+00:00"),
    ("12-31 09:00", "2025-12-31T01:00:00+00:00"),
    ("02-29 10:00", "2024-02-29T02:00:00+00:00"),
    ("2026-11-02", "2026-11-01T16:00:00+00:00"),
    ("2026-11-02 11:20", "2026-11-02T03:20:00+00:00"),
    ("2026-11-02 11:20:30", "2026-11-02T03:20:30+00:00"),
    ("2026年11月02日 11:20", "2026-11-02T03:20:00+00:00"),
    ("2026/11/2 9:05", "2026-11-02T01:05:00+00:00"),
    ("编辑于 昨天 23:30", "2026-11-01T15:30:00+00:00"),
    ("Wed, 02 Oct 2024 12:00:00 GMT", "2024-10-02T12:00:00+00:00"),
    ("Wed, 02 Oct 2024 12:00:00 -0000", "2024-10-02T12:00:00+00:00"),
    ("2026-11-02T03:58:00Z", "2026-11-02T03:58:00+00:00"),
    ("2026-09-28T20:05:11-07:00", "2026-09-29T03:05:11+00:00"),
    ("2026-11-02T02:12:03.000Z", "2026-11-02T02:12:03+00:00"),
]


@pytest.mark.parametrize(("shown", "meant"), SHOWN)
def test_a_displayed_time_is_read(shown: object, meant: str) -> None:
    assert moment(shown, NOON) == datetime.fromisoformat(meant)


@pytest.mark.parametrize(
    "shown",
    [
        None,
        "",
        "tomorrow",
        "13-45",
        "25:00",
        "2026-02-30",
        True,
        -5,
        1e300,
        float("nan"),
        "99999999999999",
        [],
        "0001-01-01",
    ],
)
def test_what_is_no_time_is_unknown(shown: object) -> None:
    assert moment(shown, NOON) is None


def test_the_locale_is_never_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LC_ALL", "zh_CN.UTF-8")
    assert moment("Tue May 31 17:46:55 +0800 2011", NOON) == datetime(2011, 5, 31, 9, 46, 55, tzinfo=UTC)


MOMENTS = st.datetimes(datetime(1990, 1, 1), datetime(2099, 12, 30), timezones=st.just(SHANGHAI)).map(
    lambda found: found.replace(microsecond=0)
)
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


@given(MOMENTS)
def test_a_whole_time_is_read_back_from_every_form_in_which_a_site_writes_it(when: datetime) -> None:
    seconds = int(when.timestamp())
    month = MONTHS[when.month - 1]
    forms: list[object] = [
        seconds,
        seconds * 1000,
        f"Mon {month} {when.day:02} {when:%H:%M:%S} +0800 {when.year}",
        f"{when:%Y-%m-%d %H:%M:%S}",
        f"{when:%Y/%m/%d %H:%M:%S}",
        f"{when:%Y年%m月%d日 %H:%M:%S}",
        f"编辑于 {when:%Y-%m-%d %H:%M:%S}",
        when.isoformat(),
        when.astimezone(UTC).isoformat().replace("+00:00", "Z"),
        format_datetime(when),
    ]
    for form in forms:
        assert moment(form, NOON) == when, form


@given(MOMENTS, st.integers(0, 10_000), st.sampled_from([("秒", 1), ("分钟", 60), ("小时", 3600), ("天", 86400)]))
def test_a_time_that_is_told_as_ago_counts_back_from_when_it_was_shown(
    shown: datetime, number: int, step: tuple[str, int]
) -> None:
    assert moment(f"{number}{step[0]}前", shown) in (shown - timedelta(seconds=number * step[1]), None)


@given(MOMENTS, MOMENTS)
def test_a_date_without_its_year_is_the_last_one_there_was(when: datetime, shown: datetime) -> None:
    found = moment(f"{when:%m-%d %H:%M}", shown)
    if found is not None:
        assert found <= shown + timedelta(hours=1)
        assert shown - found < timedelta(days=366 if (when.month, when.day) != (2, 29) else 8 * 366)
        assert f"{found.astimezone(SHANGHAI):%m-%d %H:%M}" == f"{when:%m-%d %H:%M}"


@given(st.one_of(st.text(), st.integers(), st.floats(), st.from_regex(r"\d{1,6}[-/年]\d{1,4}[-/月]\d{1,4}日? \d+:\d+")))
def test_no_input_breaks_it(value: object) -> None:
    found = moment(value, NOON)
    assert found is None or found.tzinfo is not None
