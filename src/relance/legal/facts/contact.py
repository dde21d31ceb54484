"""When customers may be disturbed: the days and hours of calls and of messages that ring."""

import datetime as dt
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ContactHours:
    """Days and hours in which phones may ring, on the clock of whoever is called.

    `weekdays` counts from Monday, 0. `spans` are opening and closing hours. `confirmed` is false where no published rule
    for collections was read: the operator's counsel must confirm it.
    """

    rule: str
    weekdays: frozenset[int]
    spans: tuple[tuple[dt.time, dt.time], ...]
    on_holidays: bool
    valid_from: dt.date
    valid_to: dt.date | None
    source: str
    confirmed: bool = True

    def counts_on(self, day: dt.date) -> bool:
        """Whether these hours are in force on this day."""
        return self.valid_from <= day and (self.valid_to is None or day <= self.valid_to)


@dataclass(frozen=True, slots=True)
class Opening:
    """A stretch of time in which a phone may ring; both ends carry a zone, and the second is outside."""

    opens_at: dt.datetime
    closes_at: dt.datetime
