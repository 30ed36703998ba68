"""Rows of files that others wrote: lines of JSON, arrays, tables as CSV and XLSX, SQLite. One at a time, in constant memory."""

from monitor.importing.files import rows
from monitor.importing.following import Piece, found, pieces
from monitor.importing.rows import Row, UnreadableError

__all__ = ["Piece", "Row", "UnreadableError", "found", "pieces", "rows"]
