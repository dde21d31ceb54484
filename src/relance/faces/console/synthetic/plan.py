"""What is built: how many accounts, from which seed, and the months that are played."""

import calendar
import datetime as dt
from dataclasses import dataclass

SEED = 1987


@dataclass(frozen=True, slots=True)
class Plan:
    """A demo operator. Two equal plans give the same files."""

    account_count: int
    ended_on: dt.date
    seed: int = SEED
    month_count: int = 12

    @property
    def started_on(self) -> dt.date:
        """First day of history: the day after the last one, so many months before."""
        years, month = divmod(self.ended_on.year * 12 + self.ended_on.month - 1 - self.month_count, 12)
        last_of_month = calendar.monthrange(years, month + 1)[1]
        return dt.date(years, month + 1, min(self.ended_on.day, last_of_month)) + dt.timedelta(days=1)

    @property
    def days(self) -> list[dt.date]:
        """Every business date that is played."""
        count = (self.ended_on - self.started_on).days + 1
        return [self.started_on + dt.timedelta(days=offset) for offset in range(count)]
