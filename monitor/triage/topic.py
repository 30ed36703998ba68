"""The brand on a hot list: a topic is no post, and how far it goes is not the question; it is there. Pure."""

from dataclasses import replace

from monitor.model import Availability, Mention, Reason, Severity, Verdict
from monitor.triage.severity import BAD

TOPIC = "topic"
"""`Post.kind` of what a hot list shows."""


def judge(mention: Mention, verdict: Verdict) -> Verdict:
    """The verdict on a post as it is; a topic is yellow at least, and orange where it is bad for the brand.

    What stood there when the list was first read is background, and pages nobody.
    """
    if mention.post.kind != TOPIC or mention.background or mention.sentiment is None or not mention.looks:
        return verdict
    if mention.looks[-1].availability is not Availability.VISIBLE:
        return verdict
    severity = Severity.ORANGE if mention.sentiment.aimed >= BAD else Severity.YELLOW
    facts = {"topic": mention.post.title or mention.post.text, "platform": mention.post.platform}
    hot = Reason(code="hot_list", facts=facts)
    return replace(verdict, severity=max(severity, verdict.severity or severity), reasons=(hot, *verdict.reasons))
