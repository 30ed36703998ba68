"""The forms in which posts are pushed to us and stand in files: a name, and what reads one object of it.

Each is pure: it makes of one object a sighting, or a line that says what is wrong with it.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from connectors import (
    bilibili_video,
    dianping_review,
    heimao_complaint,
    jd_comment,
    mediacrawler_rows,
    record,
    xhs_note,
)
from connectors.pointers import FieldMap
from connectors.weibo_status import statuses
from monitor.errors import RecordingError
from monitor.model import Sighting

Read = Callable[[Any, datetime], Sighting | str]
"""An object, and when it was collected where it does not say."""


NO_OBJECT = "not a JSON object"


def _record(said: Any, _: datetime) -> Sighting | str:
    if not isinstance(said, dict):
        return NO_OBJECT
    try:
        return record.sighting(said, 0)
    except RecordingError as error:
        return error.problem


def _weibo(said: Any, seen_at: datetime) -> Sighting | str:
    found, posts, rejected = statuses([said], seen_at)
    return next((seen for seen in found if seen.key == posts[0].key), found[0]) if posts else rejected[0]


FORMATS: Mapping[str, Read] = {
    "record": _record,
    "xhs": xhs_note.note,
    "xhs-comment": xhs_note.comment,
    "jd": jd_comment.comment,
    "dianping": dianping_review.review,
    "heimao": heimao_complaint.complaint,
    "bilibili-comment": bilibili_video.comment,
    "weibo": _weibo,
    "mediacrawler": lambda said, seen_at: (
        mediacrawler_rows.row(said, "", seen_at) if isinstance(said, dict) else NO_OBJECT
    ),
}
"""Every form by its name in the configuration."""


def reader(name: str, pointers: Mapping[str, str] | None = None, platform: str = "") -> Read:
    """What reads a source's objects: by its field map where it has one, else by the form. ValueError where it cannot be."""
    if pointers:
        if name != "record":
            raise ValueError(f"a map reads the vendor's own fields, format {name} has fields of its own. Leave one out")
        fields = FieldMap(pointers)
        return lambda said, seen_at: fields.read(said, seen_at, platform)
    if name not in FORMATS:
        raise ValueError(f"there is no format {name}. There are {', '.join(sorted(FORMATS))}")
    read = FORMATS[name]
    if not platform:
        return read
    return lambda said, seen_at: read({"platform": platform, **said} if isinstance(said, dict) else said, seen_at)
