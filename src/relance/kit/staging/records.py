"""CSV text cut into records one by one, for files whose structure the database's own reader stops at.

Reads as that reader does (a quote opens and closes anywhere in a field, two quotes inside are one), but a broken record
costs only its own line: reading goes on with the next.
"""

from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

LONGEST_RECORD = 1_000_000
"""Characters after which a quote that does not close is taken for a mistake."""


@dataclass(frozen=True, slots=True)
class BadRecord:
    """A line that is no record of this file, with the reason for a person."""

    message: str


def split_records(lines: Iterable[str], width: int | None) -> Iterator[list[str] | BadRecord]:
    """Records of the lines (line ends still on them, whichever kind): their fields, or why a line is not a record.

    `width` is the number of fields a record must have (None: any). Empty lines are passed over.
    """
    source = iter(lines)
    pushed_back: deque[str] = deque()
    while True:
        line = pushed_back.popleft() if pushed_back else next(source, None)
        if line is None:
            return
        record, following = line, _following(line, pushed_back, source)
        if following is None:
            yield BadRecord("a quote opens and never closes; close it, or double a quote that belongs to the text")
            continue
        record = "".join([line, *following]).rstrip("\r\n")
        if not record.strip():
            continue
        fields = split_fields(record)
        if width is not None and len(fields) != width:
            pushed_back.extendleft(reversed(following))
            fault = f"{_count(len(fields))} where the header has {width}"
            if following:
                fault = f"a quote opens and closes on a later line, which gives {fault}; close it where the text ends"
            yield BadRecord(fault)
            continue
        yield fields


def _following(line: str, pushed_back: deque[str], source: Iterator[str]) -> list[str] | None:
    """The lines that an open quote takes along; None (and all of them pushed back) when it never closes."""
    following: list[str] = []
    is_open, length = line.count('"') % 2 == 1, len(line)
    while is_open:
        more = pushed_back.popleft() if pushed_back else next(source, None)
        if more is not None:
            following.append(more)
            length += len(more)
            is_open = more.count('"') % 2 == 0
        if more is None or (is_open and length > LONGEST_RECORD):
            pushed_back.extendleft(reversed(following))
            return None
    return following


def split_fields(record: str) -> list[str]:
    """The fields of one record without its line end."""
    if '"' not in record:
        return record.split(",")
    fields: list[str] = []
    field = ""
    parts = record.split('"')
    for index, part in enumerate(parts):
        if index % 2:
            field += part
        elif not part and 0 < index < len(parts) - 1:
            field += '"'
        else:
            first, *others = part.split(",")
            field += first
            for other in others:
                fields.append(field)
                field = other
    fields.append(field)
    return fields


def _count(fields: int) -> str:
    return "1 field" if fields == 1 else f"{fields} fields"
