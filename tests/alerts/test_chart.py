"""The spread of a post as a picture."""

import struct
import subprocess
import sys
from dataclasses import replace

from alerts import chart
from alerts.drawing import draw
from tests.alerts.scenes import at, found_late, fresh
from tests.builders import an_incident

ASKED = chart.picture(fresh(), "zh", at(11), hurts=500)


def size(png: bytes) -> tuple[int, int]:
    assert png[:8] == b"\x89PNG\r\n\x1a\n"
    width, height = struct.unpack(">II", png[16:24])
    return width, height


def test_a_process_of_its_own_draws_a_picture_that_a_phone_can_read() -> None:
    png = chart.draw(fresh(), "zh", at(11), hurts=500)
    assert png is not None
    assert len(png) <= 60_000
    assert size(png) == (720, 460)


def test_without_a_chinese_font_the_labels_are_latin() -> None:
    assert ASKED is not None
    png = draw(ASKED, "")  # a missing glyph is a warning, and warnings are errors here
    assert size(png) == (720, 460)


def test_where_nobody_knows_how_far_it_goes_only_the_past_is_drawn() -> None:
    asked = chart.picture(found_late(), "zh", at(320), hurts=2000)
    assert asked is not None
    assert asked["fan"] == []
    assert asked["points"][-1] == [320 * 60.0, 2500]
    assert size(draw(asked, "")) == (720, 460)


def test_what_is_drawn_is_what_is_known() -> None:
    assert ASKED is not None
    assert ASKED["points"] == [[0.0, 0], [180.0, 3], [360.0, 17], [540.0, 38], [660.0, 61]]
    assert ASKED["fan"][-1] == [24, 4100, 1500, 11_200]
    assert (ASKED["paged"], ASKED["hurts"], ASKED["now"], ASKED["median"]) == (660.0, 500, "61", "4100")


def test_a_long_life_is_thinned_out() -> None:
    incident = fresh()
    assert incident.lead is not None
    looks = incident.lead.looks * 500
    asked = chart.picture(replace(incident, lead=replace(incident.lead, looks=looks)), "zh", at(11))
    assert asked is not None
    assert len(asked["points"]) <= 2 * chart.MOST_POINTS


def test_where_there_is_nothing_to_draw_there_is_no_picture() -> None:
    assert chart.draw(an_incident(lead=None), "zh", at(11)) is None
    assert chart.draw(an_incident(forecast=None), "zh", at(11)) is None
    assert chart.alt(an_incident(lead=None), "zh", at(11)) == ""


def test_its_numbers_are_said_in_words_for_who_cannot_see_it() -> None:
    assert chart.alt(fresh(), "zh", at(11), hurts=500) == (
        "传播曲线（转发）：12:03 3、12:06 17、12:09 38、12:11 61；明天 12 点前约 4100 次转发（1500–1.1 万），八成可能闹大；"
        "过 500 会伤到品牌；12:11 呼叫"
    )
    assert "hurts from 500" in chart.alt(fresh(), "en", at(11), hurts=500)


def test_the_main_process_never_imports_what_draws() -> None:
    asks = "import sys, alerts.chart, alerts.channels.slack; sys.exit('matplotlib' in sys.modules)"
    subprocess.run([sys.executable, "-c", asks], check=True)
