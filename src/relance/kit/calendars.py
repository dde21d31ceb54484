"""Working days of a country, for deadlines that must not end on a day when nobody can pay or answer."""

import datetime as dt
from functools import lru_cache

import holidays


@lru_cache(maxsize=256)
def _closed_days(country: str, year: int) -> frozenset[dt.date]:
    try:
        return frozenset(holidays.country_holidays(country, years=year))
    except NotImplementedError:
        return frozenset()


def is_public_holiday(day: dt.date, country: str) -> bool:
    """Whether the day is a public holiday of the ISO country; a country without a calendar has none."""
    return day in _closed_days(country, day.year)


def is_working_day(day: dt.date, country: str) -> bool:
    """Monday to Friday and no public holiday of the ISO country; a country without a calendar has weekends only."""
    return day.weekday() < 5 and day not in _closed_days(country, day.year)


def on_or_next_working_day(day: dt.date, country: str) -> dt.date:
    """The day itself when it is a working day, else the first one after it."""
    while not is_working_day(day, country):
        day += dt.timedelta(days=1)
    return day


def on_or_previous_working_day(day: dt.date, country: str) -> dt.date:
    """The day itself when it is a working day, else the last one before it."""
    while not is_working_day(day, country):
        day -= dt.timedelta(days=1)
    return day
