"""How commands speak to people: progress and tables on standard error, dates as ISO on the way in."""

import datetime as dt
from typing import Any

import click
from rich.console import Console

console = Console(stderr=True)


class _Day(click.ParamType[dt.date]):
    """A calendar day written YYYY-MM-DD."""

    name = "YYYY-MM-DD"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> dt.date:
        if isinstance(value, dt.date):
            return value
        try:
            if len(str(value)) != 10:
                raise ValueError
            day = dt.date.fromisoformat(str(value))
            if not 1970 <= day.year < 2200:
                raise ValueError
            return day
        except ValueError:
            self.fail(f"{value!r} is not a day of the calendar written YYYY-MM-DD, for example 2026-01-31", param, ctx)


class _Month(click.ParamType[dt.date]):
    """A month written YYYY-MM, as its first day."""

    name = "YYYY-MM"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> dt.date:
        if isinstance(value, dt.date):
            return value
        try:
            if len(str(value)) != 7:
                raise ValueError
            return _Day().convert(f"{value}-01", param, ctx)
        except (ValueError, click.BadParameter):
            self.fail(f"{value!r} is not a month written YYYY-MM, for example 2026-01", param, ctx)


day = _Day()
month = _Month()
