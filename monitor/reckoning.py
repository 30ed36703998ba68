"""What the demo says at its end: the crisis, its page, every other page, and what a plain count rule would have done. Pure."""

import bisect
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from typing import Any

SHANGHAI = timezone(timedelta(hours=8))
COUNT_RULE = 500
"""The plain rule to compare with: page when a bad post has this many reposts."""

Truth = Mapping[str, Any]
"""One post as the world knows it (`WorldPost.truth`)."""


@dataclass(frozen=True, kw_only=True)
class Told:
    """One page as it was confirmed: the incident, the post it showed, and when."""

    incident: int
    key: str
    at: datetime


@dataclass
class Reckoning:
    """`lines` for people, `facts` for programs; `missed` are the crises nobody was told of."""

    lines: list[str] = field(default_factory=list)
    facts: list[dict[str, Any]] = field(default_factory=list)
    missed: list[str] = field(default_factory=list)
    wrong: int = 0
    rule_wrong: int = 0


def reckon(told: Sequence[Told], truth: Sequence[Truth], start: datetime) -> Reckoning:
    """Holds what was told against the truth. `start`: the world's first moment, before which no rule could page."""
    known = {post["key"]: post for post in truth}
    pages = [page for page in told if page.key in known]
    result = Reckoning(lines=["─" * 72])
    for crisis in (post for post in truth if post["is_crisis"]):
        page = min((p for p in pages if _same_story(known[p.key], crisis)), key=lambda p: p.at, default=None)
        rule = _count_rule(crisis, start)
        result.lines += _crisis(crisis, page, rule)
        result.facts.append(_fact(crisis, page, rule))
        result.missed += [] if page else [crisis["key"]]
    others = [page for page in pages if not known[page.key]["is_crisis"]]
    wrong = [page for page in others if known[page.key]["kind"] != "copy"]
    alarms = [p for p in truth if not p["is_crisis"] and p["kind"] != "copy" and _count_rule(p, start) is not None]
    result.wrong, result.rule_wrong = len(wrong), len(alarms)
    result.lines.append(f"other pages          {len(wrong)} false, {len(others) - len(wrong)} of the same story")
    for page in others:
        verdict = "WRONG" if page in wrong else "the same story"
        result.lines.append(f"  #{page.incident} {page.key} ({known[page.key]['kind']}): {verdict}")
    kinds = ", ".join(sorted({post["kind"] for post in alarms})) or "none"
    result.lines.append(
        f"the plain count rule, deaf to what is said, would also have paged {len(alarms)} harmless posts: {kinds}"
    )
    return result


def time_of_day(moment: datetime) -> str:
    """The time of day in Shanghai."""
    return moment.astimezone(SHANGHAI).strftime("%H:%M:%S")


def _crisis(crisis: Truth, page: Told | None, rule: datetime | None) -> Iterator[str]:
    published = datetime.fromisoformat(crisis["published_at"])
    yield f"the crisis           {crisis['key']} 「{crisis['text'][:40]}…」"
    yield f"  published          {time_of_day(published)}"
    if page is None:
        yield "  paged              NEVER: missed"
    else:
        minutes = (page.at - published).total_seconds() / 60
        yield f"  paged              {time_of_day(page.at)}, {minutes:.0f} min after, at {_reach(crisis, page.at):,} reposts"
        share = _to_come(crisis, page.at)
        yield f"  where it ended     {crisis['final']:,} reposts; {share:.0%} of them were still to come"
    if rule is None:
        yield f"  a plain count rule (≥ {COUNT_RULE} reposts) would not have paged"
    else:
        later = "" if page is None else f", {(rule - page.at).total_seconds() / 60:.0f} min after this page"
        said = f"  a plain count rule (≥ {COUNT_RULE} reposts) would have paged at {time_of_day(rule)}{later}"
        yield f"{said}, with {_to_come(crisis, rule):.0%} still to come"


def _fact(crisis: Truth, page: Told | None, rule: datetime | None) -> dict[str, Any]:
    return {
        "name": "crisis",
        "id": crisis["key"],
        "published_at": crisis["published_at"],
        "paged_at": page.at.isoformat() if page else None,
        "reposts_when_paged": _reach(crisis, page.at) if page else None,
        "final": crisis["final"],
        "still_to_come": round(_to_come(crisis, page.at), 3) if page else None,
        "count_rule_paged_at": rule.isoformat() if rule else None,
    }


def _same_story(post: Truth, crisis: Truth) -> bool:
    return bool(post["key"] == crisis["key"] or post.get("copy_of") == crisis["key"])


def _reach(post: Truth, at: datetime) -> int:
    age = (at - datetime.fromisoformat(post["published_at"])).total_seconds()
    return bisect.bisect_right(post["offsets"], age)


def _to_come(post: Truth, at: datetime) -> float:
    return 1 - _reach(post, at) / max(1, int(post["final"]))


def _count_rule(post: Truth, start: datetime) -> datetime | None:
    """When the post passed the plain rule's count; None if it did not, or had before the world began."""
    if len(post["offsets"]) < COUNT_RULE:
        return None
    at = datetime.fromisoformat(post["published_at"]) + timedelta(seconds=post["offsets"][COUNT_RULE - 1])
    return at if at >= start else None
