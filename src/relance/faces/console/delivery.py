"""Delivers waiting messages in the foreground, for a machine on which no worker runs."""

import datetime as dt
from collections.abc import Callable


def deliver_now(as_of: dt.date, progress: Callable[[int], None] = lambda _: None) -> int:
    """Release and send every waiting message; safe beside workers, who take other messages.

    `progress` hears how many have left so far. Returns how many left in all.
    """
    from relance.outbound.services import release, transmit

    sent = 0
    while True:
        figures = release(as_of)
        moved = transmit()
        sent += moved
        progress(sent)
        if not moved and not figures.released and not figures.withdrawn:
            return sent
