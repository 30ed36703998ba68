"""Files of the sandbox's Slack: an address to upload to, the bytes, the completion, and the scan after which they show.

Follows https://docs.slack.dev/messaging/working-with-files. Completion is asynchronous, as at Slack: until the scan is
over nobody sees the file, its `shares` are empty, and no block may name it.
"""

import itertools
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import orjson

from monitor.sandbox.slack_message import BOT_USER, Args, Message, Refused, microseconds
from monitor.sandbox.slack_workspace import Done, Workspace

IMAGES = {
    b"\x89PNG\r\n\x1a\n": ("png", "image/png"),
    b"\xff\xd8\xff": ("jpg", "image/jpeg"),
    b"GIF8": ("gif", "image/gif"),
}
"""What a block may show, by its first bytes."""
MOST_BYTES = 64 * 1024 * 1024


@dataclass(slots=True)
class File:
    """One file. `ready`: when its scan is over; None before it was completed. `channel`: where it is shared then; None: it stays private."""

    id: str
    name: str
    length: int
    created: datetime
    body: bytes | None = None
    title: str = ""
    ready: datetime | None = None
    channel: str | None = None
    thread: str | None = None
    comment: str = ""
    message: Message | None = None

    @property
    def kind(self) -> tuple[str, str]:
        """Its file type and media type."""
        found = (kind for magic, kind in IMAGES.items() if (self.body or b"").startswith(magic))
        return next(found, ("binary", "application/octet-stream"))

    def wire(self, base: str) -> dict[str, Any]:
        """As files.info shows it."""
        filetype, mimetype = self.kind
        shown: dict[str, Any] = {
            "id": self.id,
            "name": self.name,
            "title": self.title or self.name,
            "mimetype": mimetype,
        }
        shown |= {"filetype": filetype, "size": self.length, "user": BOT_USER, "mode": "hosted"}
        shown |= {"created": microseconds(self.created) // 1_000_000, "url_private": f"{base}slack/files/{self.id}"}
        share: dict[str, Any] = {}
        if self.message is not None:
            share = {"ts": self.message.ts, "channel_name": self.message.channel.lower()}
            share |= {"thread_ts": self.message.thread} if self.message.thread else {}
        shares = {"public": {self.message.channel: [share]}} if self.message is not None else {}
        return {**shown, "is_public": bool(share), "channels": list(shares.get("public", {})), "shares": shares}


class Files:
    """Every file the app uploaded. `scan`: clock seconds between completion and its effect."""

    def __init__(self, workspace: Workspace, scan: float) -> None:
        self.files: dict[str, File] = {}
        self.methods = {
            "files.getUploadURLExternal": self._address,
            "files.completeUploadExternal": self._complete,
            "files.info": self._info,
        }
        self._workspace, self._scan = workspace, timedelta(seconds=scan)
        self._count = itertools.count(1)

    def upload(self, name: str, body: bytes) -> None:
        """The bytes arrive. Raises Refused for an address that was not given, or bytes of another length."""
        file = self.files.get(name)
        if file is None or file.body is not None:
            raise Refused("file_not_found")
        if len(body) != file.length:
            raise Refused("length_mismatch")
        file.body = body

    def usable(self, picture: Any, now: datetime) -> bool:
        """Whether a block may show this `slack_file`: it exists, its scan is over, and it is an image."""
        said = picture if isinstance(picture, Mapping) else {}
        name = str(said.get("id") or str(said.get("url", "")).rpartition("/")[2])
        file = self.files.get(name)
        return bool(file and file.ready and file.ready <= now and file.kind[0] != "binary")

    def due(self, now: datetime) -> list[File]:
        """Files whose scan is over and that are to be shared and are not; each gets its message."""
        found = []
        for file in self.files.values():
            if file.ready and file.ready <= now and file.channel and file.message is None:
                thread = self._workspace.parent(file.channel, file.thread)
                ts = self._workspace.stamp(file.channel, file.ready)
                file.message = Message(channel=file.channel, ts=ts, thread=thread, text=file.comment, files=(file.id,))
                found.append(file)
        return found

    def _address(self, args: Args, now: datetime) -> Done:
        try:
            length = int(args.get("length", 0))
        except ValueError:
            length = 0
        if not args.get("filename") or length < 1:
            raise Refused("invalid_arguments")
        if length > MOST_BYTES:
            raise Refused("file_upload_size_restricted")
        file = File(f"F{next(self._count):08d}", str(args["filename"]), length, now)
        self.files[file.id] = file
        return Done({"ok": True, "upload_url": f"{self._workspace.url}slack/upload/{file.id}", "file_id": file.id})

    def _complete(self, args: Args, now: datetime) -> Done:
        files = [self._uploaded(each) for each in _list(args.get("files"))]
        channel = args.get("channel_id")
        if channel is not None:
            self._workspace.room({"channel": channel})
        for file, title in files:
            file.title, file.ready = title, now + self._scan
            file.channel, file.thread = channel, args.get("thread_ts")
            file.comment = str(args.get("initial_comment") or "")
        return Done({"ok": True, "files": [{"id": file.id, "title": title} for file, title in files]})

    def _uploaded(self, said: Any) -> tuple[File, str]:
        file = self.files.get(str(said.get("id"))) if isinstance(said, Mapping) else None
        if file is None or file.body is None:
            raise Refused("file_not_found")
        if file.ready is not None:
            raise Refused("file_update_failed")  # a file is completed once
        return file, str(said.get("title") or file.name)

    def _info(self, args: Args, _: datetime) -> Done:
        file = self.files.get(str(args.get("file")))
        if file is None or file.ready is None:
            raise Refused("file_not_found")
        return Done({"ok": True, "file": file.wire(self._workspace.url)})


def _list(value: Any) -> list[Any]:
    if isinstance(value, str):
        try:
            value = orjson.loads(value)
        except ValueError:
            value = None
    if not isinstance(value, list) or not value:
        raise Refused("invalid_arguments")
    return value
