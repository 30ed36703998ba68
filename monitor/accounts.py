"""How the feeds' accounts stand: what is left of their quota, and when their credentials end, which operators hear a day before."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import structlog

from alerts.words import SHANGHAI
from monitor.errors import FeedError
from monitor.feeds import Source, Watch, limits, note_facts
from monitor.model import NOTHING_TO_DO, Words
from monitor.ports import Clock, Credentials, Fetch, OpsNote, Standing, all_clear

log = structlog.get_logger()

FIRST = 60.0
"""Clock seconds after the start: polls go first."""

ROUND = 900.0
"""Clock seconds between two thoughts about when credentials end."""

ASK = timedelta(hours=6)
"""The sites themselves are asked so often: their answer rarely changes, and a budget may be small."""

AHEAD = timedelta(hours=24)
"""How long before a credential ends operators are told."""

RENEW = Words(
    "现在就换新凭证（微博：langyan auth weibo），再用 langyan check 验证",
    "Renew it now (for Weibo: langyan auth weibo); langyan check proves it",
)


@dataclass
class _Known:
    """What is known of one account, for this process."""

    asked: datetime | None = None
    facts: dict[str, float] = field(default_factory=dict)


def accounts(feeds: Sequence[Source]) -> dict[str, list[Source]]:
    """The feeds that share an account which can be asked how it stands, by the account's own name. Told anew each time, for a
    credential may be replaced while we run."""
    shared: dict[str, list[Source]] = {}
    for feed in feeds:
        if isinstance(feed.connector, Standing):
            shared.setdefault(feed.connector.account, []).append(feed)
    return shared


class Accounts:
    """One alarm for each credential that ends soon, however many feeds use it; one word when another has taken its place.

    What was said is read from the outbox, so that a restart neither repeats nor forgets it.
    """

    def __init__(self, feeds: Sequence[Source], credentials: Credentials, watch: Watch) -> None:
        self._feeds, self._credentials, self._watch = feeds, credentials, watch
        self._known: dict[str, _Known] = {}

    async def run(self) -> None:
        """For as long as it is awaited; at an end at once where no account can be asked."""
        if not accounts(self._feeds):
            return
        await self._watch.clock.sleep(FIRST)
        while True:
            await self.round()
            await self._watch.clock.sleep(ROUND)

    async def round(self) -> None:
        """Asks the accounts that have not been asked for long, and tells of what ends soon."""
        for account, feeds in accounts(self._feeds).items():
            known = self._known.setdefault(account, _Known())
            now = self._watch.clock.now()
            if known.asked is None or now - known.asked >= ASK:
                known.asked = now
                known.facts |= await standing(feeds[0], self._watch.fetch, self._watch.clock)
                note_facts(feeds[0].account, known.facts)
            await self._watch.aside(lambda account=account, feeds=feeds, known=known: self._tell(account, feeds, known))  # type: ignore[misc]

    def _tell(self, account: str, feeds: Sequence[Source], known: _Known) -> None:
        ends = known.facts.get("token_expires_at")
        if ends is None:
            return
        now, until = self._watch.clock.now(), datetime.fromtimestamp(ends, UTC)
        about, named = f"credential:{feeds[0].name}:", ", ".join(feed.name for feed in feeds)
        last = self._credentials.last_note(about) or ""
        shanghai, where = until.astimezone(SHANGHAI), Words(f"数据源 {named}", f"feeds {named}")
        if until - now <= AHEAD:
            log.warning("a credential ends soon", account=account, feeds=named, until=until.isoformat())
            note = OpsNote(
                key=f"{about}ends:{account}",
                what=Words(
                    f"{account} 的凭证 {shanghai:%m-%d %H:%M} 到期，之后这些数据源什么都看不到",
                    f"the credential of {account} ends at {until:%Y-%m-%d %H:%M} UTC; from then on these feeds see nothing",
                ),
                where=where,
                fix=RENEW,
            )
        elif last.startswith(f"{about}ends:"):
            note = OpsNote(
                key=f"{about}fine:{account}:{until:%Y%m%d}",
                what=all_clear(
                    Words(
                        f"{account} 的凭证有效期到 {shanghai:%Y-%m-%d %H:%M}",
                        f"the credential of {account} is good until {until:%Y-%m-%d %H:%M} UTC",
                    )
                ),
                where=where,
                fix=NOTHING_TO_DO,
            )
        else:
            return
        self._credentials.note(note, self._watch.ops, now)


async def standing(feed: Source, fetch: Fetch, clock: Clock) -> dict[str, float]:
    """What a feed's site says of its account; what it does not say is left out, for the feed's own polls tell what is wrong."""
    facts: dict[str, float] = {}
    if not isinstance(feed.connector, Standing):
        return facts
    for request in feed.connector.standing():
        try:
            response = await fetch(request, limits(feed))
            facts |= feed.connector.parse_standing(response, clock.now())
        except FeedError as error:
            log.info("an account does not say how it stands", feed=feed.name, problem=error.problem)
    return facts
