"""What to say about a text that should have been an ISO date."""

import datetime as dt
import re

_ISO_LIKE = re.compile(r"^(\d{4})-(\d{1,2})-(\d{1,2})$")
_DAY_FIRST = re.compile(r"^(\d{1,2})[/. -](\d{1,2})[/. -](\d{4})$")
_YEAR_FIRST = re.compile(r"^(\d{4})[/. ]?(\d{2})[/. ]?(\d{2})$")
_WITH_TIME = re.compile(r"^(\d{4}-\d{2}-\d{2})[T ]\d{2}:\d{2}")


def date_hint(text: str) -> str:
    """A sentence that says why this text is not a date we read, and how it would be written."""
    if match := _ISO_LIKE.match(text):
        day = _day(*match.groups())
        if day is None:
            return f"{text} is not a day of the calendar"
        if not 1900 <= day.year <= 2199:
            return f"{text} is not between 1900 and 2199; check the year"
        return f"{text!r} is not written in full; write {day}"
    if match := _WITH_TIME.match(text):
        return f"{text!r} has a time of day; write {match[1]}"
    if match := _YEAR_FIRST.match(text):
        day = _day(*match.groups())
        return f"{text!r} is not an ISO date; write {day}" if day else f"{text} is not a day of the calendar"
    if match := _DAY_FIRST.match(text):
        first, second, year = match.groups()
        readings = [day for day in dict.fromkeys((_day(year, second, first), _day(year, first, second))) if day]
        if not readings:
            return f"{text} is not a day of the calendar"
        return f"{text!r} is not an ISO date; write {' or '.join(str(day) for day in readings)}"
    cut = text if len(text) <= 60 else text[:57] + "…"
    return f"{cut!r} is not a date; write year-month-day, for example 2026-12-31"


def _day(year: str, month: str, day: str) -> dt.date | None:
    try:
        return dt.date(int(year), int(month), int(day))
    except ValueError:
        return None
