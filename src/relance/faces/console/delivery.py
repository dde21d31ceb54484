"""Delivers waiting messages in the foreground, for a machine on which no worker runs."""

import datetime as dt
from collections.abc import Callable


def deliver_now(as_of: dt.date, progress: Callable[[int], None] = lambda _: None) -> int:
    """Release and send every waiting message; safe beside workers, who take other messages.

    `progress` hears how many have left so far. Returns how many left in all.
    """
    from relance.outbound.services import deliver_batch, take_up

    take_up(as_of)
    sent = 0
    while (figures := deliver_batch(as_of)).moved:
        sent += figures.settled_count
        progress(sent)
    return sent
