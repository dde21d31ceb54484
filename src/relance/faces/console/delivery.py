"""Delivers waiting messages in the foreground, for a machine on which no worker runs."""

import datetime as dt

from rich.status import Status


def deliver_now(as_of: dt.date, status: Status) -> int:
    """Release and send every waiting message; safe beside workers, who take other messages. Returns how many left."""
    from relance.outbound.services import release, transmit

    sent = 0
    while True:
        figures = release(as_of)
        moved = transmit()
        sent += moved
        status.update(f"Delivering messages · {sent}")
        if not moved and not figures.released and not figures.withdrawn:
            return sent
