"""Work is found by an index as small as the work, never by reading all there is."""

import re
from typing import Any

import pytest
from sqlalchemy import Connection, text
from sqlalchemy.dialects import sqlite

from monitor.store import (
    Store,
    applying,
    auditing,
    case,
    complaints,
    covering,
    deliveries,
    exhibits,
    handling,
    hours,
    intake,
    judging,
    looks,
    moving,
    outbox,
    reading,
    tellings,
)

SMALL = re.compile(r"USING|^SCAN (cell|anon_\d+)\b")
"""Scans of an index, of the cells of a grid, and of the few rows a limit let through."""

HOT: dict[str, tuple[Any, str]] = {
    "the loudest texts that wait": (judging._HOTTEST, "ix_mention_pending"),
    "the oldest texts that wait": (judging._OLDEST, "ix_mention_waiting"),
    "news": (judging._NEWS, "ix_mention_news"),
    "texts near a page that one engine has read": (judging.DOUBTFUL, "ix_mention_doubtful"),
    "what a brand's settled posts tell": (tellings.TOLD_BY_SETTLED, "ix_mention_brand"),
    "what a brand's newest posts tell": (tellings.TOLD_BY_NEWEST, "ix_mention_brand"),
    "a brand's newest posts": (reading._NEWEST, "ix_mention_brand"),
    "the hour past of a brand": (hours.LATELY_SEEN, "ix_mention_brand"),
    "posts to look at again soonest": (intake._SOONEST, "ix_mention_next_look_at"),
    "posts worth most to look at again": (intake._WORTHIEST, "ix_mention_look_worth"),
    "a long history, thinned": (looks._THINNED, "PRIMARY KEY (post_id=? AND seen_at=?)"),
    "what finished posts came to": (judging._FINISHED["reposts"], "ix_post_platform_posted_at"),
    "the next look": (intake._NEXT, "ix_mention_next_look_at"),
    "what is to be told": (outbox._NEXT, "ix_notification_unsettled"),
    "when something is to be told": (outbox._NEXT_DUE, "ix_notification_unsettled"),
    "what the clock has to do": (handling._DUE, "ix_incident_due_at"),
    "the incident of a story that has not ended": (applying._LIVE, "uq_incident_story_id_live"),
    "what came of a step": (moving._TAKEN, "sqlite_autoindex_event_1 (key=?)"),
    "an incident's timeline": (reading.EVENTS, "ix_event_incident_id"),
    "how much is to be told": (outbox._DEPTH, "ix_notification_unsettled"),
    "what a storm or a digest tells of": (outbox._COVERS, "ix_notification_covered"),
    "pages that may be a storm": (covering._WAITING, "ix_notification_unsettled"),
    "how many pages came": (covering._CAME, "ix_notification_page"),
    "what waits for a digest": (covering._ARE_LOOSE, "ix_notification_covered"),
    "late pages": (auditing._LATE_PAGES, "ix_notification_unsettled"),
    "late repeats": (auditing._LATE_REPEATS, "ix_notification_unsettled"),
    "an answer that came again": (exhibits._KNOWN, "sqlite_autoindex_response_1 (sha256=?)"),
    "answers to be weighed": (exhibits._DUE, "ix_response_due_at"),
    "what was seen in an answer": (exhibits._DUE, "ix_proof_response_id"),
    "what a delivery was answered": (deliveries.FOUND, "PRIMARY KEY (source=? AND delivery_id=?)"),
    "the story of an order": (complaints.BY_ORDER, "ix_post_order_ref"),
    "the story of a customer": (complaints.BY_CUSTOMER, "ix_post_customer_ref"),
    "how many texts wait": (deliveries.WAITING, "ix_mention_"),
    "every look at a post with its answer": (case._LOOKS, "PRIMARY KEY (post_id=?)"),
    "the answers of a case": (case._EXHIBITS, "ix_mention_story_id"),
    "pages not confirmed": (auditing._UNCONFIRMED, "ix_notification_page"),
}


@pytest.mark.parametrize("what", HOT)
def test_work_is_found_by_its_index(store: Store, what: str) -> None:
    statement, index = HOT[what]

    def plan(connection: Connection) -> list[str]:
        sql = statement._sql if hasattr(statement, "_sql") else str(statement.compile(dialect=sqlite.dialect()))
        sql = re.sub(r"__\[POSTCOMPILE_\w+\]", "?", sql)
        cursor = connection.connection.cursor()
        found = cursor.execute(f"EXPLAIN QUERY PLAN {sql}", [1] * sql.count("?")).fetchall()
        cursor.close()
        return [str(row[3]) for row in found]

    steps = store._db.read(plan)
    assert any(index in step for step in steps), steps
    assert not any(step.startswith("SCAN") and not SMALL.search(step) for step in steps), steps


def test_this_test_would_see_a_whole_table_being_read(store: Store) -> None:
    def plan(connection: Connection) -> list[Any]:
        return list(connection.execute(text("EXPLAIN QUERY PLAN SELECT * FROM mention WHERE why = 'x'")))

    assert store._db.read(plan)[0][3] == "SCAN mention"
