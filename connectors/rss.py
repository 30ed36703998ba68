"""Any RSS, Atom or JSON Feed, asked politely: validators, the publisher's own pace."""

from dataclasses import dataclass
from datetime import datetime

import httpx

from connectors.answers import refuse
from connectors.syndication import Item, document
from connectors.window import article, batch, headers, unchanged
from monitor.model import Post
from monitor.ports import Batch, Cursor


@dataclass(frozen=True, kw_only=True)
class Rss:
    """Any RSS, Atom or JSON Feed. `platform` is what its posts are filed under."""

    url: str
    platform: str = "web"

    @property
    def account(self) -> str:
        return ""

    def first(self, cursor: Cursor) -> httpx.Request:
        return httpx.Request("GET", self.url, headers=headers(cursor))

    def parse(self, response: httpx.Response, cursor: Cursor, seen_at: datetime) -> Batch:
        if response.status_code == httpx.codes.NOT_MODIFIED:
            return unchanged(cursor, seen_at)
        refuse(response, seen_at)
        return batch(document(response, seen_at), response, cursor, seen_at, self._post)

    def _post(self, item: Item) -> Post | str:
        return article(item, self.platform, httpx.URL(self.url).host)
