"""What the installation saw, written down as a recording: `langyan.post.v1` lines that `replay` and an import read."""

import gzip
from collections.abc import Iterable
from decimal import Decimal
from pathlib import Path
from typing import Any

import orjson

from monitor.dossier import unwritten
from monitor.model import COUNTERS, Availability, Count, Precision, Sighting

SCHEMA = "langyan.post.v1"


def write(sightings: Iterable[Sighting], path: Path) -> int:
    """Writes them in order, packed where the name ends in .gz; the file appears when it is whole. How many lines that was."""
    part = path.with_name(path.name + ".part")
    lines = 0
    try:
        part.touch(mode=0o600)  # it holds private data, whoever else is on the machine
        with gzip.open(part, "wb") if path.name.endswith(".gz") else part.open("wb") as file:
            for sighting in sightings:
                file.write(orjson.dumps(line(sighting), option=orjson.OPT_APPEND_NEWLINE))
                lines += 1
        part.replace(path)
    except OSError as error:
        raise unwritten(path, error) from None
    finally:
        part.unlink(missing_ok=True)
    return lines


def line(sighting: Sighting) -> dict[str, Any]:
    """One look. The author's id is the keyed hash that is stored; customers and orders are left out."""
    counts = {name: shown(found) for name in COUNTERS if (found := getattr(sighting.counts, name)) is not None}
    record: dict[str, Any] = {
        "schema": SCHEMA,
        "platform": sighting.key.platform,
        "id": sighting.key.native_id,
        "collected_at": sighting.seen_at.isoformat(),
        "counts": counts,
    }
    if sighting.availability is Availability.GONE:
        record["deleted"] = True
    post = sighting.post
    if post is None:
        return record
    author = post.author
    told: dict[str, Any] = {
        "kind": post.kind,
        "url": post.url,
        "title": post.title,
        "text": post.text,
        "author": {
            "id": author.id,
            "name": author.name,
            "followers": author.followers,
            "verified": author.verified,
        },
        "created_at": post.posted_at.isoformat() if post.posted_at else None,
        "repost_of": post.repost_of,
        "rating": post.rating,
        "region": post.region,
        "product": post.product,
        "status": post.status,
    }
    return record | {key: value for key, value in told.items() if value not in (None, "")}


def shown(count: Count) -> int | str:
    """A count as a site may have shown it, so that what is not exact stays so."""
    if count.precision is Precision.ROUNDED:
        return f"{Decimal(count.value) / 1000:f}k"
    return f"{count.value}+" if count.precision is Precision.LOWER_BOUND else count.value
