"""What is said, who says it, and what others say of the same: the words of strangers, cleaned, masked and cut. Pure."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from alerts import links, masking, size, words
from alerts.masking import Shows
from alerts.words import Language
from monitor.model import Count, Forecast, Incident, Mention
from monitor.triage.topic import TOPIC, rank_of

EXCERPT = 110
"""Characters of a post on the first screen of a phone; the rest stands below."""

REST = 480
IN_SHORT = 24
ROW = 80

_STRANGERS = {"evidence", "words", "topic"}
"""The facts of a reason in which strangers speak."""


def said(text: str, limit: int, shows: Shows, *, lines: bool = False) -> str:
    """Words of a stranger as this receiver may see them. Masked before they are cut: half a number tells as much as a whole."""
    return words.cut(masking.masked(words.clean(text, lines=lines), shows), limit)


def quote(lead: Mention, language: Language, shows: Shows) -> tuple[str, str]:
    """What the post says: what fits the first screen, and the rest of it."""
    if shows == "link":
        return "", ""
    whole = said(lead.post.words, EXCERPT + REST, shows, lines=True)
    if len(whole) <= EXCERPT:
        return whole or ("（没有文字）" if language == "zh" else "(no text)"), ""
    end = EXCERPT - 1
    return whole[:end].rstrip() + "…", "…" + whole[end:].lstrip()


def in_short(incident: Incident, language: Language, shows: Shows) -> str:
    """The first words of it, between quotation marks; "" where no words are shown."""
    told = said(incident.lead.post.words, IN_SHORT, shows) if incident.lead else ""
    return "" if not told else f"「{told}」" if language == "zh" else f"“{told}”"


def author(lead: Mention, shows: Shows) -> str:
    """The name of who wrote it, as this receiver may see it."""
    named = replace(lead.post.author, name=words.cut(words.clean(lead.post.author.name), 40))
    return masking.name(named, shows)


def byline(lead: Mention, language: Language, shows: Shows) -> str:
    """Who said it, how many follow them, where; of a topic, on which list it stands."""
    zh, who = language == "zh", lead.post.author
    if lead.post.kind == TOPIC:
        return words.lists([(lead.post.platform, rank_of(lead.post.status))], language)
    told = [author(lead, shows) or ("未具名" if zh else "unnamed")]
    if who.verified:
        told[0] += " ✓" + ("认证" if zh else "verified")
    if who.followers is not None:
        told.append(f"{words.number(who.followers, language)} {'粉丝' if zh else 'followers'}")
    told.append(words.platform(lead.post.platform, language))
    if region := said(lead.post.region or "", 20, shows):
        told.append(region)
    return words.tight(" · ".join(told))


def counts(lead: Mention, language: Language, forecast: Forecast | None = None) -> str:
    """The last counts that were shown, the loudest kinds first, with the pace of the one that was forecast."""
    shown = lead.looks[-1].counts if lead.looks else None
    if shown is None:
        return ""
    told = []
    for name in ("reposts", "comments", "likes", "collects", "shares", "views"):
        count: Count | None = getattr(shown, name)
        if count is None:
            continue
        said = f"{words.count(count, language)} {words.unit(name, language, count.value)}"
        if forecast is not None and forecast.unit == name:
            pace = size.pace(forecast, language)
            said += f"（{pace}）" if language == "zh" else f" ({pace})"
        told.append(words.tight(said))
    return " · ".join(told)


def address(mention: Mention, shows: Shows) -> str:
    """Where the post stands, if a browser should follow it and it tells of nobody."""
    return links.web_address(masking.address(mention.post.url, shows))


def facts(told: Mapping[str, Any], shows: Shows) -> Mapping[str, Any]:
    """The facts of a reason as this receiver may see them: some are words of strangers."""
    if shows == "full":
        return told
    seen = dict(told)
    for name in _STRANGERS & told.keys():
        value = told[name]
        many = [value] if isinstance(value, str) else list(value or ())
        kept = [] if shows == "link" else [masking.masked(words.clean(one), shows) for one in many]
        seen[name] = kept if not isinstance(value, str) else (kept[0] if kept else "")
    return seen


def rows(incident: Incident, language: Language, shows: Shows) -> tuple[tuple[str, str], ...]:
    """A few more posts of it, each in a line, with its address: who, how loud, what."""
    if shows == "link":
        return ()
    return tuple(
        (
            " · ".join(
                filter(
                    None,
                    (byline(other, language, shows), counts(other, language), said(other.post.words, ROW, shows)),
                )
            ),
            address(other, shows),
        )
        for other in incident.others
    )


def alike(incident: Incident, language: Language) -> str:
    """How many posts say the same, by platform; "" where it is one."""
    if incident.posts <= 1:
        return ""
    zh = language == "zh"
    of = " · ".join(f"{words.platform(name, language)} {number}" for name, number in incident.platforms)
    whole = f"{incident.posts} 帖" if zh else f"{incident.posts} posts"
    return whole if not of else f"{whole}：{of}" if zh else f"{whole}: {of}"
