"""One piece of a file that somebody else goes on writing, taken in with the cursor behind it."""

from collections.abc import Sequence
from datetime import datetime

import structlog

from monitor.importing import Piece, Row
from monitor.model import Sighting
from monitor.pipeline import observe, receive
from monitor.ports import Batch, FollowsFiles, Intake

log = structlog.get_logger()


def take(
    feed: str,
    connector: FollowsFiles,
    piece: Piece,
    *,
    refused: Sequence[str],
    intake: Intake,
    matcher: observe.Matching,
    background: bool,
    now: datetime,
) -> None:
    """Its rows: read, match, record. `refused`: files that could not be read, a line each."""
    read = [(row, _row(connector, piece.path, row, now)) for row in piece.rows]
    rejected = tuple(f"{piece.path} {row.place}: {said}" for row, said in read if isinstance(said, str))
    batch = Batch(
        sightings=tuple(said for _, said in read if not isinstance(said, str)),
        rejected=(*rejected, *refused),
        cursor=piece.cursor,
    )
    rows = [row.said for row in piece.rows]
    receive.take_rows(feed, piece.path, rows, batch, intake=intake, matcher=matcher, background=background, now=now)


def _row(connector: FollowsFiles, path: str, row: Row, now: datetime) -> Sighting | str:
    """What a row says. A bug in a connector costs the row, and is seen in the log."""
    if isinstance(row.said, str):
        return row.said
    try:
        return connector.row(row.said, f"{path}/{row.part}", now)
    except (KeyError, TypeError, ValueError, AttributeError, IndexError) as error:
        log.exception("a connector did not expect this row")
        return f"could not be read ({type(error).__name__})"
