"""A spread curve in the terminal."""

from collections.abc import Sequence

BLOCKS = " ▁▂▃▄▅▆▇█"


def curve(points: Sequence[tuple[float, int]], *, width: int = 48, height: int = 5, unit: str = "") -> list[str]:
    """Lines that draw counts over minutes since publication; empty for fewer than two points.

    `points`: (minutes, count), ordered. A count holds until the next one.
    """
    if len(points) < 2:
        return []
    end = max(points[-1][0], 1e-9)
    top = max(max(count for _, count in points), 1)
    gutter = len(f"{top:>7,} ")
    columns: list[int] = []
    at = 0
    for column in range(width):
        moment = end * (column + 1) / width
        while at + 1 < len(points) and points[at + 1][0] <= moment:
            at += 1
        columns.append(points[at][1] if points[at][0] <= moment else 0)
    lines = []
    for row in range(height, 0, -1):
        cells = (count * height * 8 / top - (row - 1) * 8 for count in columns)
        label = f"{top:>7,} " if row == height else " " * gutter
        lines.append(label + "│" + "".join(BLOCKS[max(0, min(8, round(cell)))] for cell in cells))
    lines.append(" " * gutter + "└" + "─" * width)
    lines.append(" " * (gutter + 1) + f"0{'':{width - 14}}{end:>8.0f} min  {unit}".rstrip())
    return lines
