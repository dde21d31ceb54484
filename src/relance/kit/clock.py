"""The only clock of the house; faces and the cycle read it and hand the date to everyone else."""

import datetime as dt
import os


def today() -> dt.date:
    """Today's date in the server's time zone, or the date in `RELANCE_TODAY` when a rehearsal sets it."""
    pinned = os.environ.get("RELANCE_TODAY")
    return dt.date.fromisoformat(pinned) if pinned else dt.datetime.now().astimezone().date()
