"""The only clock of the house; faces and the cycle read it and hand the date to everyone else."""

import datetime as dt
import os
from zoneinfo import ZoneInfo

from relance.kit.refusal import Refusal


def today() -> dt.date:
    """Today's date in the server's time zone, or the date in `RELANCE_TODAY` when a rehearsal sets it.

    Raises Refusal when that is not a date.
    """
    pinned = os.environ.get("RELANCE_TODAY")
    if not pinned:
        return dt.datetime.now().astimezone().date()
    try:
        return dt.date.fromisoformat(pinned)
    except ValueError:
        raise Refusal(f"RELANCE_TODAY is {pinned!r}; write a day such as 2026-01-31, or unset it") from None


def now_in(time_zone: str) -> dt.datetime:
    """The date and the time of day in a time zone; the date in `RELANCE_TODAY` when a rehearsal sets it."""
    now = dt.datetime.now(ZoneInfo(time_zone))
    return dt.datetime.combine(today(), now.timetz()) if os.environ.get("RELANCE_TODAY") else now
