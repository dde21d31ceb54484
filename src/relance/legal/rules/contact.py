"""The next stretch of time in which a customer's phone may ring. Pure."""

import datetime as dt
from collections.abc import Iterable, Sequence
from zoneinfo import ZoneInfo, available_timezones

from relance.kit.calendars import is_public_holiday
from relance.legal.facts import ContactHours, Opening
from relance.legal.packs import packs

_WORKING_WEEK = frozenset(range(5))
_HORIZON_DAYS = 21

GUARD = ContactHours(
    rule="contact_hours",
    weekdays=_WORKING_WEEK,
    spans=((dt.time(10), dt.time(13)), (dt.time(14), dt.time(20))),
    on_holidays=False,
    valid_from=dt.date.min,
    valid_to=None,
    source="the narrowest hours of any pack: no rule for this country was read",
    confirmed=False,
)
"""Where a country's pack knows no hours: to be too quiet wrongs nobody."""


def contact_hours(country: str, on: dt.date) -> ContactHours:
    """The hours of an ISO country on a day; where no pack knows any, a guard that no country's hours undercut."""
    known = packs().get(country.upper())
    return next((hours for hours in known.contact if hours.counts_on(on)), GUARD) if known else GUARD


def next_opening(country: str, zones: Sequence[str], at: dt.datetime) -> Opening:
    """The stretch in which a phone may ring that is open at an instant, else the next one.

    `zones` are the time zones in which the phone may be: all must be open at once. The country's hours and holidays
    rule. Raises ValueError without a known zone, and when nothing opens within three weeks.
    """
    clocks = [ZoneInfo(zone) for zone in zones if zone in available_timezones()]
    if not clocks:
        raise ValueError(f"no known time zone among {list(zones)}")
    for start, end in _common([_openings(country, clock, at) for clock in clocks]):
        if end > at:
            return Opening(max(start, at), end)
    raise ValueError(f"no contact hours within {_HORIZON_DAYS} days for {country!r}")


def _openings(country: str, clock: ZoneInfo, at: dt.datetime) -> list[tuple[dt.datetime, dt.datetime]]:
    first = at.astimezone(clock).date() - dt.timedelta(days=1)
    found: list[tuple[dt.datetime, dt.datetime]] = []
    for day in (first + dt.timedelta(days=number) for number in range(_HORIZON_DAYS)):
        hours = contact_hours(country, day)
        if day.weekday() in hours.weekdays and (hours.on_holidays or not is_public_holiday(day, country)):
            found += [
                (
                    dt.datetime.combine(day, start, clock).astimezone(dt.UTC),
                    dt.datetime.combine(day, end, clock).astimezone(dt.UTC),
                )
                for start, end in hours.spans
            ]
    return found


def _common(
    each: Sequence[Iterable[tuple[dt.datetime, dt.datetime]]],
) -> list[tuple[dt.datetime, dt.datetime]]:
    """The stretches that are in every list, in order."""
    common = list(each[0])
    for others in each[1:]:
        others = list(others)
        common = [
            (max(start, other_start), min(end, other_end))
            for start, end in common
            for other_start, other_end in others
            if max(start, other_start) < min(end, other_end)
        ]
    return sorted(common)
