"""Where a short link of Xiaohongshu leads: one request to the short link's own host. Its answer names the note; nothing is followed.

No cookie is sent, and none that comes is kept. What the address tells of whoever shared the note is left out.
"""

import re
from urllib.parse import parse_qs, urlsplit

import httpx

from connectors import xhs_ids
from connectors.links import short_path
from monitor.errors import Failure, FeedError
from monitor.ports import Fetch, Limits

SITE = "https://xhslink.com"

_TOKEN = re.compile(r"[0-9A-Za-z_=-]{1,100}", re.ASCII)


async def leads_to(fetch: Fetch, short: str, limits: Limits, base_url: str = SITE) -> str:
    """The note's address. A FeedError where `short` is no short link, its host gives no answer, or the answer names no note."""
    path = short_path(short)
    if path is None:
        raise FeedError(Failure.MISCONFIGURED, "this is no short link of Xiaohongshu")
    response = await fetch(httpx.Request("GET", f"{base_url}{path}"), limits)
    said = response.headers.get("location", "") if response.has_redirect_location else ""
    found = xhs_ids.of_link(said)
    if found is None:
        raise FeedError(Failure.SCHEMA_DRIFT, f"a short link leads to no note (HTTP {response.status_code})")
    token = parse_qs(urlsplit(said).query).get("xsec_token", [""])[0]
    return xhs_ids.link(found[0], token if _TOKEN.fullmatch(token) else "")
