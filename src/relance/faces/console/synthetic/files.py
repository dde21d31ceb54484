"""Writes a plan's history as import files: one folder per month, in it one per day on which something is delivered."""

import csv
import datetime as dt
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path

from relance.faces.console.synthetic.history import COLUMNS, rows
from relance.faces.console.synthetic.plan import Plan

_ROWS_HELD = 200_000


def folder_of(root: Path, day: dt.date) -> Path:
    """Where the files delivered on a day lie."""
    return root / f"{day:%Y-%m}" / f"{day:%d}"


def write(plan: Plan, root: Path, progress: Callable[[int], None] | None = None) -> int:
    """Write every file below `root`, which holds none yet; the number of rows. `progress` is told how many so far."""
    held: dict[tuple[dt.date, str], list[tuple[str, ...]]] = defaultdict(list)
    count = 0
    for row in rows(plan):
        held[row.on, row.file].append(row.values)
        count += 1
        if count % _ROWS_HELD == 0:
            _append(root, held)
        if progress and count % 2_000 == 0:
            progress(count)
    _append(root, held)
    return count


def _append(root: Path, held: dict[tuple[dt.date, str], list[tuple[str, ...]]]) -> None:
    for (on, file), values in held.items():
        path = folder_of(root, on) / file
        path.parent.mkdir(parents=True, exist_ok=True)
        fresh = not path.exists()
        with path.open("a", encoding="utf-8", newline="") as stream:
            writer = csv.writer(stream, lineterminator="\n")
            if fresh:
                writer.writerow(COLUMNS[file])
            writer.writerows(values)
    held.clear()
