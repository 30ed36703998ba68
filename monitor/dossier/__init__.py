"""An incident's evidence as one zip that a lawyer can read and anybody can check: `langyan export`."""

from monitor.dossier.binding import Bound, bind, named, shelf, unwritten, written

__all__ = ["Bound", "bind", "named", "shelf", "unwritten", "written"]
