"""Whose a file in the state directory is. The unit's user is one that systemd makes up, and an operator's commands run as root."""

import os
from pathlib import Path


def give(path: Path, folder: Path) -> None:
    """Gives what root wrote to whom the folder belongs in which it is to lie, so that the service can read it. OSError where it cannot."""
    if os.geteuid() == 0:
        whose = folder.stat()
        os.chown(path, whose.st_uid, whose.st_gid)
