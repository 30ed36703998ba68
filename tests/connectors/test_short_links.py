"""A short link is asked of its own host, once; its answer names the note or nothing does."""

import httpx
import pytest

from connectors.short_links import leads_to
from monitor.errors import FeedError
from monitor.ports import Limits

pytestmark = pytest.mark.anyio

NOTE = "68d9f0000000000012000abc"
HERE = f"https://www.xiaohongshu.com/discovery/item/{NOTE}"
SHORT = "http://xhslink.com/a/AbCd1234"
LIMITS = Limits(feed="short-links")


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


class Site:
    """Answers one request and remembers all."""

    def __init__(self, status: int, **headers: str) -> None:
        self.status, self.headers = status, headers
        self.asked: list[httpx.Request] = []

    async def __call__(self, request: httpx.Request, _: Limits) -> httpx.Response:
        self.asked.append(request)
        return httpx.Response(self.status, headers=self.headers, request=request)


async def test_the_note_is_named_without_whoever_shared_it() -> None:
    site = Site(302, location=f"{HERE}?shareRedId=N0FC&apptime=1764000000&xsec_token=CBab%3D&author_share=1")
    found = await leads_to(site, SHORT, LIMITS)
    assert found == f"https://www.xiaohongshu.com/explore/{NOTE}?xsec_token=CBab=&xsec_source=pc_search"


async def test_it_is_asked_once_of_its_own_host_and_without_a_cookie() -> None:
    site = Site(307, location=HERE)
    await leads_to(site, SHORT, LIMITS)
    (request,) = site.asked
    assert str(request.url) == "https://xhslink.com/a/AbCd1234"
    assert "cookie" not in request.headers


@pytest.mark.parametrize(
    "location",
    [
        "https://www.xiaohongshu.com/login?redirectPath=x",
        f"https://xiaohongshu.com.example.com/explore/{NOTE}",
        f"https://evil@example.com/explore/{NOTE}",
        f"https://example.com/?to={HERE}",
        f"xhsdiscover://item/{NOTE}",
        "http://169.254.169.254/latest/meta-data",
        "",
    ],
)
async def test_what_leads_elsewhere_names_no_note(location: str) -> None:
    site = Site(302, location=location)
    with pytest.raises(FeedError, match="leads to no note"):
        await leads_to(site, SHORT, LIMITS)
    assert len(site.asked) == 1


@pytest.mark.parametrize("status", [200, 404, 461, 503])
async def test_an_answer_that_sends_nobody_on_names_no_note(status: int) -> None:
    with pytest.raises(FeedError, match=str(status)):
        await leads_to(Site(status, location=HERE), SHORT, LIMITS)


async def test_another_sites_link_is_never_asked() -> None:
    site = Site(302, location=HERE)
    with pytest.raises(FeedError):
        await leads_to(site, "https://example.com/a/AbCd1234", LIMITS)
    assert site.asked == []
