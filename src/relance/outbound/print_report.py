"""What a print house reports about a batch, read from its CSV file: tracking numbers, proofs of delivery, returns. Pure."""

import csv
import datetime as dt
import io
from collections.abc import Mapping, Sequence

from relance.outbound.facts import LetterFate, LetterReport, ReportError

COLUMNS = ("sequence", "status", "occurred_on", "tracking_number", "reason")
RETURN_REASONS = ("unknown_address", "moved", "refused", "unclaimed", "other")
GONE = frozenset({"unknown_address", "moved"})
"""Reasons for which nobody is reached there any more (NPAI). Refused and unclaimed mail was at the right place: a
registered letter counts as presented."""

_LONGEST_TRACKING = 40
_MOST_ROWS = 200_000


def read_report(
    data: bytes, letter_count: int, posted_on: dt.date, today: dt.date
) -> list[LetterReport] | list[ReportError]:
    """The lines of a file about a batch of so many letters, or everything that is wrong with it, row by row."""
    try:
        text = data.decode("utf-8-sig")
        rows = list(csv.reader(io.StringIO(text, newline=""), strict=True))
    except (UnicodeDecodeError, csv.Error) as trouble:
        return [ReportError(1, "", f"this is no CSV file in UTF-8 ({trouble})")]
    if not rows or len(rows) > _MOST_ROWS:
        return [ReportError(1, "", f"a report has a head and at most {_MOST_ROWS} lines")]
    head = [name.strip().lower() for name in rows[0]]
    strange = [name for name in head if name not in COLUMNS]
    missing = [name for name in COLUMNS[:3] if name not in head]
    if strange or missing or len(set(head)) < len(head):
        return [ReportError(1, (strange or missing or head)[0], f"the columns are {', '.join(COLUMNS)}, each once")]
    errors: list[ReportError] = []
    found: list[LetterReport] = []
    for number, row in enumerate(rows[1:], start=2):
        if not any(cell.strip() for cell in row):
            continue
        if len(row) != len(head):
            errors.append(ReportError(number, "", f"has {len(row)} cells where the head has {len(head)}"))
            continue
        line = _line(dict(zip(head, map(str.strip, row), strict=True)), number, letter_count, posted_on, today)
        if isinstance(line, LetterReport):
            found.append(line)
        else:
            errors.append(line)
    return errors or found


def _line(
    cells: Mapping[str, str], row: int, letter_count: int, posted_on: dt.date, today: dt.date
) -> LetterReport | ReportError:
    text = cells["sequence"]
    sequence = int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0
    if not 1 <= sequence <= letter_count:
        return ReportError(row, "sequence", f"{text!r} should be a number from 1 to {letter_count}, as in the index")
    status = cells["status"].lower()
    if status not in {fate.value for fate in LetterFate}:
        return ReportError(row, "status", f"{status!r} should be one of {', '.join(fate.value for fate in LetterFate)}")
    try:
        occurred_on = dt.date.fromisoformat(cells["occurred_on"])
    except ValueError:
        return ReportError(row, "occurred_on", f"{cells['occurred_on']!r} should be a day such as {today}")
    if not posted_on <= occurred_on <= today:
        return ReportError(
            row, "occurred_on", f"{occurred_on} should lie between {posted_on}, when it was posted, and today"
        )
    tracking = cells.get("tracking_number", "")
    if len(tracking) > _LONGEST_TRACKING or not (tracking.isascii() and tracking.isprintable()):
        return ReportError(row, "tracking_number", f"should be at most {_LONGEST_TRACKING} plain characters")
    reason = cells.get("reason", "").lower()
    reason = "unknown_address" if reason == "npai" else reason
    if (status == LetterFate.RETURNED) != (reason in RETURN_REASONS):
        return ReportError(
            row, "reason", f"{reason!r}: returned letters, and no others, have one of {', '.join(RETURN_REASONS)}"
        )
    return LetterReport(sequence, LetterFate(status), occurred_on, tracking, reason)


def shown_errors(errors: Sequence[ReportError], most: int = 20) -> str:
    """The errors as lines for a person, the first ones of many."""
    lines = [f"row {each.row}{', ' + each.column if each.column else ''}: {each.message}" for each in errors[:most]]
    rest = len(errors) - most
    return "\n".join([*lines, f"and {rest} more"] if rest > 0 else lines)
