"""Who is told how loudly, when a page is repeated, when a digest goes out."""

from datetime import UTC, datetime, time, timedelta
from pathlib import Path

import pytest

from alerts import policy
from alerts.policy import Route
from monitor.config import Config, load
from monitor.errors import ConfigError
from monitor.model import NotificationKind, Severity, TellClass

PAGE, NOTIFY, DIGEST = TellClass.PAGE, TellClass.NOTIFY, TellClass.DIGEST
TREE = Route(
    receivers=("feed",),
    klass=DIGEST,
    routes=(
        Route(receivers=("crisis",), klass=PAGE, severity=Severity.ORANGE, goes_on=True),
        Route(receivers=("feed",), klass=NOTIFY, severity=Severity.YELLOW),
    ),
)
FILE = """
[[brand]]
name = "星禾"
match = "星禾"
[[brand]]
name = "青岚"
match = "青岚"
[alerts.receivers.crisis]
type = "slack"
channel = "C0CRISIS01"
token = { env = "SLACK" }
[alerts.receivers.feed]
type = "slack"
channel = "C0FEED"
token = { env = "SLACK" }
fallback = ["crisis"]
fallback_after = "5s"
shows = "full"
"""


def read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str) -> Config:
    monkeypatch.setenv("SLACK", "xoxb-1")
    path = tmp_path / "langyan.toml"
    path.write_text(FILE + text, encoding="utf-8")
    return load(path)


@pytest.mark.parametrize(
    ("severity", "told"),
    [
        (Severity.BLUE, {"feed": DIGEST}),
        (Severity.YELLOW, {"feed": NOTIFY}),
        (Severity.ORANGE, {"crisis": PAGE, "feed": NOTIFY}),
        (Severity.RED, {"crisis": PAGE, "feed": NOTIFY}),
    ],
)
def test_the_first_route_that_holds_decides_and_may_go_on(severity: Severity, told: dict[str, TellClass]) -> None:
    assert dict(policy.routed(TREE, "星禾", severity)) == told


def test_a_receiver_that_two_routes_name_is_told_as_the_louder_one_says() -> None:
    quiet, loud = Route(receivers=("a",), klass=DIGEST, goes_on=True), Route(receivers=("a",), klass=PAGE)
    assert policy.routed(Route(routes=(quiet, loud)), "星禾", Severity.RED) == (("a", PAGE),)


def test_without_a_route_every_receiver_is_paged_from_one_level_on() -> None:
    route = policy.pages_everyone(("a", "b"), Severity.ORANGE)
    assert policy.routed(route, "星禾", Severity.YELLOW) == ()
    assert policy.routed(route, "星禾", Severity.RED) == (("a", PAGE), ("b", PAGE))
    assert policy.pages_from(route, "星禾") is Severity.ORANGE


def test_a_page_wakes_those_it_is_for_and_the_rest_hear_as_they_should() -> None:
    said = policy.tells(TREE, "星禾", Severity.ORANGE, pages=True, stirs=True, paged=False)
    assert dict(said) == {"crisis": NotificationKind.ROOT, "feed": NotificationKind.UPDATE}


def test_below_the_page_there_are_messages_and_rows_of_a_digest() -> None:
    yellow = policy.tells(TREE, "星禾", Severity.YELLOW, pages=False, stirs=True, paged=False)
    blue = policy.tells(TREE, "星禾", Severity.BLUE, pages=False, stirs=True, paged=False)
    assert (yellow, blue) == ((("feed", NotificationKind.UPDATE),), (("feed", NotificationKind.DIGEST),))


def test_who_was_paged_goes_on_hearing_however_low_it_fell() -> None:
    said = policy.tells(TREE, "星禾", Severity.BLUE, pages=False, stirs=True, paged=True)
    assert dict(said)["crisis"] is NotificationKind.UPDATE


def test_nothing_new_tells_nobody() -> None:
    assert policy.tells(TREE, "星禾", Severity.RED, pages=False, stirs=False, paged=True) == ()


def test_routes_are_read_and_what_a_node_leaves_out_it_takes_from_above(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = read(
        tmp_path,
        monkeypatch,
        """
        [alerts.route]
        receivers = ["feed"]
        class = "digest"
        [[alerts.route.routes]]
        brand = "青岚"
        severity = "red"
        receivers = ["crisis"]
        class = "page"
        [[alerts.route.routes]]
        brand = ["星禾"]
        severity = "yellow"
        class = "page"
        """,
    )
    assert policy.routed(config.route, "青岚", Severity.ORANGE) == (("feed", DIGEST),)
    assert policy.routed(config.route, "青岚", Severity.RED) == (("crisis", PAGE),)
    assert policy.routed(config.route, "星禾", Severity.YELLOW) == (("feed", PAGE),)
    (feed,) = [receiver for receiver in config.receivers if receiver.name == "feed"]
    assert (feed.fallback, feed.fallback_after, feed.shows) == (("crisis",), 5.0, "full")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ('[alerts.route]\nreceivers = ["nobody"]', "alerts.route.receivers: there is no receiver nobody"),
        ('[alerts.route]\n[[alerts.route.routes]]\nbrand = "x"', "alerts.route.routes[0].brand: there is no brand x"),
        ('[alerts.route]\nreceivers = ["feed"]\nclass = "notify"', "nobody is ever paged for"),
        ("[alerts.route]\nseverty = 'red'", "Did you mean severity"),
        ("[alerts.storm]\nlimits = 3", "Did you mean limit"),
        ('[alerts]\nrepeat = ["10m", "5m"]', "each time is later than the one before it"),
        ('[alerts]\ndigest = ["9"]', 'write a time of day as "09:00"'),
    ],
)
def test_a_route_that_cannot_be_meant_stops_the_start(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str, says: str
) -> None:
    with pytest.raises(ConfigError) as caught:
        read(tmp_path, monkeypatch, text)
    assert says in str(caught.value)


def test_a_fallback_to_nobody_stops_the_start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SLACK", "xoxb-1")
    path = tmp_path / "langyan.toml"
    path.write_text(FILE.replace('fallback = ["crisis"]', 'fallback = ["feed"]'), encoding="utf-8")
    with pytest.raises(ConfigError, match="is no other receiver"):
        load(path)


def test_a_digest_goes_out_at_its_hours_in_shanghai() -> None:
    hours = (time(9), time(18))
    noon = datetime(2026, 11, 2, 4, 0, tzinfo=UTC)
    assert policy.next_digest(noon, hours) == datetime(2026, 11, 2, 10, 0, tzinfo=UTC)
    assert policy.next_digest(noon + timedelta(hours=6), hours) == datetime(2026, 11, 3, 1, 0, tzinfo=UTC)


def test_repeats_keep_their_distances_from_the_page_and_come_to_an_end() -> None:
    times = tuple(timedelta(minutes=minutes) for minutes in (5, 10, 20))
    assert [policy.repeat_after(number, times) for number in range(4)] == [
        timedelta(minutes=5),
        timedelta(minutes=5),
        timedelta(minutes=10),
        None,
    ]
