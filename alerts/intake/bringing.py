"""What people bring: a link that somebody forwarded, or something that was heard. It becomes a post like any other, is looked at
again like any other, and has an incident in triage."""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from alerts import words
from alerts.intake.commands import Open, Track
from alerts.intake.replies import Answer, Speaker
from monitor.model import Author, Match, NotificationKind, Post, PostKey, Sighting, Step
from monitor.ports import Handling, Recorded

FEED = "by-hand"
HEARD = "heard"
"""The platform of what stands nowhere: somebody heard it."""

Linked = Callable[[str], PostKey | None]
Opened = Callable[[str], str | None]


class Recording(Protocol):
    """Where posts are stored (`monitor.ports.Intake`), and found again."""

    def record(
        self,
        feed: str,
        sightings: Sequence[Sighting],
        matches: Mapping[PostKey, Sequence[Match]],
        *,
        now: datetime,
        walk_done: bool,
    ) -> Recorded: ...

    def mention_of(self, key: PostKey, brand: str) -> int | None: ...


@dataclass(frozen=True, kw_only=True)
class Bringing:
    """Stores what was brought and opens its incident. `linked`: which post an address leads to (`connectors.links.post_of`);
    `hides`: whether an address is a short one that has to be asked; `opened`: where it leads (`monitor.short_links`); `told`: the
    receivers that hear of a brand."""

    recording: Recording
    handling: Handling
    linked: Linked
    hides: Callable[[str], bool]
    opened: Opened
    speaker: Speaker
    brands: tuple[str, ...]
    told: Callable[[str], Sequence[str]]

    def bring(self, brought: Track | Open, step: Step) -> Answer:
        if not brought.brand:
            return self.speaker.say("needs_brand", brands=self.brands)
        if isinstance(brought, Track):
            return self._track(brought, step)
        name = hashlib.sha256(step.key.encode()).hexdigest()[:16]
        said = words.cut(words.clean(brought.what), 1000)
        heard = Post(
            platform=HEARD,
            native_id=name,
            kind=HEARD,
            author=Author(name=step.actor.name),
            text=said,
            posted_at=step.at,
        )
        return self._declare(Sighting(key=heard.key, seen_at=step.at, post=heard), brought.brand, step)

    def _track(self, track: Track, step: Step) -> Answer:
        short = self.hides(track.url)
        behind = self.opened(track.url) if short else None
        address = behind or track.url
        key = self.linked(address)
        if key is None:
            return self.speaker.say("odd_link", said=track.url)
        post = Post(platform=key.platform, native_id=key.native_id, url=_address(address))
        answer = self._declare(Sighting(key=key, seen_at=step.at, post=post, counts=track.counts), track.brand, step)
        return Answer(text=answer.text + self.speaker.short_link()) if short and behind is None else answer

    def _declare(self, sighting: Sighting, brand: str, step: Step) -> Answer:
        match = Match(brand, 1.0, step.actor.name)
        self.recording.record(FEED, [sighting], {sighting.key: [match]}, now=step.at, walk_done=False)
        mention = self.recording.mention_of(sighting.key, brand)
        if mention is None:
            raise LookupError("a post that was just stored is not there")
        tells = [(receiver, NotificationKind.ROOT) for receiver in self.told(brand)]
        done = self.handling.declare(mention, step, tells)
        return self.speaker.brought(done.incident.id, known=done.event is None or done.event.before is not None)


def _address(url: str) -> str:
    return url if "://" in url else f"https://{url}"
