"""The day that the desk's figures are as of."""

import datetime as dt

from relance.cycle import queries as cycle
from relance.kit import clock


def as_of() -> dt.date:
    """Today; or the last closed business date when that is later, as in a rehearsal that runs ahead of the calendar."""
    today, closed = clock.today(), cycle.last_closed()
    return max(today, closed) if closed else today
