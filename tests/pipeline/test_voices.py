"""A text that sounds harmless, and what those who pass it on say of it."""

from collections.abc import Sequence

from monitor.model import Author, Incident, PostKey
from tests.builders import a_post
from tests.pipeline.conftest import Rooms
from tests.pipeline.test_judge import BOUGHT_LATE, FIRE, burn, minutes

CALM = "星禾门口,一位大爷想进来接杯热水,店员让他去别处,大爷说这里不是写着好喝吗"


def passed_on(
    rooms: Rooms, *authors: str, text: str = "星禾欺负老人,必须道歉", of: str = "1", counts: Sequence[int] = FIRE
) -> None:
    """A calm post spreads like fire; these people pass it on with words of their own."""
    for number, author in enumerate(authors):
        voice = a_post(native_id=f"r{number}", text=text, repost_of=of, author=Author(id=author, name=author))
        rooms.see(voice, 0, minutes(1))
    burn(rooms, CALM, counts=counts)


def loudest(rooms: Rooms) -> Incident | None:
    return max(rooms.incidents(), key=lambda incident: incident.severity, default=None)


def test_a_calm_post_that_people_pass_on_in_anger_is_paged(rooms: Rooms) -> None:
    passed_on(rooms, "a", "b", "c")
    incident = loudest(rooms)
    assert incident is not None
    assert incident.paged_at is not None
    (said,) = [reason for reason in incident.reasons if reason.code == "voices"]
    assert said.facts["authors"] == 3
    assert said.facts["own"] == 0.05
    assert rooms.store.story_of("星禾", PostKey("weibo", "1")) == rooms.store.story_of("星禾", PostKey("weibo", "r0"))


def test_a_calm_post_that_nobody_is_angry_about_is_not(rooms: Rooms) -> None:
    passed_on(rooms, "a", "b", "c", text="好喝,我也去星禾")
    assert not rooms.incidents()


def test_one_person_is_one_voice_however_often(rooms: Rooms) -> None:
    passed_on(rooms, "a", "a", "a", "b")
    assert not rooms.told()


def test_who_passes_on_another_post_says_nothing_of_this_one(rooms: Rooms) -> None:
    passed_on(rooms, "a", "b", "c", of="another")
    assert not rooms.told()


def test_voices_page_nothing_that_bots_brought_over_the_line(rooms: Rooms) -> None:
    passed_on(rooms, "a", "b", "c", counts=BOUGHT_LATE)
    incident = loudest(rooms)
    assert incident is not None
    assert "voices" in [reason.code for reason in incident.reasons]
    assert incident.paged_at is None
