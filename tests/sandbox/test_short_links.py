"""A short link of the sandbox, opened by the feeds' own requests."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from monitor.sandbox.server import app
from monitor.sandbox.serving import serving
from monitor.sandbox.short_links import code_of
from monitor.sandbox.stage import Stage, StageClock
from monitor.short_links import ShortLinks

START = datetime(2026, 11, 2, 1, 0, tzinfo=UTC)


@pytest.fixture
def stage() -> Stage:
    stage = Stage("everywhere", 7, START, 75)
    stage.clock = StageClock(START + timedelta(minutes=80), 75)
    return stage


@pytest.fixture
def address(stage: Stage) -> Iterator[str]:
    with serving(app(stage, 7)) as address:
        yield address


def links(stage: Stage, address: str) -> ShortLinks:
    return ShortLinks(clock=stage.clock, site=f"{address}/xhslink")


def test_a_short_link_leads_to_its_note(stage: Stage, address: str) -> None:
    note = stage.world.published("xiaohongshu", stage.now())[0].native_id
    found = links(stage, address)(f"http://xhslink.com/a/{code_of(note)}")
    assert found == f"https://www.xiaohongshu.com/explore/{note}?xsec_token=CBsandbox=&xsec_source=pc_search"


def test_a_short_link_that_is_not_known_is_said_to_lead_nowhere(
    stage: Stage, address: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert links(stage, address)("http://xhslink.com/a/AbCd1234") is None
    assert "HTTP 404" in capsys.readouterr().out


def test_where_no_site_is_named_nobody_is_asked(stage: Stage) -> None:
    assert ShortLinks(clock=stage.clock, site="")("http://xhslink.com/a/AbCd1234") is None
